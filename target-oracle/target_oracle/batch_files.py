"""BATCH messages: the records of files, as RECORD lines."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.helpers._batch import BatchFileFormat, StorageTarget
from singer_sdk.singerlib.exceptions import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from singer_sdk.helpers._batch import BaseBatchFileEncoding

PARQUET_ROWS = 5_000

_encode = msgspec.json.Encoder(decimal_format="number").encode


def lines(
    encoding: BaseBatchFileEncoding,
    manifest: Iterable[str],
    storage: Mapping[str, Any] | None = None,
) -> Iterator[bytes]:
    """A RECORD line per record of all files, read piece by piece; `storage` is where they are."""
    for path in manifest:
        head, tail = StorageTarget.split_url(path)
        place = StorageTarget(**storage) if storage else StorageTarget.from_url(head)
        with place.open(tail, mode="rb") as file:
            yield from _records(encoding, file)


def _records(encoding: BaseBatchFileEncoding, file: Any) -> Iterator[bytes]:
    if encoding.format == BatchFileFormat.JSONL:
        source = gzip.GzipFile(fileobj=file) if encoding.compression == "gzip" else file
        yield from (b'{"record":%b}' % line for line in source if line.strip())
    elif encoding.format == BatchFileFormat.PARQUET:
        yield from _parquet(file)
    else:
        raise InvalidInputLine(f"BATCH encoding '{encoding.format}' is unknown.")


def _parquet(file: Any) -> Iterator[bytes]:
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415 # an extra
    except ImportError as error:
        raise InvalidInputLine(
            "BATCH files in Parquet need the extra: target-oracle[parquet]."
        ) from error
    for piece in pq.ParquetFile(file).iter_batches(PARQUET_ROWS):
        yield from (_encode({"record": record}) for record in piece.to_pylist())
