from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from target_oracle.schema import types
from target_oracle.schema.types import Dialect, OracleType
from target_oracle.schema.widening import outgrown, widened

OLD = Dialect()
TEXT = OracleType("VARCHAR2", length=10)


@pytest.mark.parametrize(
    ("column", "values", "wider"),
    [
        (TEXT, ["x" * 10, None, ""], None),
        (TEXT, ["😀" * 10], None),
        (TEXT, ["x" * 11], "VARCHAR2(16 CHAR)"),
        (OracleType("VARCHAR2", 10, in_bytes=True), ["é" * 6], "VARCHAR2(10 CHAR)"),
        (OracleType("VARCHAR2", 4000), ["😀" * 1000], None),
        (OracleType("VARCHAR2", 4000), ["😀" * 1001], "CLOB"),
        (OracleType("VARCHAR2", 4000), ["x" * 4001], "CLOB"),
        (types.CLOB, ["x" * 100_000], None),
        (types.INTEGER, [10**38 - 1, -(10**38) + 1], None),
        (types.INTEGER, [10**38], "NUMBER"),
        (types.INTEGER, [Decimal("1.5")], "NUMBER"),
        (types.INTEGER, [Decimal("1.0")], None),
        (OracleType("NUMBER", precision=5, scale=2), [Decimal("999.99")], None),
        (OracleType("NUMBER", precision=5, scale=2), [1000], "NUMBER"),
        (OracleType("NUMBER", precision=5, scale=2), [Decimal("0.005")], "NUMBER"),
        (OracleType("NUMBER", precision=5, scale=-2), [12300, 100], None),
        (OracleType("NUMBER", precision=5, scale=-2), [12345], "NUMBER"),
        (types.NUMBER, [Decimal("1e100")], None),
        (types.INTEGER, [Decimal("1234567890123456789012345678901234567.0")], None),
        (types.INTEGER, [Decimal("1234567890123456789012345678901234567.5")], "NUMBER"),
        (types.INTEGER, [Decimal("1e30")], None),
        (OracleType("CHAR", 3), ["abc", "d"], None),
        (OracleType("CHAR", 3), ["abcde"], "CHAR(8 CHAR)"),
        (OracleType("CHAR", 1000), ["😀" * 501], "CLOB"),
        (OracleType("CHAR", 20, in_bytes=True), ["é" * 11], "CHAR(20 CHAR)"),
        (OracleType("VARCHAR2", 20, in_bytes=True), ["é" * 11], "VARCHAR2(20 CHAR)"),
        (OracleType("NVARCHAR2", 4), ["汉" * 4, "😀" * 2], None),
        (OracleType("NVARCHAR2", 4), ["😀" * 3], "NVARCHAR2(4)"),
    ],
)
def test_a_column_is_outgrown_by_what_would_not_fit_or_be_rounded(
    column: OracleType, values: list[Any], wider: str | None
) -> None:
    found = outgrown(column, values, OLD)
    assert (found.ddl if found else None) == wider


def test_a_key_that_outgrows_its_column_does_not_become_a_lob() -> None:
    found = outgrown(TEXT, ["x" * 5000], OLD, key=True)
    assert found == OracleType("VARCHAR2", length=4000)


def number(precision: int, scale: int) -> OracleType:
    return OracleType("NUMBER", precision=precision, scale=scale)


@pytest.mark.parametrize(
    ("existing", "wanted", "wider"),
    [
        (TEXT, OracleType("VARCHAR2", length=11), "VARCHAR2(11 CHAR)"),
        (TEXT, OracleType("VARCHAR2", length=9), None),
        (OracleType("VARCHAR2", 10, in_bytes=True), OracleType("VARCHAR2", length=99), None),
        (TEXT, types.CLOB, None),
        (types.INTEGER, types.NUMBER, None),
        (TEXT, OracleType("VARCHAR2", length=4000), None),
        (types.INTEGER, number(10, 2), "NUMBER"),
        (types.NUMBER, types.INTEGER, None),
        (number(10, 0), types.INTEGER, None),
        (number(10, 2), types.INTEGER, None),
        (number(10, 2), number(12, 4), "NUMBER"),
        (number(10, 2), number(9, 2), None),
        (types.DATE, types.TIMESTAMP_TZ, None),
    ],
)
def test_a_schema_widens_a_column_where_no_row_is_touched(
    existing: OracleType, wanted: OracleType, wider: str | None
) -> None:
    found = widened(existing, wanted)
    assert (found.ddl if found else None) == wider
