"""Column types as DDL spells them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from target_oracle.errors import TableError
from target_oracle.schema.types import (
    INTEGER,
    LOADABLE,
    MAX_CHAR_BYTES,
    MAX_DIGITS,
    OracleType,
)

if TYPE_CHECKING:
    from target_oracle.schema.types import Dialect

_TYPE = re.compile(
    r"(?P<name>[A-Z][A-Z0-9_]*(?: PRECISION)?)"
    r"(?: ?\( ?(?P<size>\d+|\*)(?: (?P<unit>CHAR|BYTE))?(?: ?, ?(?P<scale>-?\d+))? ?\))?"
    r"(?P<zone> WITH (?:LOCAL )?TIME ZONE)?"
)
_SAME = {
    "NUMERIC": "NUMBER",
    "DECIMAL": "NUMBER",
    "DEC": "NUMBER",
    "VARCHAR": "VARCHAR2",
    "CHARACTER": "CHAR",
    "DOUBLE PRECISION": "FLOAT",
}
_INTEGERS = frozenset({"INTEGER", "INT", "SMALLINT"})
_SIZED = frozenset({"VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR", "RAW"})
_VARYING = frozenset({"VARCHAR2", "NVARCHAR2"})
_NATIONAL = frozenset({"NVARCHAR2", "NCHAR"})
MOST_FRACTION = 9
"""Digits of a second, at most."""
_FRACTION = 6
"""Digits of a second, where none are given."""


def parse_type(text: str) -> OracleType | None:
    """Parse a column type as DDL spells it; None for one that cannot be loaded or is misspelled.

    A length without a unit counts characters, whatever NLS_LENGTH_SEMANTICS says.
    """
    found = _TYPE.fullmatch(" ".join(text.upper().split()))
    if found is None:
        return None
    name = _SAME.get(found["name"], found["name"])
    if found["size"] == "*" and name != "NUMBER":
        return None
    if name == "TIMESTAMP":
        digits = _FRACTION if found["size"] is None else int(found["size"])
        return OracleType(name + (found["zone"] or ""), scale=digits)
    if found["zone"]:
        return None
    if name in _SIZED:
        return _sized(name, found["size"], found["unit"])
    return _numeric(name, found["size"], found["scale"])


def _sized(name: str, size: str | None, unit: str | None) -> OracleType | None:
    if size is None and name not in {"CHAR", "NCHAR"}:
        return None
    return OracleType(name, int(size or 1), unit == "BYTE")


def _numeric(name: str, size: str | None, scale: str | None) -> OracleType | None:
    if name in _INTEGERS or (name == "NUMBER" and size == "*" and scale in {None, "0"}):
        return INTEGER
    if size is None:
        return OracleType(name) if name in LOADABLE else None
    if name != "NUMBER" or not size.isdigit():
        return None
    return OracleType(name, precision=int(size), scale=int(scale or 0))


def is_known(found: OracleType, dialect: Dialect) -> bool:
    """Whether a server of this dialect can make a column of the type."""
    if found.name in {"BOOLEAN", "JSON"}:
        return dialect.native_boolean if found.name == "BOOLEAN" else dialect.has_json
    if found.name in _SIZED:
        most = dialect.max_string_bytes if found.name in _VARYING else MAX_CHAR_BYTES
        bytes_each = 2 if found.name in _NATIONAL else 1
        return 1 <= (found.length or 0) <= most // bytes_each
    if found.precision is not None:
        return 1 <= found.precision <= MAX_DIGITS and -84 <= (found.scale or 0) <= 127
    return (found.scale or 0) <= MOST_FRACTION


def required_type(text: str, where: str) -> OracleType:
    """Parse a column type; `where` says where it stands.

    Raises:
        TableError: It is none that can be loaded.
    """
    found = parse_type(text)
    if found is None:
        msg = f"{where}: '{text}' is not a type of Oracle's that can be loaded."
        raise TableError(msg)
    return found
