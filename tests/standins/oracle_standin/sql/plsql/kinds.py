"""The kinds of PL/SQL variables, and what an assignment makes of a value."""

from __future__ import annotations

import datetime as dt
import decimal
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from oracle_standin import const as c
from oracle_standin.backend import Column
from oracle_standin.errors import OraError
from oracle_standin.shapes import DateValue, Instance, Kind, RefCursor, Table, copied
from oracle_standin.sql.describe import describe
from oracle_standin.sql.lexer import closing, words
from oracle_standin.sql.types import parse_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.sql.lexer import Token
    from oracle_standin.sql.parts import SessionParts

_EXACT = decimal.Context(prec=200)
_WHOLE = {
    "PLS_INTEGER": "PL/SQL PLS INTEGER",
    "BINARY_INTEGER": "PL/SQL BINARY INTEGER",
    **dict.fromkeys(("SIMPLE_INTEGER", "POSITIVE", "NATURAL"), "PL/SQL PLS INTEGER"),
}
_TEXTS = frozenset(("VARCHAR2", "VARCHAR", "NVARCHAR2", "CHAR", "NCHAR", "RAW", "LONG", "STRING"))
LONGEST_TEXT = 32767
"""Bytes of a VARCHAR2 or RAW of PL/SQL."""
_NO_NUMBER = "character to number conversion error"
_NO_HEX = "hex to raw conversion error"
_TOO_LARGE = "number precision too large"
_TOO_LONG = "character string buffer too small"
_RAW_TOO_LONG = "raw variable length too long"
BOOLEAN = "PL/SQL BOOLEAN"
CURSOR = "REF CURSOR"


class Names(Protocol):
    """What a kind is read, and a value converted, with."""

    session: SessionParts

    def function(self, name: str, arguments: list[Any]) -> Any:
        """The value of a function of SQL."""

    def named_kind(self, part: list[Token]) -> tuple[Kind, int] | None:
        """Read the name of a type."""


def read_kind(scope: Names, part: list[Token]) -> tuple[Kind, int]:
    """Read the kind at the start of a part; gives it and the number of tokens it takes."""
    name = part[0].word if part else ""
    if name in _WHOLE:
        return Kind(_WHOLE[name], Column("", c.T_BINARY_INTEGER, size=4)), 1
    if name == "BOOLEAN":
        return Kind(BOOLEAN, Column("", c.T_BOOLEAN)), 1
    if name == "SYS_REFCURSOR":
        return Kind(CURSOR, Column("", c.T_CURSOR)), 1
    named = scope.named_kind(part)
    if named is not None:
        return named
    return _scalar(scope, part)


def _scalar(scope: Names, part: list[Token]) -> tuple[Kind, int]:
    """Read a type of SQL; text may have no length, as in parameters."""
    name = part[0].word if part else ""
    if name in _TEXTS and not (len(part) > 1 and part[1].text == "("):
        name = {"VARCHAR": "VARCHAR2", "STRING": "VARCHAR2"}.get(name, name)
        return Kind(name, describe("", name)), 1
    try:
        release = replace(scope.session.release, max_varchar=LONGEST_TEXT)
        ctype, used = parse_type(part, release)
    except OraError:
        raise undeclared(name) from None
    # The precision of TIMESTAMP and INTERVAL is no limit of a value that Python can hold.
    sizes = (ctype.length, ctype.chars, ctype.precision, ctype.scale)
    column = describe("", ctype.name, *sizes, char_used=ctype.char_used)
    sized = len(part) > 1 and part[1].text == "(" and used > closing(part, 1)
    return Kind(_dictionary_name(part, ctype.name), column, is_sized=sized), used


def _dictionary_name(part: list[Token], name: str) -> str:
    """The name of an attribute's type as ALL_TYPE_ATTRS has it, which tells INTEGER and REAL."""
    two = " ".join(words(part[:2]))
    if two == "DOUBLE PRECISION" or part[0].word in ("INTEGER", "SMALLINT", "REAL", "FLOAT"):
        return two if two == "DOUBLE PRECISION" else part[0].word
    return (
        name.split("(", maxsplit=1)[0] + name.partition(")")[2]
        if name.startswith("TIMESTAMP")
        else name
    )


def undeclared(name: str) -> OraError:
    text = f"line 1, column 7:\nPLS-00201: identifier '{name}' must be declared"
    return OraError(6550, text)


