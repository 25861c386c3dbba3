"""Streams that are wrong: each fails in one sentence, with nothing half done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import ID, Message, Target, raw, record, schema, state, text
from .faults.process import Process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OracleSchema


INT = {"type": "integer"}


TEXT = {"type": ["null", "string"]}


NUMBER = {"type": ["null", "number"]}


NAME = {"id": INT, "name": TEXT}


@dataclass
class Fails:
    """A stream that does not: what the one sentence says, and the rows of what came before."""

    messages: list[Message | str]
    says: str
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


WIDE = {f"c{n}": INT for n in range(1, 1002)}


ONE = [schema("s", NAME, ["id"]), record("s", id=1, name="a"), state(1)]


KEPT = {"S": [(1, "a")]}


SMALL = {"batch_size_rows": 1}


FAILING = {
    "a deletion time that is none": Fails(
        [schema("s", NAME, ["id"]), record("s", id=1, _sdc_deleted_at="soon")],
        "record id=1: the value is no date-time (property '_sdc_deleted_at').",
        {"S": []},
        {"add_record_metadata": True},
    ),
    "a time of extraction that is none": Fails(
        [schema("s", NAME, ["id"]), {**record("s", id=1), "time_extracted": "soon"}],
        "Stream 's', record id=1: the message's time_extracted is no date-time.",
        {"S": []},
        {"add_record_metadata": True},
    ),
    "records before their schema": Fails(
        [record("s", id=1)], "Stream 's': a RECORD came before its SCHEMA"
    ),
    "records of a stream that has no schema": Fails(
        [*ONE, record("t", id=1)], "Stream 't': a RECORD came before its SCHEMA", KEPT, SMALL
    ),
    "a key that is null": Fails(
        [*ONE, record("s", id=None)], "Stream 's', record id=None", KEPT, SMALL
    ),
    "a key that is missing": Fails(
        [*ONE, record("s", name="x")], "Stream 's', record id=None", KEPT, SMALL
    ),
    "a key that is empty": Fails(
        [schema("s", {"k": {"type": "string"}}, ["k"]), record("s", k="")],
        "a key property is null or empty, which Oracle cannot tell apart",
        {"S": []},
    ),
    "a key that the schema lacks": Fails(
        [schema("s", NAME, ["nr"])], "the key property 'nr' is not in the schema"
    ),
    "two properties with one column": Fails(
        [schema("s", {"a b": INT, "a-b": INT})], "'a b' and 'a-b' both become the column A_B"
    ),
    "two properties that differ by case": Fails(
        [schema("s", {"straße": INT, "STRASSE": INT})], "both become the column STRASSE"
    ),
    "two streams with one table": Fails(
        [schema("a b", ID), schema("a_b", ID)], "both load table A_B", {"A_B": []}
    ),
    "1,001 columns": Fails(
        [schema("s", WIDE), record("s", c1=1)], "would have 1001 columns and Oracle allows 1,000"
    ),
    "1,000 columns, which cannot be staged": Fails(
        [schema("s", dict(list(WIDE.items())[:1000]), ["c1"]), record("s", c1=1)],
        "Table S has 1,000 columns to load, and staging needs one more: overwrite, skip_unchanged",
        {"S": []},
        {"load_method": "overwrite"},
    ),
    "a line that is not JSON": Fails(
        [*ONE, "{nonsense"], "Line 4 is not a Singer message", KEPT, SMALL
    ),
    "a line that is no object": Fails([*ONE, "[1]"], "Line 4 is not a Singer message", KEPT, SMALL),
    "a message without a type": Fails(
        [*ONE, '{"stream": "s"}'], "Line 4 is not a Singer message", KEPT, SMALL
    ),
    "a record that is no object": Fails(
        [*ONE, raw("s", "5")], "A RECORD message cannot be read", KEPT, SMALL
    ),
    "a record that is missing": Fails(
        [*ONE, '{"type": "RECORD", "stream": "s"}'],
        "A RECORD message cannot be read",
        KEPT,
        SMALL,
    ),
    "a string for an integer": Fails(
        [*ONE, record("s", id="two")], "Stream 's', record id=two", KEPT, SMALL
    ),
    "an object for a string": Fails(
        [*ONE, record("s", id=2, name={"a": 1})], "(property 'name')", KEPT, SMALL
    ),
    "NaN": Fails([*ONE, raw("s", '{"id": NaN}')], "(property 'id')", KEPT, SMALL),
    "Infinity": Fails(
        [*ONE, raw("s", '{"id": -Infinity}')], "Infinity are no values of JSON", KEPT, SMALL
    ),
    "a number beyond Oracle's": Fails(
        [schema("s", {**ID, "n": NUMBER}, ["id"]), raw("s", '{"id": 1, "n": 1e300}')],
        "Stream 's'",
        {"S": []},
    ),
    "a day that no calendar has": Fails(
        [
            schema("s", {**ID, "d": {"type": "string", "format": "date"}}, ["id"]),
            record("s", id=1, d="2023-02-29"),
        ],
        "(property 'd')",
        {"S": []},
    ),
    "invalid UTF-8": Fails(
        [*ONE, raw("s", '{"id": 2, "name": "\udcff"}')], "its bytes are no UTF-8", KEPT, SMALL
    ),
    "a schema without properties": Fails(
        [{"type": "SCHEMA", "stream": "s", "schema": {}, "key_properties": []}],
        "The SCHEMA message of stream 's' cannot be read: its schema has no properties.",
    ),
    "properties that are no object": Fails(
        [{"type": "SCHEMA", "stream": "s", "schema": {"properties": [1]}, "key_properties": []}],
        "The SCHEMA message of stream 's' cannot be read: its schema has no properties.",
    ),
    "a schema that is no object": Fails(
        [{"type": "SCHEMA", "stream": "s", "schema": []}],
        "The SCHEMA message of stream 's' cannot be read: Expected `object`, got `array`",
    ),
    "keys that are no list": Fails(
        [{**schema("s", ID), "key_properties": 5}], "Expected `array | null`, got `int`"
    ),
    "keys that are no names": Fails(
        [{**schema("s", ID), "key_properties": [["id"]]}], "Expected `str`, got `array`"
    ),
    "bookmarks that are no list": Fails(
        [{**schema("s", ID), "bookmark_properties": 5}], "at `$.bookmark_properties`"
    ),
    "a version of nothing": Fails(
        [*ONE, {"type": "ACTIVATE_VERSION", "version": 1}],
        "The ACTIVATE_VERSION message cannot be read",
        KEPT,
        SMALL,
    ),
    "a version that is null": Fails(
        [*ONE, {"type": "ACTIVATE_VERSION", "stream": "s", "version": None}],
        "The ACTIVATE_VERSION message of stream 's' cannot be read: Expected `int`, got `null`",
        KEPT,
        SMALL,
    ),
    "a version that is none": Fails(
        [*ONE, {"type": "ACTIVATE_VERSION", "stream": "s", "version": "x"}],
        "The ACTIVATE_VERSION message of stream 's' cannot be read: Expected `int`, got `str`",
        KEPT,
        SMALL,
    ),
    "a stream map that does not go with a record": Fails(
        [*ONE, record("s", id=2, name="secret")],
        "Stream 's': stream_maps cannot be applied to a record: ValueError.",
        KEPT,
        {**SMALL, "stream_maps": {"s": {"id": "id if id < 2 else int(name)"}}},
    ),
    "an empty stream name": Fails([schema("", ID)], "The SCHEMA message cannot be read: Expected"),
    "a state without a value": Fails(
        [*ONE, {"type": "STATE"}], "A STATE message lacks its value", KEPT, SMALL
    ),
    "a message type that nobody knows": Fails(
        [*ONE, {"type": "NEWS", "stream": "s"}], "Message type 'NEWS' is unknown", KEPT, SMALL
    ),
    "a surrogate alone": Fails(
        [*ONE, raw("s", r'{"id": 2, "name": "\ud800"}')],
        "a lone surrogate",
        KEPT,
        SMALL,
    ),
    "NaN as text": Fails(
        [
            schema("s", {**ID, "n": {"type": "string", "format": "singer.decimal"}}, ["id"]),
            record("s", id=1, n="NaN"),
        ],
        "the value is no NUMBER (property 'n')",
        {"S": []},
    ),
    "a document nested 5,000 deep": Fails(
        [*ONE, raw("s", f'{{"id": 2, "name": {"[" * 5000}{"]" * 5000}}}')],
        "nested too deep",
        KEPT,
        SMALL,
    ),
    "an integer that becomes an object midway": Fails(
        [
            schema("s", {**ID, "n": INT}, ["id"]),
            record("s", id=1, n=1),
            state(1),
            schema("s", {**ID, "n": {"type": "object"}}, ["id"]),
            record("s", id=2, n={"a": 1}),
        ],
        "(property 'n')",
        {"S": [(1, 1)]},
    ),
}


@pytest.fixture
def target(oracle_schema: OracleSchema) -> Target:
    return Target(oracle_schema)


@pytest.mark.parametrize("case", FAILING.values(), ids=FAILING)
def test_it_fails_in_one_sentence(target: Target, case: Fails, tmp_path: Path) -> None:
    run = Process(tmp_path, "run", {**target.config, **case.settings})
    run.start(text(case.messages).splitlines())
    assert run.wait() == 1
    (line,) = run.errors
    assert case.says in line
    assert run.states == ([1] if state(1) in case.messages else [])
    assert target.tables() == case.tables
