"""Convert values of records into binds, by the type of the column.

A table that was made by somebody else is loaded in its own types.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from target_oracle import json_text
from target_oracle.schema.types import BINARY, LARGE_TEXT, MICRO, NUMERIC, PADDED, TEXT, json_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_oracle.schema.types import Converter, OracleType, Schema


class MisfitError(ValueError):
    """A value that a converter refuses, with the reason in words that show nothing of it."""


class CutError(MisfitError):
    """An instant of which the column would cut a fraction of a second."""


MISFITS = (ValueError, TypeError, ArithmeticError, KeyError)
"""What converters raise for values that they cannot convert.

A KeyError comes of an object that is cut like a text, on Python 3.12 and later.
"""


def converter(schema: Schema, column: OracleType, *, checked: bool = True) -> Converter | None:
    """Return the converter of values into binds; it is never called with None.

    Return None for a column whose values are bound as they are.
    Records that were not `checked` against the schema may hold anything.
    """
    kinds = json_types(schema) if checked else frozenset()
    if column.name == "JSON":
        return None
    if column.name in NUMERIC:
        return None if kinds and kinds <= {"integer", "number"} else to_number
    if column.name in TEXT | LARGE_TEXT:
        plain = kinds == {"string"} and column.name not in PADDED
        return None if plain else to_padded if column.name in PADDED else to_text
    return _by_format(schema, column)


def _by_format(schema: Schema, column: OracleType) -> Converter:
    """Return the converter of what is text in JSON and something else in the database."""
    if column.name == "DATE" and schema.get("format") == "date":
        return to_written_day
    if column.name in BINARY and schema.get("contentEncoding") == "base16":
        return to_bytes_of_digits
    if column.name.startswith("TIMESTAMP") and column.scale is not None and column.scale < MICRO:
        return partial(to_cut, 10 ** (MICRO - column.scale))
    return _CONVERTERS[column.name]


def to_number(value: Any) -> Any:
    """Make a number of a number, a boolean or text.

    Raises:
        ValueError: It is none, as NaN and infinity are none.
    """
    if isinstance(value, bool):
        return int(value)
    _refuse_oddities(value)
    number = value if isinstance(value, int) else Decimal(value)
    if not math.isfinite(number):
        msg = "not a number"
        raise ValueError(msg)
    return number


def fits_number(value: Any) -> bool:
    """Whether a NUMBER holds a value (40 digits, 1e-130 to 1e126); true of other types."""
    try:
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    except MISFITS:
        return True
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return not digits or (-130 <= number.adjusted() <= 125 and len(digits) <= 40)


def _refuse_oddities(value: Any) -> None:
    """Refuse 1_000 and [0, [1, 2], -1], which Python alone reads as numbers.

    Raises:
        ValueError: It is one of these.
    """
    if isinstance(value, list) or (isinstance(value, str) and "_" in value):
        msg = "not a number"
        raise ValueError(msg)


def to_text(value: Any) -> str:
    """Return text as it is; everything else as JSON, decimals with all their digits."""
    return value if isinstance(value, str) else json_text.encode(value).decode()


def to_padded(value: Any) -> str:
    """Return text for CHAR(n), where keys that differ in trailing blanks are equal."""
    text = to_text(value)
    return text.rstrip(" ") or text[:1]


_MARKS = frozenset({"--", "--T", "--t", "-- "})
"""What stands in the places 4, 7 and 10 of a date, or of a date and a time."""
_BETWEEN = frozenset("Tt ")
"""What stands between a date and a time."""
_SHORTEST = len("2024-01-02T03Z")
_OFFSET_TWICE = re.compile(r"(.*)([+-]\d\d:\d\d)\2")
_MORE_DIGITS = re.compile(r"[.,]\d{6}\d*[1-9]")


def to_moment(value: str) -> datetime:
    """Parse a date, or a date and a time, in the form of RFC 3339; the `T` may be a blank.

    An offset that a tap has written twice counts once.

    Raises:
        MisfitError: It has another form, such as the digits of an epoch, which Python would read
            as a year.
        ValueError: There is no such moment.
    """
    if value[4:11:3] not in _MARKS:
        msg = "it is no date in the form of RFC 3339"
        raise MisfitError(msg)
    twice = _OFFSET_TWICE.fullmatch(value)
    return datetime.fromisoformat(twice[1] + twice[2] if twice else value)


def to_utc(value: str) -> datetime:
    """Return the instant in UTC, for which text without an offset is taken.

    The driver drops tzinfo.
    """
    moment = to_moment(value)
    if moment.tzinfo is None:  # Python takes no naive instant for the same as any other
        return moment.replace(tzinfo=UTC)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _are_alike(texts: list[str]) -> bool:
    """Whether all have the same length, the form of RFC 3339 with a time, and UTC as their zone.

    They are looked at place by place, all at once: that is many times as fast as text by text.
    """
    size, count = len(texts[0]) if texts else 0, len(texts)
    if size < _SHORTEST or set(map(len, texts)) != {size}:
        return False
    joined = "".join(texts)
    return (
        joined[4::size].count("-") == joined[7::size].count("-") == count
        and {*joined[10::size]} <= _BETWEEN
        and (
            joined[size - 1 :: size].count("Z") == count
            # No text that can be parsed has the offset twice.
            or joined[size - 6 :: size].count("+") == joined.count("+00:00") == count
        )
    )


def _all_to_utc(values: Sequence[str | None]) -> list[datetime | None]:
    """Convert a column as `to_utc` does, quickly where all of its values are in UTC already."""
    if _are_alike(list(filter(None, values))):
        return [None if value is None else datetime.fromisoformat(value) for value in values]
    if not {value[4:11:3] for value in values if value is not None} <= _MARKS:
        return [None if value is None else to_utc(value) for value in values]
    parse = datetime.fromisoformat
    found = [None if value is None else parse(value) for value in values]
    if {moment.tzinfo for moment in found if moment is not None} <= {UTC}:
        return found
    return [None if value is None else to_utc(value) for value in values]


def converted(values: Sequence[Any], convert: Converter) -> list[Any]:
    """Convert a column's values where they are not None."""
    if convert is to_utc:
        return _all_to_utc(values)
    return [None if value is None else convert(value) for value in values]