def value_error(detail: str = "") -> OraError:
    return OraError(6502, "PL/SQL: numeric or value error" + (f": {detail}" if detail else ""))


def family(kind: Kind) -> int:
    """The wire's number of what is not converted to anything else, or 0."""
    if kind.shape is not None:
        return c.T_OBJECT
    fixed = (c.T_BOOLEAN, c.T_CURSOR, c.T_CLOB, c.T_BLOB)
    return kind.column.ora_type if kind.column.ora_type in fixed else 0


def converted(scope: Names, value: Any, kind: Kind) -> Any:
    """The value as a variable of the kind takes it.

    Raises:
        OraError: ORA-06502 for a value that has no such form or does not fit.
    """
    if kind.shape is not None:
        return _shaped(value, kind)
    if value is None or value == "" or isinstance(value, RefCursor):
        return None if not isinstance(value, RefCursor) else value
    make = _CONVERSIONS.get(kind.column.ora_type)
    return make(scope, value, kind) if make else value


def _shaped(value: Any, kind: Kind) -> Any:
    if isinstance(value, (Instance, Table)):
        out = copied(value)
        out.shape = kind.shape
        return out
    if value is None and kind.shape is not None and kind.shape.form in ("RECORD", "INDEX BY"):
        return kind.shape.empty()
    return value


def _number(scope: Names, value: Any, kind: Kind) -> Any:
    if isinstance(value, bool):
        raise value_error()
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except decimal.InvalidOperation:
            raise value_error(_NO_NUMBER) from None
    elif not isinstance(value, (int, Decimal, float)):
        raise value_error()
    if kind.column.ora_type == c.T_BINARY_INTEGER:
        return int(Decimal(value).to_integral_value(decimal.ROUND_HALF_UP))
    return _fitted(Decimal(repr(value)) if isinstance(value, float) else value, kind)


def _fitted(value: int | Decimal, kind: Kind) -> int | Decimal:
    """Rounded to the scale that was written, within the precision."""
    column = kind.column
    if not kind.is_sized or column.scale == -127:
        return value
    number = Decimal(value)
    rounded = number.quantize(Decimal(1).scaleb(-column.scale), decimal.ROUND_HALF_UP, _EXACT)
    if rounded and rounded.adjusted() >= column.precision - column.scale:
        raise value_error(_TOO_LARGE)
    return rounded.normalize(_EXACT) if rounded else Decimal(0)


def _text(scope: Names, value: Any, kind: Kind) -> str:
    text = as_text(scope, value)
    column = kind.column
    if column.ora_type == c.T_CHAR and kind.is_sized:
        text = text.ljust(column.chars if column.csfrm == c.CS_NCHAR else column.size)
    if kind.is_sized and (len(text) > column.chars or _bytes(text, column) > column.size):
        raise value_error(_TOO_LONG)
    return text


def _bytes(text: str, column: Column) -> int:
    return len(text) * 2 if column.csfrm == c.CS_NCHAR else len(text.encode())


def as_text(scope: Names, value: Any) -> str:
    """A value as text, as the session's settings have numbers and times."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise value_error()
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, int):
        return str(value)
    return str(scope.function("TO_CHAR", [value]))


def _time(scope: Names, value: Any, kind: Kind) -> Any:
    name = "TO_DATE" if kind.column.ora_type == c.T_DATE else "TO_TIMESTAMP"
    if isinstance(value, str):
        value = scope.function(name, [value])
    if not isinstance(value, dt.datetime):
        raise value_error()
    return DateValue.of(value) if kind.column.ora_type == c.T_DATE else value


def _raw(_: Names, value: Any, kind: Kind) -> Any:
    if isinstance(value, str):
        try:
            value = bytes.fromhex(value)
        except ValueError:
            raise value_error(_NO_HEX) from None
    if kind.is_sized and len(value) > kind.column.size:
        raise value_error(_RAW_TOO_LONG)
    return value


def _boolean(_: Names, value: Any, __: Kind) -> Any:
    if not isinstance(value, bool):
        raise value_error()
    return value


_CONVERSIONS: dict[int, Callable[[Names, Any, Kind], Any]] = {
    c.T_NUMBER: _number,
    c.T_BINARY_INTEGER: _number,
    c.T_VARCHAR: _text,
    c.T_CHAR: _text,
    c.T_LONG: _text,
    c.T_DATE: _time,
    c.T_TIMESTAMP: _time,
    c.T_RAW: _raw,
    c.T_BOOLEAN: _boolean,
}
