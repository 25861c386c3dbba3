"""What a driver is told of a type: its attributes, and its TDS (type descriptor segment)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.shapes import INDEXED, NESTED, VARRAY, Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.backend import Column

_HEAD = 18
"""Bytes in front of the first attribute."""
_OBJECT, _COLLECTION = 27, 28
_FORMS = {INDEXED: 1, NESTED: 2, VARRAY: 3}
_NAMES = {
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TZ",
    "TIMESTAMP WITH LOCAL TIME ZONE": "TIMESTAMP WITH LOCAL TZ",
}


def attribute_rows(shape: Shape) -> list[tuple[Any, ...]]:
    """A row for each attribute, as the driver's cursor has them."""
    rows = []
    for number, (name, kind) in enumerate(shape.parts.items(), 1):
        inner = kind.shape
        of_type = (
            (inner.name, inner.owner, inner.package, inner.oid)
            if inner
            else (_NAMES.get(kind.name, kind.name), None, None, None)
        )
        rows.append((1, name, number, *of_type, "YES", None, None))
    return rows


def tds(shape: Shape) -> bytes:
    """The descriptor: a head of which only the number of attributes is read, then these."""
    if shape.element is None:
        body, count = b"".join(map(_attribute, shape.parts.values())), len(shape.parts)
    else:
        at = _HEAD + 10  # behind type, offset, size and form
        form = _FORMS[shape.form]
        body = struct.pack(">BIIB", _COLLECTION, at, shape.limit, form) + _attribute(shape.element)
        count = 1
    head = struct.pack(">IHHHBBHI", _HEAD - 4 + len(body), 0x2601, 0, count, 0, 0x29, 0, 0)
    return head + body


def _attribute(kind: Kind) -> bytes:
    if kind.shape is not None:
        return struct.pack(">BIB", _OBJECT, 0, 0)
    column = kind.column
    make = _ATTRIBUTES.get(column.ora_type)
    if make is None:  # the driver refuses it
        return bytes((255,))
    return make(column, kind)


def _number(column: Column, kind: Kind) -> bytes:
    if kind.name in ("FLOAT", "REAL", "DOUBLE PRECISION"):
        return bytes((5, column.precision))
    return struct.pack(">BBb", 6, column.precision, column.scale)


def _text(code: int) -> Callable[[Column, Kind], bytes]:
    def make(column: Column, _: Kind) -> bytes:
        return struct.pack(">BHBH", code, min(column.size, 32767), column.csfrm, c.CHARSET_UTF8)

    return make


def _scaled(code: int) -> Callable[[Column, Kind], bytes]:
    return lambda column, _: bytes((code, column.scale))


def _plain(code: int) -> Callable[[Column, Kind], bytes]:
    return lambda _, __: bytes((code,))


_ATTRIBUTES: dict[int, Callable[[Column, Kind], bytes]] = {
    c.T_NUMBER: _number,
    c.T_BINARY_INTEGER: lambda _, __: bytes((6, 0, 0)),
    c.T_VARCHAR: _text(7),
    c.T_CHAR: _text(1),
    c.T_RAW: lambda column, _: struct.pack(">BH", 19, column.size),
    c.T_DATE: _plain(2),
    c.T_BOOLEAN: _plain(8),
    c.T_TIMESTAMP: _scaled(21),
    c.T_TIMESTAMP_TZ: _scaled(23),
    c.T_TIMESTAMP_LTZ: _scaled(33),
    c.T_CLOB: _plain(29),
    c.T_BLOB: _plain(30),
    c.T_BINARY_FLOAT: _plain(37),
    c.T_BINARY_DOUBLE: _plain(45),
}
