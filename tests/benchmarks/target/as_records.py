"""A Parquet file as RECORD lines on the standard output: what a tap without BATCH does with it."""

from __future__ import annotations

import sys

import msgspec
import pyarrow as pa
from pyarrow import parquet

_encode = msgspec.json.Encoder(decimal_format="number").encode


def main(path: str, stream: str) -> None:
    for data in parquet.ParquetFile(path).iter_batches(10_000, use_threads=False):
        columns = [
            column.cast(pa.string()) if pa.types.is_timestamp(column.type) else column
            for column in data.columns
        ]
        values = zip(*(column.to_pylist() for column in columns), strict=True)
        names = data.schema.names
        lines = [
            _encode(
                {"type": "RECORD", "stream": stream, "record": dict(zip(names, row, strict=True))}
            )
            for row in values
        ]
        sys.stdout.buffer.write(b"\n".join([*lines, b""]))


main(*sys.argv[1:])
