"""Convert columns of files into columns to bind, in types that the driver takes.

For each kind of database column there is a quick way for the Arrow types that need no look at
single values. Else each value goes through the same converter as one of a record.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as kinds

from target_oracle.records.arrow.values import LOCAL, UTC
from target_oracle.schema.types import LARGE_TEXT, MAX_DIGITS, MICRO, NUMERIC, TIMESTAMP
from target_oracle.schema.widening import outgrown, text_capacity

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_oracle.records.arrow.checks import Field
    from target_oracle.schema.tables import Column
    from target_oracle.schema.types import Dialect, OracleType

    Quick = Callable[[pa.Array, OracleType, Dialect], pa.Array | None]

_WIDEST = 1e100
"""Doubles between this and its reciprocal are NUMBERs."""
_NARROW = 1e30
"""The same for single floats."""
_SCALES = (0, 2, 4, 6)
"""Digits after the point that are tried."""
_FIFTEEN_DIGITS = 1e15
_EPOCH, _DAY = date(1970, 1, 1), 86_400 * 10**6
_FIRST = (date(1, 1, 1) - _EPOCH).days * _DAY
"""The first and the last moment of an Oracle date, in microseconds."""
_LAST = (date(9999, 12, 31) - _EPOCH).days * _DAY


def bound(field: Field, column: Column, dialect: Dialect) -> pa.Array | None:
    """Return the values to bind; None when single values must be looked at."""
    name = column.type.name
    if name not in _QUICK:
        return None
    quick = None if field.is_document else _QUICK[name](field.array, column.type, dialect)
    if quick is not None:
        return None if _cuts_digits(field.array, quick, column) else quick
    return _one_by_one(field.values, column, dialect)


def _cuts_digits(given: pa.Array, quick: pa.Array, column: Column) -> bool:
    """Whether digits of a second were cut that tell two keys apart, or that a column may gain."""
    is_asked = column.key or column.turns_into == TIMESTAMP
    instants = _instants(given) if is_asked and column.type.is_temporal else None
    return instants is not None and not _is_equal(quick, instants)


def _one_by_one(values: list[Any], column: Column, dialect: Dialect) -> pa.Array | None:
    convert = column.convert
    try:
        if convert:
            values = [None if value is None else convert(value) for value in values]
        if outgrown(column.type, values, dialect, key=column.key):
            return None
        return _array(values, column.type.name)
    except (ValueError, TypeError, ArithmeticError):  # pyarrow's own are among them
        return None


def _array(values: list[Any], name: str) -> pa.Array:
    if name in NUMERIC:
        return pa.array([None if value is None else Decimal(value) for value in values])
    array = pa.array(values, _TYPES[name])
    return pc.fill_null(array, "") if name in LARGE_TEXT else array


def nothing(column: Column, rows: int) -> pa.Array:
    """NULL for a property that a file lacks."""
    # The driver reads a NULL long text's bytes before it knows that there are none.
    return pa.repeat("", rows) if column.type.name in LARGE_TEXT else pa.nulls(rows)


# The quick ways; None for "not this way"


def _number(array: pa.Array, column: OracleType, _: Dialect) -> pa.Array | None:
    kind = array.type
    if kinds.is_boolean(kind):
        array = array.cast(pa.int8())
    elif kinds.is_floating(kind):
        array = _decimal(array) if _is_moderate(array) else None
    elif kinds.is_decimal(kind):
        array = array if kind.scale >= 0 and kind.precision <= MAX_DIGITS else None
    elif not kinds.is_integer(kind):
        return None
    return array if array is not None and _fits(array, column) else None


def _decimal(array: pa.Array) -> pa.Array:
    """Convert doubles to the decimals that they print as, where these have few digits.

    The driver would write each as text. No two decimals of fifteen digits are the same double.
    """
    for scale in _SCALES:
        digits = pc.round(pc.multiply(array, float(10**scale)))
        most = pc.max(pc.abs(digits)).as_py() or 0.0
        if most < _FIFTEEN_DIGITS and _is_equal(pc.divide(digits, float(10**scale)), array):
            whole = digits.cast(pa.int64()).cast(pa.decimal128(19, 0))
            return pa.Array.from_buffers(
                pa.decimal128(19, scale), len(whole), whole.buffers(), offset=whole.offset
            )
    return pc.add(array, 0.0)  # without a negative zero


def _is_moderate(array: pa.Array, limit: float = _WIDEST) -> bool:
    sizes = pc.abs(array)
    outside = pc.or_(pc.greater(sizes, limit), pc.less(sizes, 1 / limit))
    return not pc.any(pc.and_(outside, pc.not_equal(sizes, 0.0))).as_py()


def _fits(array: pa.Array, column: OracleType) -> bool:
    """Whether no number is too large, or would be rounded."""
    if column.name == "FLOAT" or column.precision is None:
        return True
    scale = column.scale or 0
    limit = 10 ** (column.precision - scale)
    extremes = [each for each in pc.min_max(array).as_py().values() if each is not None]
    if scale < 0 or any(abs(each) >= limit for each in extremes):
        return False
    if kinds.is_decimal(array.type) and array.type.scale > scale:
        try:
            return _is_equal(pc.round(array, scale), array)
        except pa.ArrowInvalid:  # rounded, it has a digit more than its type
            return False
    return not kinds.is_floating(array.type) or _is_equal(pc.trunc(array), array)


def _is_equal(one: pa.Array, other: pa.Array) -> bool:
    return pc.all(pc.equal(one, other)).as_py() is not False


def _double(array: pa.Array, column: OracleType, _: Dialect) -> pa.Array | None:
    limit = _NARROW if column.name == "BINARY_FLOAT" else _WIDEST
    return array if kinds.is_floating(array.type) and _is_moderate(array, limit) else None


def _text(array: pa.Array, column: OracleType, dialect: Dialect) -> pa.Array | None:
    if not kinds.is_string(array.type):
        return None
    if column.name in LARGE_TEXT:
        return pc.fill_null(array, "")
    characters, size = text_capacity(column, dialect) or (0, 0)
    largest = pc.max(pc.binary_length(array)).as_py() or 0
    if largest <= min(characters, size):
        return array
    longest = pc.max(pc.utf8_length(array)).as_py()
    return array if longest <= characters and largest <= size else None


def _moment(array: pa.Array, column: OracleType, _: Dialect) -> pa.Array | None:
    found = _instants(array)
    if found is None:
        return None
    extremes = pc.min_max(found.cast(pa.int64())).as_py()
    if extremes["min"] is not None and not (_FIRST <= extremes["min"] <= extremes["max"] < _LAST):
        return None
    digits = 0 if column.name == "DATE" else column.scale
    if digits is None or digits >= MICRO:
        return found
    return pc.floor_temporal(found, 10 ** (MICRO - digits), unit="microsecond")


def _instants(array: pa.Array) -> pa.Array | None:
    kind = array.type
    try:
        if kinds.is_string(kind):
            return _parsed(array)
        return array.cast(LOCAL) if kinds.is_date(kind) or kinds.is_timestamp(kind) else None
    except pa.ArrowInvalid:
        return None


def _parsed(array: pa.Array) -> pa.Array:
    """ISO 8601, all with an offset or all without."""
    try:
        return array.cast(UTC).cast(LOCAL)
    except pa.ArrowInvalid:
        return array.cast(LOCAL)


def _bytes(array: pa.Array, *_: Any) -> pa.Array | None:
    return array if kinds.is_binary(array.type) else None


def _flag(array: pa.Array, *_: Any) -> pa.Array | None:
    return array if kinds.is_boolean(array.type) else None


def _no_way(*_: Any) -> None:
    return None


# Left out: national text, which the driver would send as UTF-8, and JSON.
_QUICK: dict[str, Quick] = {
    "NUMBER": _number,
    "FLOAT": _number,
    "BINARY_DOUBLE": _double,
    "BINARY_FLOAT": _double,
    "VARCHAR2": _text,
    "CHAR": _no_way,
    "CLOB": _text,
    "NCLOB": _text,
    "LONG": _text,
    "DATE": _moment,
    "TIMESTAMP": _moment,
    "TIMESTAMP WITH TIME ZONE": _moment,
    "TIMESTAMP WITH LOCAL TIME ZONE": _moment,
    "RAW": _bytes,
    "BLOB": _bytes,
    "LONG RAW": _bytes,
    "BOOLEAN": _flag,
}

_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("VARCHAR2", "CHAR", "CLOB", "NCLOB", "LONG"), pa.string()),
    **dict.fromkeys((name for name, way in _QUICK.items() if way is _moment), UTC),
    **dict.fromkeys(("RAW", "BLOB", "LONG RAW"), pa.binary()),
    **dict.fromkeys(("BINARY_DOUBLE", "BINARY_FLOAT"), pa.float64()),
    "BOOLEAN": pa.bool_(),
}
