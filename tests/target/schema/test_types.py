from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.schema import conversion, types
from target_oracle.schema.conversion import converter
from target_oracle.schema.types import Dialect, OracleType, column_type

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = Dialect()
NEW = Dialect(max_string_bytes=32767, native_boolean=True)
TEXT = OracleType("VARCHAR2", length=10)


@pytest.mark.parametrize(
    ("schema", "ddl"),
    [
        ({"type": "integer"}, "NUMBER(38,0)"),
        ({"type": ["null", "integer"]}, "NUMBER(38,0)"),
        ({"type": "number"}, "NUMBER"),
        ({"type": ["integer", "number", "null"]}, "NUMBER"),
        ({"type": "boolean"}, "NUMBER(1,0)"),
        ({"type": "string"}, "VARCHAR2(4000 CHAR)"),
        ({"type": "string", "maxLength": 25}, "VARCHAR2(25 CHAR)"),
        ({"type": "string", "maxLength": 0}, "VARCHAR2(1 CHAR)"),
        ({"type": "string", "maxLength": 4000}, "VARCHAR2(4000 CHAR)"),
        ({"type": "string", "maxLength": 4001}, "CLOB"),
        ({"type": "string", "format": "date-time"}, "TIMESTAMP(6) WITH TIME ZONE"),
        ({"type": "string", "format": "date"}, "DATE"),
        ({"type": "string", "format": "time"}, "VARCHAR2(21 CHAR)"),
        ({"type": "string", "format": "uuid"}, "VARCHAR2(36 CHAR)"),
        ({"type": "string", "format": "email", "maxLength": 9}, "VARCHAR2(9 CHAR)"),
        ({"type": "string", "format": "singer.decimal"}, "NUMBER"),
        (
            {"type": "string", "format": "x-singer.decimal", "precision": 12, "scale": 3},
            "NUMBER(12,3)",
        ),
        ({"type": "string", "contentEncoding": "base64"}, "BLOB"),
        ({"type": "object"}, "CLOB"),
        ({"type": "array"}, "CLOB"),
        ({}, "CLOB"),
        ({"type": "null"}, "CLOB"),
        ({"type": ["string", "integer"]}, "VARCHAR2(4000 CHAR)"),
        ({"type": ["string", "object"]}, "CLOB"),
        (
            {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "TIMESTAMP(6) WITH TIME ZONE",
        ),
        (
            {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]},
            "TIMESTAMP(6) WITH TIME ZONE",
        ),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "NUMBER"),
        ({"oneOf": [{"type": "integer"}, {"type": "array"}]}, "CLOB"),
    ],
)
def test_a_property_becomes_a_column_of_its_type(schema: dict[str, Any], ddl: str) -> None:
    assert column_type(schema, OLD).ddl == ddl


def test_newer_servers_have_booleans_and_longer_strings() -> None:
    assert column_type({"type": "boolean"}, NEW).ddl == "BOOLEAN"
    assert column_type({"type": "string", "maxLength": 9000}, NEW).ddl == "VARCHAR2(9000 CHAR)"


@pytest.mark.parametrize(
    ("schema", "ddl"),
    [
        ({"type": ["object", "null"]}, "JSON"),
        ({"type": "array"}, "JSON"),
        ({"type": ["object", "string"]}, "CLOB"),
        ({}, "CLOB"),
    ],
)
def test_json_columns_are_for_documents_alone(schema: dict[str, Any], ddl: str) -> None:
    assert column_type(schema, Dialect(native_json=True)).ddl == ddl


@pytest.mark.parametrize(
    ("schema", "ddl"),
    [
        ({"type": "string"}, "VARCHAR2(255 CHAR)"),
        ({"type": "string", "maxLength": 40}, "VARCHAR2(40 CHAR)"),
        ({"type": "object"}, "VARCHAR2(255 CHAR)"),
        ({"type": "string", "format": "date-time"}, "TIMESTAMP(6)"),
        ({"type": "integer"}, "NUMBER(38,0)"),
    ],
)
def test_a_key_column_can_be_indexed(schema: dict[str, Any], ddl: str) -> None:
    assert column_type(schema, OLD, key=True).ddl == ddl


