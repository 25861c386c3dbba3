"""When a column is too small for its values or its schema, and what it becomes. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_oracle.errors import TargetError
from target_oracle.schema.types import (
    CLOB,
    DATE,
    INTEGER,
    MAX_CHAR_BYTES,
    MAX_DIGITS,
    NUMBER,
    NUMERIC,
    TEXT,
    TEXT_LENGTH,
    TIMESTAMP,
    TIMESTAMP_TZ,
    OracleType,
    json_types,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_oracle.schema.types import Dialect, Schema

TURNED_CHARACTERS = 64
"""Characters of a number or date that has become text: 40 digits, a sign, an exponent."""
NATIONAL = frozenset({"NVARCHAR2", "NCHAR"})


class TooNarrowError(TargetError):
    """Columns must be widened before the flush can be tried again."""

    def __init__(self, needed: Mapping[str, OracleType]) -> None:
        super().__init__(f"Too narrow: {', '.join(sorted(needed))}")
        self.needed = needed


def text_capacity(column: OracleType, dialect: Dialect) -> tuple[int, int] | None:
    """Count the characters and the bytes of UTF-8 that a text column holds; None for no limit."""
    if column.name not in TEXT:
        return None
    length = column.length or 1
    if column.in_bytes:
        return length, length
    cap = MAX_CHAR_BYTES if column.name == "CHAR" else max(dialect.max_string_bytes, length)
    return length, min(length * 4, cap)


def outgrown(
    column: OracleType, values: Iterable[Any], dialect: Dialect, *, key: bool = False
) -> OracleType | None:
    """Return the type that holds all values when the column's own does not; None when it does.

    CHAR, which no MODIFY makes a VARCHAR2, stays CHAR. National text columns never grow: their own
    type comes back.
    """
    if column.name in TEXT:
        return _outgrown_text(column, values, dialect, key=key)
    if column.name == "NUMBER" and column.precision is not None:
        return NUMBER if _outgrown_number(column, [v for v in values if v is not None]) else None
    return None


def bounded(column: OracleType, schema: Schema, dialect: Dialect) -> bool:
    """Whether every value that is valid by the schema fits the column, whatever the value."""
    kinds = json_types(schema)
    if kinds == {"string"} and column.name in TEXT - NATIONAL:
        return _bounds_text(column, schema.get("maxLength"), dialect)
    if kinds == {"integer"} and column.name == "NUMBER" and column.precision is not None:
        return _bounds_integer(column, schema.get("minimum"), schema.get("maximum"))
    return False


def _bounds_text(column: OracleType, longest: object, dialect: Dialect) -> bool:
    characters, size = text_capacity(column, dialect) or (0, 0)
    return isinstance(longest, int) and longest <= characters and longest * 4 <= size


def _bounds_integer(column: OracleType, least: object, most: object) -> bool:
    scale = column.scale or 0
    if not isinstance(least, int) or not isinstance(most, int) or scale < 0:
        return False
    limit = 10 ** ((column.precision or 0) - scale)
    return bool(-limit < least <= most < limit)


# Both look at every value of every batch: what is common is decided by loops in C.


def _outgrown_text(
    column: OracleType, values: Iterable[str | None], dialect: Dialect, *, key: bool
) -> OracleType | None:
    texts = list(filter(None, values))
    if column.name in NATIONAL:
        return column if any(_units(text) > (column.length or 1) for text in texts) else None
    characters, size = text_capacity(column, dialect) or (0, 0)
    longest = max(map(len, texts), default=0)
    if longest <= characters and longest * 4 <= size:
        return None
    largest = max(len(text.encode()) for text in texts)
    if longest <= characters and largest <= size:
        return None
    if column.name == "CHAR":
        return _wider_char(column, longest, largest, key=key)
    wider = wider_text(longest, largest, dialect, key=key)
    return replace(wider, length=max(wider.length, characters)) if wider.length else wider


def _wider_char(column: OracleType, characters: int, size: int, *, key: bool) -> OracleType:
    if size <= MAX_CHAR_BYTES:
        length = min(max(_room(characters), column.length or 1), MAX_CHAR_BYTES)
        return OracleType("CHAR", length=length)
    return column if key else CLOB


def _room(characters: int) -> int:
    """Return a length for so many characters, with room to grow."""
    return 1 << (characters - 1).bit_length()


def _units(text: str) -> int:
    """Return the length in units of UTF-16, by which national columns count."""
    return len(text.encode("utf-16-le")) // 2


def _outgrown_number(column: OracleType, numbers: Sequence[Any]) -> bool:
    """Whether a number has too many digits, before the point or (it would be rounded) after it."""
    if not numbers:
        return False
    scale = column.scale or 0
    limit = 10 ** ((column.precision or MAX_DIGITS) - scale)
    if max(numbers) >= limit or min(numbers) <= -limit:
        return True
    exact = scale >= 0 and set(map(type, numbers)) <= {int}
    return not exact and any(_would_be_rounded(Decimal(str(n)), scale) for n in numbers)


def _would_be_rounded(number: Decimal, scale: int) -> bool:
    # By its digits: arithmetic would round to the precision of the decimal context first.
    _, digits, exponent = number.as_tuple()
    excess = -scale - int(exponent)
    return excess > 0 and any(digits[-excess:])


def widened(existing: OracleType, wanted: OracleType) -> OracleType | None:
    """Return the type that an existing column is widened to for a schema; None to leave it.

    Only what the schema says in so many words, and what MODIFY does without touching a row. Where
    it gives no length or precision, the values decide when they come.
    """
    both = (existing.name, wanted.name)
    if both == ("VARCHAR2", "VARCHAR2"):
        return _widened_text(existing, wanted)
    if both == ("NUMBER", "NUMBER"):
        return _widened_number(existing, wanted)
    return None


def turned(existing: OracleType, wanted: OracleType) -> OracleType | None:
    """Return what a column of numbers or dates becomes when a stream now sends other text.

    A DATE becomes a TIMESTAMP for fractions of a second.
    """
    if existing.name not in NUMERIC and not existing.is_temporal:
        return None
    if wanted.name == "VARCHAR2":
        return replace(wanted, length=max(wanted.length or 0, TURNED_CHARACTERS))
    if existing == DATE and wanted in {TIMESTAMP, TIMESTAMP_TZ}:
        return TIMESTAMP
    return CLOB if wanted == CLOB else None


def _widened_text(existing: OracleType, wanted: OracleType) -> OracleType | None:
    given = (wanted.length or 0) if wanted.length != TEXT_LENGTH else 0
    return wanted if not existing.in_bytes and given > (existing.length or 0) else None


def _widened_number(existing: OracleType, wanted: OracleType) -> OracleType | None:
    if existing.precision is None or wanted.precision is None or wanted == INTEGER:
        return None
    return None if _holds(existing, wanted) else NUMBER


def _holds(existing: OracleType, wanted: OracleType) -> bool:
    scale, wanted_scale = existing.scale or 0, wanted.scale or 0
    whole, wanted_whole = (existing.precision or 0) - scale, (wanted.precision or 0) - wanted_scale
    return scale >= wanted_scale and whole >= wanted_whole


def wider_text(characters: int, size: int, dialect: Dialect, *, key: bool = False) -> OracleType:
    """Return a text column for values so long, with room to grow; a key stays indexable."""
    if size > dialect.max_string_bytes and not key:
        return CLOB
    return OracleType("VARCHAR2", length=min(_room(characters), dialect.max_string_bytes))
