"""A value comes back from the database as it was in its record."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.target.conftest import ID, Target, record, schema

VALUES: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "integer"}, 2**63 + 1, Decimal(2**63 + 1)),
    ({"type": "integer"}, -(10**38) + 1, Decimal(-(10**38) + 1)),
    ({"type": "number"}, 0.1, Decimal("0.1")),
    ({"type": "number"}, 1e-100, Decimal("1e-100")),
    ({"type": "number"}, 1.5e100, Decimal("1.5e100")),
    ({"type": "string", "maxLength": 5}, "😀" * 5, "😀" * 5),
    ({"type": "string", "maxLength": 4000}, "é" * 2000, "é" * 2000),
    ({"type": "string"}, 'it\'s "quoted"\n\tand :bound; --', 'it\'s "quoted"\n\tand :bound; --'),
    ({"type": "string"}, "", None),
    ({"type": "string"}, "  padded  ", "  padded  "),
    ({"type": "string"}, "x" * 100_000, "x" * 100_000),
    ({"type": "string"}, "😀" * 30_000, "😀" * 30_000),
    ({"type": "string", "maxLength": 100_000}, "short", "short"),
    ({"type": "string", "format": "date"}, "0001-01-01", datetime(1, 1, 1)),
    ({"type": "string", "format": "date"}, "9999-12-31", datetime(9999, 12, 31)),
    (
        {"type": "string", "format": "date-time"},
        "9999-12-31T23:59:59.999999Z",
        datetime(9999, 12, 31, 23, 59, 59, 999999),
    ),
    ({"type": "string", "format": "date-time"}, "0001-01-01T00:00:00Z", datetime(1, 1, 1)),
    (
        {"type": "string", "format": "date-time"},
        "2024-03-31T02:30:00.000001+02:00",
        datetime(2024, 3, 31, 0, 30, 0, 1),
    ),
    ({"type": "string", "format": "time"}, "23:59:59.999999", "23:59:59.999999"),
    ({"type": "boolean"}, True, 1),
    ({"type": "object"}, {"a": {"b": [1, None, "é"]}}, '{"a":{"b":[1,null,"é"]}}'),
    ({"type": "array"}, [], "[]"),
    ({"type": ["string", "integer"]}, 7, "7"),
    ({"type": "string", "contentEncoding": "base64"}, "AAEC/w==", b"\x00\x01\x02\xff"),
]


@pytest.mark.parametrize("staged", [False, True], ids=["straight", "staged"])
@pytest.mark.parametrize(("property_schema", "value", "loaded"), VALUES)
def test_a_value_comes_back_as_it_went_in(
    target: Target,
    property_schema: dict[str, Any],
    value: Any,
    loaded: Any,
    *,
    staged: bool,
) -> None:
    target.limit(straight_rows=0 if staged else 10)
    nullable = {"anyOf": [property_schema, {"type": "null"}]}
    described = schema("s", {**ID, "v": nullable}, ["id"])
    target.load(described, record("s", id=1, v=value), record("s", id=2, v=None))
    assert target.rows("S") == [(1, loaded), (2, None)]


def test_numbers_keep_all_their_digits(target: Target) -> None:
    digits = [
        "1234567890123456789012345678901234567890",
        "0.1234567890123456789012345678901234567890",
    ]
    lines = [
        f'{{"type": "RECORD", "stream": "s", "record": {{"id": {n}, "v": {each}}}}}'
        for n, each in enumerate(digits)
    ]
    target.load(schema("s", {**ID, "v": {"type": "number"}}, ["id"]), *lines)
    assert target.rows("S") == [(n, Decimal(each)) for n, each in enumerate(digits)]


@pytest.mark.parametrize(
    ("property_schema", "value"),
    [
        ({"type": "string"}, "a"),
        ({"type": "string", "format": "date-time"}, "2024-01-01T00:00:00Z"),
    ],
)
def test_keys_of_any_type_match(
    target: Target, property_schema: dict[str, Any], value: str
) -> None:
    described = schema("s", {"k": property_schema, "v": {"type": "integer"}}, ["k"])
    target.load(described, record("s", k=value, v=1))
    target.load(described, record("s", k=value, v=2))
    assert target.rows("S", '"V"') == [(2,)]


def test_an_existing_table_is_loaded_in_its_own_types(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table s (id varchar2(10) primary key, at date, qty varchar2(20), "
            "flag char(1), total number generated always as (1 + 1) virtual)"
        )
    described = schema(
        "s",
        {
            **ID,
            "at": {"type": "string", "format": "date-time"},
            "qty": {"type": "number"},
            "flag": {"type": "string"},
            "total": {"type": "integer"},
        },
        ["id"],
    )
    target.load(described, record("s", id=1, at="2024-01-02T03:04:05Z", qty=1.5, flag="Y", total=9))
    columns = "id, at, qty, flag, total"
    assert target.rows("S", columns) == [("1", datetime(2024, 1, 2, 3, 4, 5), "1.5", "Y", 2)]
