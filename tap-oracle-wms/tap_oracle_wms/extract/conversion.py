"""Convert columns of extracted files into values of records, as Arrow arrays.

Files come from a database export whose types WMS does not document: numbers and flags may be
decimals, instants may be text, and CSV knows text alone. Whatever a column is, it becomes one of:
int64, bool, string, date32, timestamp[us, UTC], or for decimals decimal128 or plain digits.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tap_oracle_wms.catalog.fields import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

INSTANT = pa.timestamp("us", tz="UTC")
MOST_DIGITS = 38
"""The most digits that a decimal128 holds."""

_ISO = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6}0*)?(Z|[+-]\d{2}:?\d{2})?$"
_DAY = r"^\d{4}-\d{2}-\d{2}([T ]00:00:00(\.0*)?Z?)?$"
_CLOCK = r"^\d{2}:\d{2}:\d{2}(\.\d{1,6})?$"
_NUMBER = r"^-?\d+(\.\d*)?([eE][+-]?\d+)?$"


class Mismatch(ValueError):  # noqa: N818 - what a column has, not what went wrong in the code
    """A column's values do not fit; the message is the end of a sentence about it."""


def converted(column: pa.Array, kind: Kind) -> pa.Array:
    """Convert a column into the values of a property.

    Raises:
        Mismatch: A value does not fit.
    """
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    if pa.types.is_null(plain.type):
        plain = plain.cast(pa.string())
    if pa.types.is_large_string(plain.type) or pa.types.is_string_view(plain.type):
        plain = plain.cast(pa.string())
    try:
        return _CONVERT[kind](plain)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Mismatch(_first_line(error)) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")


def _is_text(column: pa.Array) -> bool:
    return bool(pa.types.is_string(column.type))


def _nonblank(column: pa.Array) -> pa.Array:
    """Turn empty texts into nulls."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _require(fits: pa.Array, column: pa.Array, what: str) -> None:
    """Check that all values fit; a null does.

    Raises:
        Mismatch: A value does not; the first one is named.
    """
    misfits = pc.filter(column, pc.invert(pc.fill_null(fits, True)))  # noqa: FBT003 - a value
    if len(misfits):
        msg = f"the value {misfits[0].as_py()!r} is no {what}"
        raise Mismatch(msg)


def _integers(column: pa.Array) -> pa.Array:
    return (_nonblank(column) if _is_text(column) else column).cast(pa.int64())


def _booleans(column: pa.Array) -> pa.Array:
    if pa.types.is_boolean(column.type):
        return column
    if _is_text(column):
        low = pc.ascii_lower(_nonblank(column))
        _require(pc.is_in(low, pa.array(["true", "false", "1", "0"])), column, "flag")
        return pc.is_in(low, pa.array(["true", "1"])) if not low.null_count else pc.if_else(
            pc.is_null(low), pa.scalar(None, pa.bool_()), pc.is_in(low, pa.array(["true", "1"]))
        )  # fmt: skip
    numbers = column.cast(pa.int64())
    _require(pc.or_kleene(pc.equal(numbers, 0), pc.equal(numbers, 1)), column, "flag")
    return numbers.cast(pa.bool_())


def _decimals(column: pa.Array) -> pa.Array:
    """Return the numbers as decimal128, or as text where the column's type tells no scale."""
    if pa.types.is_decimal(column.type):
        return column
    if pa.types.is_integer(column.type):
        return column.cast(pa.decimal128(19 if column.type != pa.uint64() else 20, 0))
    texts = _nonblank(column if _is_text(column) else column.cast(pa.string()))
    _require(pc.match_substring_regex(texts, _NUMBER), texts, "finite number")
    return _plain(texts)


def _plain(texts: pa.Array) -> pa.Array:
    """Numbers without exponent and trailing zeros."""
    odd = pc.any(pc.match_substring_regex(texts, r"[eE]|^-?0\d")).as_py()
    if odd:
        texts = pa.array([t and format(Decimal(t), "f") for t in texts.to_pylist()], pa.string())
    dotted = pc.match_substring(texts, ".")
    trimmed = pc.ascii_rtrim(pc.ascii_rtrim(texts, "0"), ".")
    texts = pc.if_else(dotted, trimmed, texts)
    return pc.if_else(pc.equal(texts, "-0"), "0", texts)


def digits(column: pa.Array) -> pa.Array:
    """Decimals as text: every digit, no trailing zeros."""
    if _is_text(column):
        return column
    texts = column.cast(pa.string())
    if not column.type.scale:
        return texts
    if pc.any(pc.match_substring(texts, "E")).as_py():
        return _plain(texts)
    return pc.ascii_rtrim(pc.ascii_rtrim(texts, "0"), ".")


def exact(column: pa.Array) -> pa.Array:
    """Decimals as decimal128 where 38 digits hold all of them, else as text."""
    if not _is_text(column):
        return column if column.type.bit_width == 128 else exact(digits(column))
    parts = pc.split_pattern(pc.ascii_ltrim(column, "-"), ".", max_splits=1)
    scale = _longest(pc.list_element(pc.filter(parts, pc.equal(pc.list_value_length(parts), 2)), 1))
    whole = _longest(pc.list_element(parts, 0))
    if whole + scale > MOST_DIGITS:
        return column
    return column.cast(pa.decimal128(MOST_DIGITS, scale))


def _longest(texts: pa.Array) -> int:
    return pc.max(pc.binary_length(texts)).as_py() or 0


def _text(column: pa.Array) -> pa.Array:
    return column if _is_text(column) else column.cast(pa.string())


def _instants(column: pa.Array) -> pa.Array:
    """Instants in UTC; what carries no zone is UTC.

    Raises:
        Mismatch: A value is no instant; the first one is named.
    """
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", tz=column.type.tz)).cast(INSTANT)
    if not _is_text(column):
        msg = f"the type {column.type} is no date-time"
        raise Mismatch(msg)
    texts = _nonblank(column)
    _require(pc.match_substring_regex(texts, _ISO), texts, "date-time in ISO form, as of WMS 25C")
    texts = pc.replace_substring_regex(texts, r"(\.\d{6})0+", r"\1")
    zoned = pc.match_substring_regex(texts, r"(Z|[+-]\d{2}:?\d{2})$")
    if not pc.all(zoned).as_py():
        texts = pc.if_else(zoned, texts, pc.binary_join_element_wise(texts, "Z", ""))
    return texts.cast(INSTANT)


def _days(column: pa.Array) -> pa.Array:
    if not _is_text(column):
        return column.cast(pa.date32())
    texts = _nonblank(column)
    _require(pc.match_substring_regex(texts, _DAY), texts, "date in ISO form")
    return pc.utf8_slice_codeunits(texts, 0, 10).cast(pa.date32())


def _clocks(column: pa.Array) -> pa.Array:
    texts = pc.replace_substring_regex(_nonblank(_text(column)), r"\.0+$", "")
    _require(pc.match_substring_regex(texts, _CLOCK), texts, "time of day")
    return texts


_CONVERT: dict[Kind, Callable[[pa.Array], pa.Array]] = {
    Kind.INTEGER: _integers,
    Kind.STATUS: _integers,
    Kind.RELATION: _integers,
    Kind.COUNT: _integers,
    Kind.DECIMAL: _decimals,
    Kind.BOOLEAN: _booleans,
    Kind.STRING: _text,
    Kind.URL: _text,
    Kind.JSON: _text,
    Kind.DATETIME: _instants,
    Kind.DATE: _days,
    Kind.TIME: _clocks,
}
