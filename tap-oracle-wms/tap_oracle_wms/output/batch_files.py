"""BATCH files: columns written as Parquet, or as JSON lines, to the storage of `batch_config`."""

from __future__ import annotations

import gzip
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from tap_oracle_wms.extract.conversion import exact
from tap_oracle_wms.extract.json_lines import json_lines
from tap_oracle_wms.sdk import BatchFileFormat, SDKBatchMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_oracle_wms.sdk import BaseBatchFileEncoding, BatchConfig

ROWS = 200_000
"""Rows of a BATCH message unless `batch_size` says otherwise."""

Columns = dict[str, pa.Array]


@dataclass(slots=True)
class ExtractedBatch(SDKBatchMessage):
    """A BATCH message with what a RECORD message has besides its record."""

    time_extracted: str | None = None


class BatchFiles:
    """Writes the files of one stream; `numbers` names the columns that hold decimals."""

    def __init__(self, batch: BatchConfig, stream: str, numbers: set[str]) -> None:
        self.rows = 0
        """Rows since the last manifest."""
        self._batch, self._stream, self._numbers = batch, stream, numbers
        self._manifest: list[str] = []
        self._open = ExitStack()
        self._file: Any = None
        self._schema: pa.Schema | None = None

    def write(self, columns: Columns) -> None:
        """Add rows. A Parquet column has one scale: decimals of another one begin a new file."""
        self.rows += len(next(iter(columns.values())))
        if self._batch.encoding.format == BatchFileFormat.PARQUET:
            table = table_of(columns, self._numbers)
            if table.schema != self._schema:
                self._end_file()
                self._begin(".parquet", table.schema)
            self._file.write_table(table)
            return
        packed = self._batch.encoding.compression == "gzip"
        if self._file is None:
            self._begin(".jsonl.gz" if packed else ".jsonl", None)
        self._file.write(json_lines(columns, self._numbers))

    def take(self, columns: Columns, most: int, *, is_last: bool) -> list[str]:
        """Add rows, if there are any; the manifest of `most` rows, or of the last ones."""
        if columns:
            self.write(columns)
        return self.manifest() if is_last or self.rows >= most else []

    def manifest(self) -> list[str]:
        """Return the addresses of the files that were completed since the last manifest."""
        self._end_file()
        found, self._manifest, self.rows = self._manifest, [], 0
        return found

    def _begin(self, ending: str, schema: pa.Schema | None) -> None:
        storage, encoding = self._batch.storage, self._batch.encoding
        name = f"{storage.prefix or ''}{self._stream}-{uuid.uuid4().hex}{ending}"
        file: Any = self._open.enter_context(storage.open(name, "wb"))
        if schema is not None:
            file = self._open.enter_context(
                pq.ParquetWriter(file, schema, compression=encoding.compression or "snappy")
            )
        elif encoding.compression == "gzip":
            file = self._open.enter_context(gzip.GzipFile(fileobj=file, mode="wb"))
        self._file, self._schema = file, schema
        self._manifest.append(storage.get_url(name))

    def _end_file(self) -> None:
        self._open.close()
        self._file = self._schema = None


def batch_message(
    stream: str, encoding: BaseBatchFileEncoding, manifest: list[str], version: int | None
) -> ExtractedBatch:
    """The message on files that are whole now."""
    return ExtractedBatch(
        stream=stream,
        encoding=encoding,
        manifest=manifest,
        version=version,
        time_extracted=datetime.now(UTC).isoformat(),
    )


def table_of(columns: Columns, numbers: set[str]) -> pa.Table:
    """A table: decimals as decimal128 where they fit, else as text of digits."""
    return pa.table({n: exact(c) if n in numbers else c for n, c in columns.items()})


def rows_of(config: Mapping[str, object] | None) -> int:
    """Rows of a BATCH message."""
    found = (config or {}).get("batch_size")
    return int(str(found)) if found else ROWS
