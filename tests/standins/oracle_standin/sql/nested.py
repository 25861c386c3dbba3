"""CURSOR(query) in a query: PostgreSQL gives its rows as JSON, which become an open cursor."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oracle_standin.shapes import RefCursor

from .describe import describe
from .objects import ObjectText, decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.backend import Column
    from oracle_standin.shapes import Shape


class CursorText(str):
    """The JSON of a nested cursor that has come from PostgreSQL."""

    __slots__ = ()


CURSOR = "REF CURSOR"


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("\\x"))


_TYPES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "numeric": ("NUMBER", lambda value: value),
    "integer": ("NUMBER", lambda value: value),
    "bigint": ("NUMBER", lambda value: value),
    "double precision": ("BINARY_DOUBLE", float),
    "real": ("BINARY_FLOAT", float),
    "text": ("VARCHAR2", str),
    "fixed": ("CHAR", str),
    "clob": ("CLOB", str),
    "blob": ("BLOB", _bytes),
    "bytea": ("RAW", _bytes),
    "date": ("DATE", dt.datetime.fromisoformat),
    "timestamp without time zone": ("TIMESTAMP", dt.datetime.fromisoformat),
    "boolean": ("BOOLEAN", bool),
    "cursor": (CURSOR, lambda value: opened(CursorText(value))),
}


def opened(text: CursorText) -> RefCursor:
    """The cursor of a text, whose columns are described as expressions are."""
    image = json.loads(text, parse_float=Decimal)
    kinds = [_TYPES.get(name.removeprefix("ora."), ("VARCHAR2", str)) for name in image["t"] or ()]
    kinds += [("VARCHAR2", str)] * (len(image["n"]) - len(kinds))
    columns: list[Column] = [
        describe(name, dtype) for name, (dtype, _) in zip(image["n"], kinds, strict=True)
    ]
    rows = [
        tuple(
            None if value is None else make(value)
            for value, (_, make) in zip(row, kinds, strict=True)
        )
        for row in image["r"]
    ]
    return RefCursor(columns, iter(rows))


def with_parts(
    rows: list[tuple[Any, ...]], shape_of: Callable[[str], Shape | None]
) -> list[tuple[Any, ...]]:
    """The rows with objects and cursors for their texts."""

    def made(value: Any) -> Any:
        if isinstance(value, CursorText):
            return opened(value)
        return decode(value, shape_of) if isinstance(value, ObjectText) else value

    return [tuple(map(made, row)) for row in rows]
