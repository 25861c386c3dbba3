"""Convert a frame into columns to bind; None when its rows must be shaped one by one.

What comes of a row is the same either way. By columns go only the frames in which every row is
certainly valid, fits its columns and is no more than an insert or an update.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from target_oracle.records.arrow import binds
from target_oracle.records.arrow.checks import Field, satisfied
from target_oracle.records.arrow.values import UTC, counted
from target_oracle.records.frames import Columns
from target_oracle.records.slices import Message, Slice
from target_oracle.schema.conversion import MISFITS
from target_oracle.schema.metadata import DELETED_AT
from target_oracle.schema.types import NUMERIC
from target_oracle.schema.widening import outgrown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_oracle.records.frames import Frame
    from target_oracle.records.shaping import Shaper
    from target_oracle.schema.tables import Column
    from target_oracle.schema.types import Dialect


def columns(shaper: Shaper, frame: Frame) -> Columns | None:
    """Make the columns to bind; None where the rows must be shaped one by one."""
    fields = _fields(frame)
    if fields is None or shaper.needs_records or _deletes(fields) or not _valid(shaper, fields):
        return None
    arrays = []
    for column in shaper.columns:
        array = _array(shaper, column, fields, frame)
        if array is None:
            return None
        arrays.append(array)
    shaper.unknown |= fields.keys() - {column.source for column in shaper.columns}
    data = pa.table(arrays, names=[str(number) for number in range(len(arrays))])
    return _unique(shaper, data) if shaper.unique else Columns(data)


def _fields(frame: Frame) -> dict[str, Field] | None:
    data = frame.data.combine_chunks()
    fields = {
        name: Field(column.chunk(0), name in frame.documents and pa.types.is_string(column.type))
        for name, column in zip(data.column_names, data.columns, strict=True)
        if column.num_chunks
    }
    return fields if len(fields) == data.num_columns else None


def _deletes(fields: Mapping[str, Field]) -> bool:
    marks = fields.get(DELETED_AT)
    return marks is not None and marks.array.null_count < len(marks.array)


def _valid(shaper: Shaper, fields: Mapping[str, Field]) -> bool:
    """Whether all rows are valid by schema and rules; rules treat null as a missing property."""
    return (
        shaper.shaping.validator is None or satisfied(shaper.shaping.validator.schema, fields)
    ) and (
        shaper.shaping.rules is None or satisfied(shaper.shaping.rules.schema, fields, nulls=False)
    )


def _array(
    shaper: Shaper, column: Column, fields: Mapping[str, Field], frame: Frame
) -> pa.Array | None:
    if column.stamped:
        stamp = shaper.shaping.stamps[column.source]
        try:
            (value,) = stamp(Slice([Message({}, frame.time_extracted, frame.version)], []))
        except MISFITS:
            return None
        return _stamped(column, value, len(frame), shaper.shaping.dialect)
    field = fields.get(column.source)
    if field is None:
        return None if column.key else binds.nothing(column, len(frame))
    if column.key and _has_empty(field.array):
        return None
    return binds.bound(field, column, shaper.shaping.dialect)


def _stamped(column: Column, value: Any, rows: int, dialect: Dialect) -> pa.Array | None:
    name = column.type.name
    if value is None:
        return binds.nothing(column, rows)
    if isinstance(value, datetime) and name.startswith(("DATE", "TIMESTAMP")):
        whole = value.replace(microsecond=0) if name == "DATE" else value
        return pa.repeat(pa.scalar(whole, UTC), rows)
    known = NUMERIC if isinstance(value, int) else {"VARCHAR2"}
    fits = name in known and not outgrown(column.type, [value], dialect)
    return pa.repeat(value, rows) if fits else None


def _has_empty(array: pa.Array) -> bool:
    if array.null_count:
        return True
    if not (pa.types.is_string(array.type) or pa.types.is_binary(array.type)):
        return False
    return pc.any(pc.equal(pc.binary_length(array), 0)).as_py() is True


def _unique(shaper: Shaper, data: pa.Table) -> Columns | None:
    """Keep the last row per key; None where that cannot be told by columns."""
    if _ascends(shaper, data):
        return Columns(data)
    keys = [str(number) for number, column in enumerate(shaper.columns) if column.key]
    numbered = data.select(keys).append_column("last", counted(0, len(data)))
    try:
        found = numbered.group_by(keys).aggregate([("last", "max")])
    except pa.ArrowNotImplementedError:
        return None
    if len(found) == len(data):
        return Columns(data)
    return None if shaper.newer else Columns(data.take(found["last_max"]))


def _ascends(shaper: Shaper, data: pa.Table) -> bool:
    """Whether the only key ascends from row to row, so that none repeats."""
    keys = [number for number, column in enumerate(shaper.columns) if column.key]
    if len(keys) > 1:
        return False
    key = data.column(keys[0]).chunk(0)
    return pc.all(pc.less(key[:-1], key[1:])).as_py() is not False