@pytest.mark.parametrize("convert", [conversion.to_number, conversion.to_float])
@pytest.mark.parametrize("value", ["1_000", "1,5", "0x1", "", [0, [1, 2], -1]], ids=str)
def test_what_is_a_number_in_some_language_alone_is_none(convert: Any, value: Any) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        convert(value)


@pytest.mark.parametrize(
    ("schema", "column", "value", "bound"),
    [
        ({"type": "object"}, types.CLOB, {"a": Decimal("1.10")}, '{"a":1.10}'),
        ({"type": "array"}, types.CLOB, [1, "é"], '[1,"é"]'),
        ({"type": ["string", "number"]}, TEXT, Decimal("2.50"), "2.50"),
        ({"type": ["string", "boolean"]}, TEXT, True, "true"),
        ({"type": "boolean"}, types.FLAG, True, 1),
        ({"type": "string"}, types.NUMBER, "12.30", Decimal("12.30")),
        ({"type": "integer"}, OracleType("BINARY_DOUBLE"), 3, 3.0),
        ({"type": "boolean"}, types.BOOLEAN, False, False),
        ({"type": "integer"}, types.BOOLEAN, 1, True),
        ({"type": "string"}, types.BLOB, "AAH/", b"\x00\x01\xff"),
    ],
)
def test_a_value_is_converted_to_the_column_that_is_there(
    schema: dict[str, Any], column: OracleType, value: Any, bound: Any
) -> None:
    convert = converter(schema, column)
    assert convert is not None
    assert convert(value) == bound
    assert type(convert(value)) is type(bound)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02T03:04:05.678901Z", datetime(2024, 1, 2, 3, 4, 5, 678901, UTC)),
        ("2024-01-02T03:04:05+05:30", datetime(2024, 1, 1, 21, 34, 5, tzinfo=UTC)),
        ("2024-01-02 03:04:05", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
    ],
)
def test_a_date_time_keeps_its_instant(text: str, moment: datetime) -> None:
    assert conversion.to_utc(text) == moment


@pytest.mark.parametrize(
    "column",
    [
        ["2024-01-02T03:04:05Z", None, "2024-01-03 03:04:05Z"],
        ["2024-01-02T03:04:05+00:00", "2024-01-02t03:04:06+00:00"],
        ["2024-01-02T03:04:05+00:00", "2024-01-02T03:04:05+05:30"],
        ["2024-01-02T03:04:05+00:00", "2024-01-02T03+00:00:30+00"],
        ["2024-01-02T03:04:05+00:00:30", "2024-01-02T03:04:05.00+00:00"],
        ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05"],
        ["2024-01-02", "2024-01-03"],
        ["1612137600000", "1612137600001"],
        ["20240102T030405Z", "20240103T030405Z"],
        ["2024-01-02x03:04:05Z", "2024-01-02T03:04:05Z"],
        ["2024-W01-2T03:04:05Z", "2024-01-02T03:04:05Z0"],
        ["", "2024-01-02T03:04:05Z"],
        [None, None],
        [],
    ],
    ids=str,
)
def test_a_column_of_instants_is_converted_as_each_of_them_is(column: list[str | None]) -> None:
    def tried(convert: Callable[[], list[Any]]) -> list[Any] | str:
        try:
            return [each and (each, each.utcoffset()) for each in convert()]
        except ValueError:
            return "refused"

    one_by_one = tried(
        lambda: [text if text is None else conversion.to_utc(text) for text in column]
    )
    assert tried(lambda: conversion.converted(column, conversion.to_utc)) == one_by_one


def test_an_instant_outside_of_the_calendar_is_refused() -> None:
    with pytest.raises(OverflowError):
        conversion.to_utc("0001-01-01T00:00:00+01:00")


def test_plain_strings_and_numbers_bind_as_they_are() -> None:
    assert converter({"type": ["null", "string"]}, TEXT) is None
    assert converter({"type": "number"}, types.NUMBER) is None


def test_staging_counts_text_in_bytes() -> None:
    assert types.staging_type(TEXT, OLD).ddl == "VARCHAR2(40 BYTE)"
    assert types.staging_type(OracleType("VARCHAR2", 4000), OLD).ddl == "VARCHAR2(4000 BYTE)"
    assert types.staging_type(types.TIMESTAMP_TZ, OLD) == types.TIMESTAMP_TZ
