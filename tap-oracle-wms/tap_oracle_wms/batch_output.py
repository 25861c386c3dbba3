"""BATCH files: columns written as Parquet, or as JSON lines, to the storage of `batch_config`."""

from __future__ import annotations

import gzip
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from singer_sdk.helpers._batch import BatchFileFormat, SDKBatchMessage

from tap_oracle_wms.columns import digits, exact
from tap_oracle_wms.json_columns import json_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.helpers._batch import BatchConfig

ROWS = 200_000
"""Rows of a file unless `batch_size` says otherwise."""

ROW_GROUP = 65_536

Columns = dict[str, pa.Array]


@dataclass(slots=True)
class ExtractedBatch(SDKBatchMessage):
    """A BATCH message with what a RECORD message has besides its record."""

    time_extracted: str | None = None


def file_of(batch: BatchConfig, stream: str, pieces: Sequence[Columns], numbers: set[str]) -> str:
    """Write one file; its address. `numbers` names the columns that hold decimals."""
    form, compression = batch.encoding.format, batch.encoding.compression
    name = f"{batch.storage.prefix or ''}{stream}-{uuid.uuid4().hex}"
    if form == BatchFileFormat.PARQUET:
        name += ".parquet"
        with batch.storage.open(name, "wb") as file:
            pq.write_table(table_of(pieces, numbers), file, row_group_size=ROW_GROUP,
                           compression=compression or "snappy")  # fmt: skip
    else:
        name += ".jsonl.gz" if compression == "gzip" else ".jsonl"
        with batch.storage.open(name, "wb") as file:
            lines = gzip.GzipFile(fileobj=file, mode="wb") if compression == "gzip" else file
            for columns in pieces:
                lines.write(json_lines(columns, numbers))
            if lines is not file:
                lines.close()
    return batch.storage.get_url(name)


def table_of(pieces: Sequence[Columns], numbers: set[str]) -> pa.Table:
    """One table of all pieces: decimals as decimal128 where they fit, else as text of digits."""
    return pa.table({name: _joined([p[name] for p in pieces], is_number=name in numbers)
                     for name in pieces[0]})  # fmt: skip


def _joined(columns: Sequence[pa.Array], *, is_number: bool) -> pa.ChunkedArray | pa.Array:
    if is_number and any(column.type != columns[0].type for column in columns[1:]):
        columns = [digits(column) for column in columns]
    joined = pa.chunked_array(columns)
    return exact(joined.combine_chunks()) if is_number else joined


def rows_of(config: Mapping[str, object] | None) -> int:
    """Rows of a file."""
    found = (config or {}).get("batch_size")
    return int(str(found)) if found else ROWS
