"""Columns in the text format of PostgreSQL's COPY."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .values import NUL, NUL_KEPT, is_null, oracle_number, zoned_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class NeedsInsertError(Exception):
    """COPY would not make the conversion that an INSERT makes: use INSERT."""


_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", NUL: NUL_KEPT})
NULL = "\\N"


def _text(value: Any) -> str:
    if type(value) is str:
        plain = value.isprintable() and "\\" not in value
        return value if plain else value.translate(_ESCAPES)
    if type(value) is int:
        return str(value)
    raise NeedsInsertError


def _number(value: Any) -> str:
    kind = type(value)
    if kind is int or kind is bool:
        return str(int(value)) if -(10**38) < value < 10**38 else str(oracle_number(Decimal(value)))
    if kind is Decimal:
        return str(oracle_number(value))
    if kind is float and math.isfinite(value):
        return str(oracle_number(Decimal(repr(value))))
    raise NeedsInsertError


def _double(value: Any) -> str:
    if isinstance(value, (int, float, Decimal)):
        return repr(value) if type(value) is float else str(value)
    raise NeedsInsertError


def _date(value: Any) -> str:
    if type(value) is dt.datetime and value.tzinfo is None and not value.microsecond:
        return value.isoformat(" ")
    raise NeedsInsertError


def _timestamp(value: Any) -> str:
    if type(value) is dt.datetime and value.tzinfo is None:
        return value.isoformat(" ")
    raise NeedsInsertError


def _zoned(value: Any) -> str:
    if type(value) is dt.datetime and value.tzinfo is not None:
        return zoned_text(value)
    raise NeedsInsertError


def _binary(value: Any) -> str:
    if type(value) is bytes:
        return "\\\\x" + value.hex()
    raise NeedsInsertError


def _boolean(value: Any) -> str:
    if type(value) is bool:
        return "t" if value else "f"
    raise NeedsInsertError


_COPY_TEXT: dict[str, Callable[[Any], str]] = {
    "text": _text,
    "character": _text,
    "ora.clob": _text,
    "json": _text,
    "numeric": _number,
    "double precision": _double,
    "real": _double,
    "ora.date": _date,
    "timestamp without time zone": _timestamp,
    "ora.tstz": _zoned,
    "bytea": _binary,
    "ora.blob": _binary,
    "boolean": _boolean,
}


def copy_column(values: Sequence[Any], postgres_type: str) -> list[str]:
    """A column's values in the text format of COPY; raises NeedsInsertError."""
    fmt = _COPY_TEXT.get(postgres_type)
    if fmt is None:
        raise NeedsInsertError
    # Equal values of a column are mostly the same object (they are decoded once): by identity,
    # which the list keeps valid, each is formatted once.
    memo: dict[int, str] = {}
    out = []
    for value in values:
        text = memo.get(id(value))
        if text is None:
            text = NULL if is_null(value) else fmt(value)
            memo[id(value)] = text
        out.append(text)
    return out
