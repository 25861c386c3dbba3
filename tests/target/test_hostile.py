"""Streams that no tap should send: each loads right or fails in one sentence, nothing half done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.schema.names import Naming

from .conftest import Message, Target, record, schema, state, text
from .faults.process import Process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OracleSchema

INT = {"type": "integer"}
TEXT = {"type": ["null", "string"]}
NUMBER = {"type": ["null", "number"]}
ID = {"id": INT}
NAME = {"id": INT, "name": TEXT}


@dataclass
class Loads:
    """A stream that loads: the tables it makes, with all their rows."""

    messages: list[Message | str]
    tables: dict[str, list[tuple[Any, ...]]]
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass
class Fails:
    """A stream that does not: what the one sentence says, and the rows of what came before."""

    messages: list[Message | str]
    says: str
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def raw(stream: str, text: str) -> str:
    return f'{{"type": "RECORD", "stream": "{stream}", "record": {text}}}'


WIDE = {f"c{n}": INT for n in range(1, 1002)}
LONG = "name_" * 60

LOADING = {
    "a schema that gains a property midway": Loads(
        [
            schema("s", ID, ["id"]),
            record("s", id=1),
            schema("s", NAME, ["id"]),
            record("s", id=2, name="b"),
        ],
        {"S": [(1, None), (2, "b")]},
    ),
    "a schema that loses a property midway": Loads(
        [
            schema("s", NAME, ["id"]),
            record("s", id=1, name="a"),
            schema("s", ID, ["id"]),
            record("s", id=1),
            record("s", id=2),
        ],
        {"S": [(1, "a"), (2, None)]},
    ),
    "a string that becomes longer midway": Loads(
        [
            schema("s", {**ID, "t": {"type": "string", "maxLength": 2}}, ["id"]),
            record("s", id=1, t="ab"),
            schema("s", {**ID, "t": {"type": "string", "maxLength": 20}}, ["id"]),
            record("s", id=2, t="abcdefghij"),
        ],
        {"S": [(1, "ab"), (2, "abcdefghij")]},
    ),
    "a number that becomes a string midway goes on as a number": Loads(
        [
            schema("s", {**ID, "n": INT}, ["id"]),
            record("s", id=1, n=7),
            schema("s", {**ID, "n": TEXT}, ["id"]),
            record("s", id=2, n="8"),
        ],
        {"S": [(1, 7), (2, 8)]},
    ),
    "a schema sent again before every record": Loads(
        [each for n in range(20) for each in (schema("s", ID, ["id"]), record("s", id=n))],
        {"S": [(n,) for n in range(20)]},
    ),
    "a key that changes midway": Loads(
        [
            schema("s", NAME, ["id"]),
            record("s", id=1, name="a"),
            schema("s", {**NAME, "nr": INT}, ["nr"]),
            record("s", id=2, name="b", nr=1),
            record("s", id=3, name="c", nr=1),
        ],
        {"S": [(1, "a", None), (3, "c", 1)]},
    ),
    "two streams whose records alternate": Loads(
        [
            schema("a", ID, ["id"]),
            schema("b", ID, ["id"]),
            *(record("ab"[n % 2], id=n) for n in range(10)),
        ],
        {"A": [(n,) for n in range(0, 10, 2)], "B": [(n,) for n in range(1, 10, 2)]},
    ),
    "a schema without any record": Loads([schema("s", ID, ["id"])], {"S": []}),
    "no messages at all": Loads([], {}),
    "blank lines between messages": Loads(
        ["", schema("s", ID, ["id"]), "  ", record("s", id=1), ""], {"S": [(1,)]}
    ),
    "a stream and properties named like reserved words": Loads(
        [
            schema("order", {"select": INT, "from": TEXT, "level": TEXT, "nr": INT}, ["select"]),
            record("order", **{"select": 1, "from": "x", "level": "y", "nr": 2}),
        ],
        {"ORDER": [(1, "x", "y", 2)]},
    ),
    "names with quotes, semicolons and comments": Loads(
        [
            schema('dr"op', {"id": INT, 'a"b': TEXT, "c;--": TEXT, "d'e": TEXT}, ["id"]),
            record('dr"op', **{"id": 1, 'a"b': "1", "c;--": "2", "d'e": "3"}),
        ],
        {"DR_OP": [(1, "1", "2", "3")]},
    ),
    "names with emoji": Loads(
        [
            schema("🍎", {"id": INT, "💰": TEXT, "größe": TEXT}, ["id"]),
            record("🍎", **{"id": 1, "💰": "much", "größe": "XL"}),
        ],
        {"🍎": [(1, "much", "XL")]},
        {"identifier_case": "preserve"},
    ),
    "a property of 300 bytes": Loads(
        [schema("s", {**ID, LONG: TEXT}, ["id"]), record("s", id=1, **{LONG: "x"})],
        {"S": [(1, "x")]},
    ),
    "a stream with a name of 300 bytes that is only appended": Loads(
        [schema(LONG, ID), record(LONG, id=1), record(LONG, id=1)],
        {Naming().table(LONG): [(1,), (1,)]},
    ),
    "names that start with digits, dots and underscores": Loads(
        [
            schema("2024.orders", {"_id": INT, "1st": TEXT, "a.b": TEXT, " ": TEXT}, ["_id"]),
            record("2024.orders", **{"_id": 1, "1st": "a", "a.b": "b", " ": "c"}),
        ],
        {"2024_ORDERS": [(1, "a", "b", "c")]},
    ),
    "the columns of staging itself": Loads(
        [
            schema("s", {"id": INT, "SDC$SEQ": INT, "RN$": INT}, ["id"]),
            *(record("s", **{"SDC$SEQ": n, "RN$": -n, "id": n % 5}) for n in range(10)),
        ],
        {"S": [(n % 5, n, -n) for n in range(5, 10)]},
        {"load_path": "direct", "batch_size_rows": 4},
    ),
    "exactly 1,000 columns": Loads(
        [
            schema("s", dict(list(WIDE.items())[:1000]), ["c1"]),
            record("s", **dict.fromkeys(list(WIDE)[:1000], 7)),
        ],
        {"S": [(7,) * 1000]},
    ),
    "a property that only records have": Loads(
        [schema("s", ID, ["id"]), record("s", id=1, secret="x")], {"S": [(1,)]}
    ),
    "nothing but keys": Loads(
        [schema("s", {"a": INT, "b": TEXT}, ["a", "b"]), *[record("s", a=1, b="x")] * 3],
        {"S": [(1, "x")]},
    ),
    "a schema without keys": Loads(
        [schema("s", ID), record("s", id=1), record("s", id=1)], {"S": [(1,), (1,)]}
    ),
    "a property of any type": Loads(
        [
            schema("s", {"id": INT, "any": {}}, ["id"]),
            record("s", id=1, any={"a": [1, 2.50]}),
            record("s", id=2, any="text"),
            record("s", id=3, any=5),
            record("s", id=4, any=None),
        ],
        {"S": [(1, '{"a":[1,2.5]}'), (2, "text"), (3, "5"), (4, None)]},
    ),
    "text with quotes, line ends and bind marks": Loads(
        [schema("s", NAME, ["id"]), record("s", id=1, name="a'b\"c\r\n\t:1 & %s {} \\")],
        {"S": [(1, "a'b\"c\r\n\t:1 & %s {} \\")]},
    ),
    "a key that is an object": Loads(
        [
            schema("s", {"k": {"type": "object"}, "v": INT}, ["k"]),
            *(record("s", k={"a": "x" * 2000}, v=n) for n in range(2)),
        ],
        {"S": [('{"a":"' + "x" * 2000 + '"}', 1)]},
    ),
    "a state that is null, a list, a number": Loads(
        [schema("s", ID, ["id"]), state(None), state([1]), record("s", id=1), state(3)],
        {"S": [(1,)]},
    ),
    "an integer with a fraction of zero": Loads(
        [schema("s", ID, ["id"]), raw("s", '{"id": 1.0}'), raw("s", '{"id": 2e0}')],
        {"S": [(1,), (2,)]},
    ),
    "the same property twice in a record": Loads(
        [schema("s", NAME, ["id"]), raw("s", '{"id": 1, "name": "a", "name": "b"}')],
        {"S": [(1, "b")]},
    ),
    "messages with fields that nobody knows": Loads(
        [
            {**schema("s", ID, ["id"]), "x-more": {"a": 1}},
            {**record("s", id=1), "_more": [1, 2]},
        ],
        {"S": [(1,)]},
    ),
    "a date-time without offset, with offset, with a day alone": Loads(
        [
            schema("s", {"id": INT, "at": {"type": "string", "format": "date-time"}}, ["id"]),
            record("s", id=1, at="2024-02-29T23:59:59"),
            record("s", id=2, at="2024-02-29T23:59:59.5-11:30"),
            record("s", id=3, at="2024-02-29"),
        ],
        {
            "S": [
                (1, datetime(2024, 2, 29, 23, 59, 59)),
                (2, datetime(2024, 3, 1, 11, 29, 59, 500000)),
                (3, datetime(2024, 2, 29)),
            ]
        },
    ),
    "schemas that are true or false, and limits written with a point": Loads(
        [
            schema(
                "s",
                {
                    **ID,
                    "any": True,
                    "none": False,
                    "text": {"anyOf": [{"type": "string", "maxLength": 10.0}, False]},
                    "short": {"type": "string", "maxLength": 3.0},
                    "sum": {"type": "string", "format": "singer.decimal", "precision": "9"},
                },
                ["id"],
            ),
            record("s", id=1, any={"a": 1}, text="b", short="c", sum="4.50"),
        ],
        {"S": [(1, '{"a":1}', None, "b", "c", Decimal("4.5"))]},
    ),
}

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
        "The time_extracted of a RECORD message is no date-time.",
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
    "NaN": Fails([*ONE, raw("s", '{"id": NaN}')], "Line 4 is not a Singer message", KEPT, SMALL),
    "Infinity": Fails(
        [*ONE, raw("s", '{"id": -Infinity}')], "Line 4 is not a Singer message", KEPT, SMALL
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
        [*ONE, raw("s", '{"id": 2, "name": "\udcff"}')], "cannot be read", KEPT, SMALL
    ),
    "a schema that is no JSON Schema": Fails(
        [schema("s", {"id": {"type": "intger"}})], "Stream 's': not a valid JSON Schema"
    ),
    "a schema without properties": Fails(
        [{"type": "SCHEMA", "stream": "s", "schema": {}, "key_properties": []}],
        "The SCHEMA message of stream 's' cannot be read: its schema has no properties.",
    ),
    "properties that are no object": Fails(
        [{"type": "SCHEMA", "stream": "s", "schema": {"properties": [1]}, "key_properties": []}],
        "The SCHEMA message of stream 's' cannot be read: its schema has no properties.",
    ),
    "a property whose schema is no object": Fails(
        [schema("s", {"id": 5})], "Stream 's': not a valid JSON Schema"
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
        "Line 4 is not a Singer message",
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
        "recursion",
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


def _tables(target: Target) -> dict[str, list[tuple[Any, ...]]]:
    return {table: target.rows(table) for table in target.schema.tables()}


@pytest.mark.parametrize("case", LOADING.values(), ids=LOADING)
def test_it_loads(target: Target, case: Loads) -> None:
    target.load(*case.messages, **case.settings)
    assert _tables(target) == case.tables


@pytest.mark.parametrize("case", FAILING.values(), ids=FAILING)
def test_it_fails_in_one_sentence(target: Target, case: Fails, tmp_path: Path) -> None:
    run = Process(tmp_path, "run", {**target.config, **case.settings})
    run.start(text(case.messages).splitlines())
    assert run.wait() == 1
    (line,) = run.errors
    assert case.says in line
    assert run.states == ([1] if state(1) in case.messages else [])
    assert _tables(target) == case.tables