def to_cut(step: int, value: str) -> datetime:
    """Cut the instant to `step` microseconds: Oracle would round it after keys were compared."""
    moment = to_utc(value)
    return moment.replace(microsecond=moment.microsecond // step * step)


def to_date(value: str) -> date:
    """Return a day, or the second of a date-time: a DATE holds no fraction of it."""
    return to_utc(value).replace(microsecond=0)


def to_whole_second(value: str) -> date:
    """Return a day or the second of a date-time, for a DATE that can become a TIMESTAMP.

    Raises:
        CutError: It has a fraction.
    """
    moment = to_utc(value)
    if moment.microsecond:
        msg = "it has a fraction of a second"
        raise CutError(msg)
    return moment


def to_written_day(value: str) -> date:
    """Return the day of a property that is one, as it is written: an offset does not move it."""
    return to_moment(value).replace(microsecond=0, tzinfo=None)


def uncut(convert: Converter, value: str) -> Any:
    """Convert the instant of a key, none of whose digits may be cut.

    Raises:
        MisfitError: A digit would be, and two keys could become one.
    """
    found = convert(value)
    if found.microsecond != to_moment(value).microsecond or _MORE_DIGITS.search(value):
        msg = "it has more digits of a second than its column, which could make two keys one"
        raise MisfitError(msg)
    return found


def to_float(value: Any) -> float:
    """Make a binary double; infinity only where a text says so.

    Raises:
        OverflowError: The number is beyond a double.
    """
    _refuse_oddities(value)
    number = float(value)
    if math.isinf(number) and Decimal(value).is_finite():
        msg = "beyond a double"
        raise OverflowError(msg)
    return number


def to_single(value: Any) -> float:
    """Make a double that a single float has room for.

    Raises:
        OverflowError: It has none.
    """
    number = to_float(value)
    struct.pack(">f", number)
    return number


def to_bytes(value: str) -> bytes:
    """Return bytes from base64 text."""
    return base64.b64decode(value, validate=True)


def to_bytes_of_digits(value: str) -> bytes:
    """Make bytes of hexadecimal digits.

    Raises:
        MisfitError: The text has something else in it.
    """
    if not isinstance(value, str) or not value.isalnum():  # `fromhex` would skip blanks
        msg = "it is no text of hexadecimal digits"
        raise MisfitError(msg)
    return bytes.fromhex(value)


def to_boolean(value: Any) -> bool:
    """Make a boolean of JSON true and false, or of the numbers 1 and 0.

    Raises:
        ValueError: It is anything else.
    """
    if value in (True, False):
        return bool(value)
    msg = "not a boolean"
    raise ValueError(msg)


_CONVERTERS: dict[str, Converter] = {
    "DATE": to_date,
    "TIMESTAMP": to_utc,
    "TIMESTAMP WITH TIME ZONE": to_utc,
    "TIMESTAMP WITH LOCAL TIME ZONE": to_utc,
    "BINARY_DOUBLE": to_float,
    "BINARY_FLOAT": to_single,
    "RAW": to_bytes,
    "BLOB": to_bytes,
    "LONG RAW": to_bytes,
    "BOOLEAN": to_boolean,
}
