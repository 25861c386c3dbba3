"""Read Parquet files in frames of some rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from target_oracle.records.arrow.values import plain
from target_oracle.records.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAME_ROWS = 25_000
FRAME_BYTES = 8 * 2**20
BUFFER_BYTES = 2**18
"""Bytes that are read at once of a column, instead of its whole part of a row group."""


def look_at(file: Any) -> None:
    """ValueError (pa.ArrowInvalid) where the file has no whole footer."""
    pq.read_metadata(file)


def frames(
    file: Any,
    rows: int,
    documents: frozenset[str],
    time_extracted: str | None,
    version: int | None,
) -> Iterator[Frame]:
    """Yield the rows of a file in order.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged.
    """
    parquet = pq.ParquetFile(
        file, buffer_size=BUFFER_BYTES, pre_buffer=False, page_checksum_verification=True
    )
    step = min(rows, _step(parquet.metadata))
    # Threads would cost twice the processor time: the driver is the slower end.
    for data in parquet.iter_batches(step, use_threads=False):
        if data.num_rows:
            yield Frame(plain(data), documents, time_extracted, version)


def _step(metadata: Any) -> int:
    """Choose how many rows are read at once, by the size that the file says they have unpacked."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    widest = max((each.total_byte_size // max(1, each.num_rows) for each in groups), default=0)
    return int(max(1, min(FRAME_ROWS, FRAME_BYTES // max(1, widest))))
