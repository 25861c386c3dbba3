"""Columns in the text format of PostgreSQL's COPY."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.net.columns import WireColumn
from oracle_standin.shapes import Months

from .types import BYTES
from .values import NUL, NUL_KEPT, is_null, oracle_number, zoned_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class NeedsInsertError(Exception):
    """COPY would not make the conversion that an INSERT makes: use INSERT."""


_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", NUL: NUL_KEPT})
_SPECIAL = re.compile("[\\\\\n\r\t\0]")
_ESCAPED = re.compile(r"\\.")
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


def _interval(value: Any) -> str:
    if type(value) is dt.timedelta:
        seconds = Decimal(value.seconds) + Decimal(value.microseconds) / 10**6
        return f"{value.days} days {seconds} seconds"
    raise NeedsInsertError


def _months(value: Any) -> str:
    if type(value) is Months:
        return str(value.count)
    raise NeedsInsertError


_COPY_TEXT: dict[str, Callable[[Any], str]] = {
    "text": _text,
    "character": _text,
    "ora.fixed": _text,
    "ora.clob": _text,
    "json": _text,
    "numeric": _number,
    "double precision": _double,
    "real": _double,
    "ora.date": _date,
    "timestamp without time zone": _timestamp,
    "ora.ltz": _timestamp,
    "ora.tstz": _zoned,
    "bytea": _binary,
    "ora.blob": _binary,
    "boolean": _boolean,
    "interval": _interval,
    "ora.ym": _months,
}


# Types whose texts on the wire are already those of COPY, but for the escapes of strings.
_SAME_TEXT = {
    "numeric": (c.T_NUMBER,),
    "ora.date": (c.T_DATE,),
    "timestamp without time zone": (c.T_DATE, c.T_TIMESTAMP),
    "ora.ltz": (c.T_DATE, c.T_TIMESTAMP, c.T_TIMESTAMP_LTZ),
    "ora.fixed": (c.T_VARCHAR, c.T_CHAR, c.T_LONG),
    "text": (c.T_VARCHAR, c.T_CHAR, c.T_LONG),
    "ora.clob": (c.T_VARCHAR, c.T_CHAR, c.T_LONG),
}


def copy_column(values: Sequence[Any], postgres_type: str) -> list[str]:
    """Write the values of a column in the text format of COPY, or raise NeedsInsertError."""
    family, _, size = postgres_type.rstrip(")").partition("(")
    if family == "ora.fixed":
        return [_padded(text, int(size)) for text in copy_as_sent(values, family)]
    if family == "ora.ltz":  # to be taken from one zone to another
        raise NeedsInsertError
    return copy_as_sent(values, family)


def _padded(text: str, size: int) -> str:
    """A CHAR's value, escaped as it is, filled up to ``size`` characters, or bytes above BYTES."""
    if text == NULL:
        return text
    plain = _ESCAPED.sub("x", text)
    length = len(plain) if size < BYTES else len(plain.encode())
    return text + " " * (size % BYTES - length)


def copy_as_sent(values: Sequence[Any], postgres_type: str) -> list[str]:
    """Write the same without any conversion: neither padding nor time zones."""
    postgres_type = postgres_type.partition("(")[0]
    if isinstance(values, WireColumn) and values.ora_type in _SAME_TEXT.get(postgres_type, ()):
        texts = values.texts()
        if texts is not None:
            is_text = postgres_type in ("text", "ora.clob", "ora.fixed")
            return _escaped(texts) if is_text else [text or NULL for text in texts]
    fmt = _COPY_TEXT.get(postgres_type)
    if fmt is None:
        raise NeedsInsertError
    return [NULL if is_null(value) else fmt(value) for value in values]


def _escaped(texts: list[str | None]) -> list[str]:
    if not _SPECIAL.search("".join([text for text in texts if text])):
        return [text or NULL for text in texts]
    return [text.translate(_ESCAPES) if text else NULL for text in texts]
