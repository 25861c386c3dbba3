"""Types as users and taps spell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import TableError
from target_oracle.schema import type_syntax
from target_oracle.schema.types import INTEGER, Dialect

from tests.target.conftest import record, schema

if TYPE_CHECKING:
    from tests.target.conftest import Target


@pytest.mark.parametrize(
    ("text", "ddl"),
    [
        ("number", "NUMBER"),
        ("NUMBER(10)", "NUMBER(10,0)"),
        ("NUMBER( 10 , 2 )", "NUMBER(10,2)"),
        ("NUMBER(5,-2)", "NUMBER(5,-2)"),
        ("Decimal(9,3)", "NUMBER(9,3)"),
        ("varchar2(20)", "VARCHAR2(20 CHAR)"),
        ("VARCHAR2(20 BYTE)", "VARCHAR2(20 BYTE)"),
        ("varchar(20 char)", "VARCHAR2(20 CHAR)"),
        ("NVARCHAR2(20)", "NVARCHAR2(20)"),
        ("CHAR", "CHAR(1 CHAR)"),
        ("CHAR(3)", "CHAR(3 CHAR)"),
        ("RAW(16)", "RAW(16)"),
        ("date", "DATE"),
        ("TIMESTAMP", "TIMESTAMP(6)"),
        ("timestamp(3)", "TIMESTAMP(3)"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP(6) WITH TIME ZONE"),
        ("TIMESTAMP (9) WITH LOCAL TIME ZONE", "TIMESTAMP(9) WITH LOCAL TIME ZONE"),
        ("double precision", "FLOAT"),
        ("BINARY_DOUBLE", "BINARY_DOUBLE"),
        ("CLOB", "CLOB"),
        ("JSON", "JSON"),
    ],
)
def test_a_type_is_read_as_oracle_reads_it(text: str, ddl: str) -> None:
    found = type_syntax.parse_type(text)
    assert found is not None
    assert found.ddl == ddl


@pytest.mark.parametrize("text", ["INTEGER", "int", "NUMBER(*)", "NUMBER(*, 0)", "NUMBER(38)"])
def test_an_integer_has_several_spellings(text: str) -> None:
    assert type_syntax.parse_type(text) == INTEGER


@pytest.mark.parametrize(
    "text",
    ["VARCHAR2", "RAW", "XMLTYPE", "jsonb", "DATE(3)", "NUMBER(x)", "CLOB WITH TIME ZONE", "", "("],
)
def test_what_cannot_be_loaded_is_no_type(text: str) -> None:
    assert type_syntax.parse_type(text) is None


VALUES = {
    "TIMESTAMP(3)": ("TIMESTAMP(3)", "2024-01-02T03:04:05.678Z"),
    "VARCHAR2(40)": ("VARCHAR2(40)", "2024-01-02T03:04:05.678Z"),
    "CHAR(30 BYTE)": ("CHAR", "2024-01-02"),
    "DATE": ("DATE", "2024-01-02T03:04:05.678Z"),
}


@pytest.mark.parametrize("given", VALUES)
@pytest.mark.parametrize("by", ["column_types", "x-sql-datatype"])
def test_a_type_given_by_hand_makes_the_column(target: Target, given: str, by: str) -> None:
    kind, value = VALUES[given]
    stated = {"x-sql-datatype": given} if by == "x-sql-datatype" else {}
    settings: Any = {"streams": {"s": {"column_types": {"v": given}}}} if not stated else {}
    properties = {"id": {"type": "integer"}, "v": {"type": "string", **stated}}
    for _ in range(2):
        target.load(schema("s", properties, ["id"]), record("s", id=1, v=value), **settings)
    assert target.types("S")["V"] == kind
    assert target.rows("S", "count(v)") == [(1,)]


def test_another_databases_type_is_left_to_the_schema(target: Target) -> None:
    properties = {"id": {"type": "integer"}, "v": {"type": "string", "x-sql-datatype": "jsonb"}}
    target.load(schema("s", properties, ["id"]), record("s", id=1, v="{}"))
    assert target.types("S")["V"] == "VARCHAR2(4000)"


def test_a_type_that_is_none_is_refused(target: Target) -> None:
    streams = {"s": {"column_types": {"v": "varchar3(10)"}}}
    properties = {"id": {"type": "integer"}, "v": {"type": "string"}}
    says = "Stream 's', column_types of 'v': 'varchar3\\(10\\)' is not a type of Oracle's"
    with pytest.raises(TableError, match=says):
        target.load(schema("s", properties, ["id"]), streams=streams)
    assert target.schema.tables() == set()


IMPOSSIBLE = [
    "varchar2(0)", "char(0)", "varchar2(4001)", "nvarchar2(2001)", "nchar(1001)", "char(2001)",
    "number(50,2)", "number(5,200)", "timestamp(10)", "boolean", "json",
]  # fmt: skip


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_what_a_server_cannot_have_is_not_known(text: str) -> None:
    found = type_syntax.parse_type(text)
    assert found is not None
    assert not type_syntax.is_known(found, Dialect())


@pytest.mark.parametrize("text", ["nvarchar2(2000)", "nchar(1000)", "char", "varchar2(4000)"])
def test_what_a_server_can_have_at_most_is_known(text: str) -> None:
    found = type_syntax.parse_type(text)
    assert found is not None
    assert type_syntax.is_known(found, Dialect())


@pytest.mark.parametrize("text", ["varchar(0)", "nvarchar2(3000)"])
def test_an_impossible_type_of_a_tap_is_left_to_the_schema(
    target: Target, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    properties = {"id": {"type": "integer"}, "v": {"type": "string", "x-sql-datatype": text}}
    target.load(schema("s", properties, ["id"]), record("s", id=1, v="x"))
    assert target.types("S")["V"] == "VARCHAR2(4000)"
    assert target.rows("S") == [(1, "x")]
    assert f"property 'v': its x-sql-datatype '{text}' is no type that" in caplog.text


@pytest.mark.parametrize("text", ["number(50,2)", "varchar2(40000)"])
def test_an_impossible_type_of_the_user_is_refused_by_name(target: Target, text: str) -> None:
    properties = {"id": {"type": "integer"}, "v": {"type": "string"}}
    says = rf"Stream 's', column_types of 'v': this database cannot .* type '{re.escape(text)}'"
    with pytest.raises(TableError, match=says):
        target.load(schema("s", properties, ["id"]), streams={"s": {"column_types": {"v": text}}})
    assert target.schema.tables() == set()
