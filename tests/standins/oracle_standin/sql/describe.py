"""Columns as the client sees them."""

from __future__ import annotations

from oracle_standin import const as c
from oracle_standin.backend import Column

_WIRE = {
    "VARCHAR2": c.T_VARCHAR,
    "NVARCHAR2": c.T_VARCHAR,
    "CHAR": c.T_CHAR,
    "NCHAR": c.T_CHAR,
    "NUMBER": c.T_NUMBER,
    "FLOAT": c.T_NUMBER,
    "DATE": c.T_DATE,
    "CLOB": c.T_CLOB,
    "NCLOB": c.T_CLOB,
    "BLOB": c.T_BLOB,
    "RAW": c.T_RAW,
    "LONG": c.T_LONG,
    "LONG RAW": c.T_LONG_RAW,
    "BINARY_DOUBLE": c.T_BINARY_DOUBLE,
    "BINARY_FLOAT": c.T_BINARY_FLOAT,
    "BOOLEAN": c.T_BOOLEAN,
    "JSON": c.T_JSON,
    "VECTOR": c.T_VECTOR,
    "REF CURSOR": c.T_CURSOR,
    "ROWID": c.T_ROWID,
    "INTERVAL DAY": c.T_INTERVAL_DS,
    "INTERVAL YEAR": c.T_INTERVAL_YM,
}


_ANY_DIMENSIONS = 1


def describe(
    column: str,
    dtype: str,
    length: int = 0,
    chars: int = 0,
    precision: int | None = None,
    scale: int | None = None,
    nullable: bool = True,
    char_used: str | None = None,
    is_json: bool = False,
) -> Column:
    """Describe a column of the declared type ``dtype`` as the wire does."""
    if dtype.startswith("TIMESTAMP"):
        digits = 6 if scale is None else scale
        return Column(column, _timestamp_kind(dtype), scale=digits, nullable=nullable)
    kind = _WIRE.get(dtype.split("(", maxsplit=1)[0], c.T_VARCHAR)
    out = Column(
        column,
        kind,
        nullable=nullable,
        is_json=is_json,
        csfrm=c.CS_NCHAR if dtype in ("NVARCHAR2", "NCHAR", "NCLOB") else 0,
    )
    if kind in _WITH_DIGITS:
        _WITH_DIGITS[kind](out, dtype, precision, scale)
    elif kind in (c.T_VARCHAR, c.T_CHAR) and length:
        out.size, out.chars = length, chars if char_used == "C" and chars else length
    elif kind == c.T_RAW and length:
        out.size = length
    return out


def _timestamp_kind(dtype: str) -> int:
    if dtype.endswith("LOCAL TIME ZONE"):
        return c.T_TIMESTAMP_LTZ
    return c.T_TIMESTAMP_TZ if dtype.endswith("TIME ZONE") else c.T_TIMESTAMP


def _set_digits(number: Column, dtype: str, precision: int | None, scale: int | None) -> None:
    """Set precision and scale; -127 is the scale of a FLOAT."""
    if dtype == "FLOAT":
        number.precision, number.scale = precision or 126, -127
    elif scale is not None:
        number.precision, number.scale = precision or 38, scale


def _set_dimensions(vector: Column, _: str, dimensions: int | None, form: int | None) -> None:
    vector.vector = (dimensions or 0, form or 0, 0 if dimensions else _ANY_DIMENSIONS)


def _set_interval(interval: Column, _: str, leading: int | None, digits: int | None) -> None:
    of_days = interval.ora_type == c.T_INTERVAL_DS
    interval.precision = 2 if leading is None else leading
    interval.scale = digits if digits is not None else 6 if of_days else 0


_WITH_DIGITS = {
    c.T_NUMBER: _set_digits,
    c.T_VECTOR: _set_dimensions,
    c.T_INTERVAL_DS: _set_interval,
    c.T_INTERVAL_YM: _set_interval,
}
