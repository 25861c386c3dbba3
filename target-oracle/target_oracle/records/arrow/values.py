"""Convert Arrow values into the JSON values of a RECORD."""

from __future__ import annotations

from decimal import Decimal
from itertools import repeat
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as kinds

from target_oracle.json_text import decode, encode
from target_oracle.sdk import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Sequence

UTC = pa.timestamp("us", "UTC")
LOCAL = pa.timestamp("us")

_decode = msgspec.json.Decoder(list[Any], float_hook=Decimal).decode


def plain(data: pa.RecordBatch) -> pa.Table:
    """Return the values as one of the few types that the rest of the code handles.

    Raises:
        ArrowInvalid: A text is not UTF-8.
    """
    data.validate(full=True)
    return pa.table([_plain(column) for column in data.columns], names=data.schema.names)


def _plain(array: pa.Array) -> pa.Array:
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if kinds.is_dictionary(array.type):
        array = array.dictionary_decode()
    if kinds.is_timestamp(array.type):
        return _microseconds(array)
    if kinds.is_floating(array.type):
        return _finite(array.cast(pa.float64()))
    same = next((plain for is_such, plain in _SAME if is_such(array.type)), None)
    return array if same is None else array.cast(same)


_SAME = (
    (kinds.is_large_string, pa.string()),
    (kinds.is_string_view, pa.string()),
    (kinds.is_large_binary, pa.binary()),
    (kinds.is_binary_view, pa.binary()),
    (kinds.is_fixed_size_binary, pa.binary()),
    (kinds.is_date64, pa.date32()),
)
"""Kinds of types, and the type that has the same values."""


def _microseconds(array: pa.Array) -> pa.Array:
    """UTC, or without a zone; as text where there are more digits, which a key must not lose."""
    if array.type.unit == "ns":
        cut = pc.floor_temporal(array, unit="microsecond")
        if pc.all(pc.equal(cut, array)).as_py() is False:
            return array.cast(pa.timestamp("ns", array.type.tz and "UTC")).cast(pa.string())
        array = cut
    try:
        return array.cast(UTC if array.type.tz else LOCAL)
    except pa.ArrowInvalid:  # so far away that no date can be told
        return array.cast(pa.int64()).cast(pa.string())


def _finite(array: pa.Array) -> pa.Array:
    """NaN and infinity are no JSON: a RECORD has null for them."""
    finite = pc.is_finite(array)
    return array if pc.all(finite).as_py() in {True, None} else pc.if_else(finite, array, None)


def counted(start: int, rows: int) -> pa.Array:
    """Return the numbers from `start` on."""
    return pa.array(range(start, start + rows), pa.int64())


def concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one below the other, each column in one piece."""
    return pa.concat_tables(tables).combine_chunks()


def json_values(array: pa.Array, *, is_document: bool = False) -> list[Any]:
    """Return the values as a RECORD has them."""
    return _decode(encode(_encodable(array, is_document=is_document)))


def _encodable(array: pa.Array, *, is_document: bool) -> list[Any]:
    try:
        values = array.to_pylist()
    except (ValueError, OverflowError):  # a day or an instant that Python does not know
        values = _as_text(array)
    return list(map(_document, values)) if is_document else values


def _as_text(array: pa.Array) -> list[Any]:
    try:
        return list(array.cast(pa.string()).to_pylist())
    except pa.ArrowException as error:
        msg = f"A BATCH file holds what no JSON can: {error}."
        raise InvalidInputLine(msg) from error


def _document(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return decode(value)
    except (msgspec.MsgspecError, RecursionError):
        return value  # validation will refuse it


def lines(data: pa.Table, documents: frozenset[str], head: dict[str, Any]) -> list[bytes]:
    """Write rows as RECORD lines without their stream; `head` is the same in all of them."""
    names = data.column_names
    columns = [
        _encodable(column, is_document=name in documents)
        for name, column in zip(names, data.columns, strict=True)
    ]
    found = zip(*columns, strict=True) if columns else repeat((), data.num_rows)
    return [encode({**head, "record": dict(zip(names, values, strict=True))}) for values in found]
