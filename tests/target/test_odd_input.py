"""Streams that are odd but right: each loads all of its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.schema.names import Naming

from .conftest import ID, Message, Target, raw, record, schema, state

if TYPE_CHECKING:
    from tests.conftest import OracleSchema


INT = {"type": "integer"}


TEXT = {"type": ["null", "string"]}


NAME = {"id": INT, "name": TEXT}


@dataclass
class Loads:
    """A stream that loads: the tables it makes, with all their rows."""

    messages: list[Message | str]
    tables: dict[str, list[tuple[Any, ...]]]
    settings: dict[str, Any] = field(default_factory=dict)


WIDE = {f"c{n}": INT for n in range(1, 1002)}


LONG = "name_" * 60


ALIKE = "x" * 50
"""Longer than the names that the stand-in's own database tells apart."""


LOADING = {
    "two keys and two columns that are alike in their first 50 characters": Loads(
        [
            schema(
                "s",
                {f"{ALIKE}{end}": INT for end in "abcd"},
                [f"{ALIKE}{end}" for end in "ab"],
                required=[f"{ALIKE}{end}" for end in "abcd"],
            ),
            *(
                record("s", **dict(zip((f"{ALIKE}{e}" for e in "abcd"), v, strict=True)))
                for v in ((1, 2, 3, 4), (1, 1, 5, 6), (1, 2, 7, 8))
            ),
        ],
        {"S": [(1, 2, 7, 8), (1, 1, 5, 6)]},
    ),
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
    "999 columns through staging, one key twice": Loads(
        [
            schema("s", dict(list(WIDE.items())[:999]), ["c1"]),
            *(record("s", **dict.fromkeys(list(WIDE)[:999], 7)) for _ in range(2)),
        ],
        {"S": [(7,) * 999]},
        {"load_method": "overwrite"},
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


@pytest.fixture
def target(oracle_schema: OracleSchema) -> Target:
    return Target(oracle_schema)


@pytest.mark.parametrize("case", LOADING.values(), ids=LOADING)
def test_it_loads(target: Target, case: Loads) -> None:
    target.load(*case.messages, **case.settings)
    assert target.tables() == case.tables
