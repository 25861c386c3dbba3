"""Read extracted files as batches of columns; the format is recognised by the content.

Parquet keeps its types. JSON and CSV give text: numbers with every digit, links as JSON.
"""

from __future__ import annotations

import gzip
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tap_oracle_wms.errors import ExtractError
from tap_oracle_wms.extract import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CELLS = 819_200
"""Values of a batch, at most: rows may be wide."""

BYTES = 16 << 20
"""Bytes of a batch at most, by the sizes in the file's metadata."""

BUFFER = 1 << 20
"""Bytes of a column that are read at once: a row group may be as large as its file."""

JSON_BLOCK = 1 << 22
"""Bytes of JSON lines that are decoded at once."""

LARGEST_ARRAY = 64 << 20
"""Bytes of a JSON file that is one array: it can only be decoded as a whole."""

_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=str)
_arrays = msgspec.json.Decoder(list[dict[str, Any]], float_hook=str)


def batches(path: Path, name: str, asked: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    """A file's rows, its columns named in lower case; `asked` names those of CSV without a header.

    A batch has `rows` rows at most, but for JSON, which is decoded by its size.

    Raises:
        ExtractError: The file is cut off, or WMS did not write it.
    """
    with path.open("rb") as file:
        start = file.read(4)
    try:
        if start == b"PAR1":
            yield from _parquet(path, rows)
        elif start:
            yield from _texts(path, start, asked, rows)
        else:
            _refuse(name, "it is empty")
    except (pa.ArrowException, OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        _refuse(name, f"it is cut off or damaged ({str(error).splitlines()[0].rstrip('.')})")
    except (msgspec.DecodeError, csv_text.CsvError) as error:
        _refuse(name, f"it is cut off or damaged ({error})")


def _refuse(name: str, reason: str) -> None:
    msg = f"File {name} cannot be read: {reason}."
    raise ExtractError(msg) from None


def _parquet(path: Path, rows: int) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER) as file:
        names = [column.lower() for column in file.schema_arrow.names]
        for batch in file.iter_batches(_step(file.metadata, rows)):
            yield batch.rename_columns(names)


def _step(metadata: pq.FileMetaData, rows: int) -> int:
    """Rows that are read at once."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    widest = max((each.total_byte_size // max(1, each.num_rows) for each in groups), default=0)
    return int(max(1, min(rows, CELLS // metadata.num_columns, BYTES // max(1, widest))))


@contextmanager
def _opened(path: Path, start: bytes) -> Iterator[BinaryIO]:
    with gzip.open(path) if start[:2] == b"\x1f\x8b" else path.open("rb") as file:
        yield cast("BinaryIO", file)


def _texts(path: Path, start: bytes, asked: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    with _opened(path, start) as file:
        first = file.read(1)
    with _opened(path, start) as file:
        if first == b"{":
            yield from _json_lines(file)
        elif first == b"[":
            yield from _json_array(file)
        else:
            yield from _csv(file, asked, rows)


def _json_lines(file: BinaryIO) -> Iterator[pa.RecordBatch]:
    rest = b""
    while block := file.read(JSON_BLOCK):
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if newline:
            yield _of_objects(_decoder.decode_lines(whole))
    if rest.strip():
        yield _of_objects([_decoder.decode(rest)])


def _json_array(file: BinaryIO) -> Iterator[pa.RecordBatch]:
    content = file.read(LARGEST_ARRAY + 1)
    if len(content) > LARGEST_ARRAY:
        msg = f"it is one JSON array of over {LARGEST_ARRAY >> 20} MB, which needs another format"
        raise msgspec.DecodeError(msg)
    yield _of_objects(_arrays.decode(content))


def _of_objects(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    names = list(rows[0]) if rows else []
    if any(row.keys() != rows[0].keys() for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names]
    return pa.RecordBatch.from_arrays(columns, [name.lower() for name in names])


def _text(value: Any) -> str | None:
    if value is None or type(value) is str:
        return value
    return msgspec.json.encode(value).decode()


def _csv(file: BinaryIO, asked: Sequence[str], most: int) -> Iterator[pa.RecordBatch]:
    names: list[str] = []
    for block in csv_text.rows(file):
        rows = block
        if not names:
            head = [(cell or "").lower() for cell in rows[0]]
            is_header = "id" in head and set(asked) <= set(head)
            names, rows = (head, rows[1:]) if is_header else (list(asked), rows)
            if len(names) != len(block[0]):
                msg = (
                    f"its rows have {len(block[0])} cells where {len(names)} fields were asked for"
                )
                raise csv_text.CsvError(msg)
        for start in range(0, len(rows), most):
            cells = zip(*rows[start : start + most], strict=True)
            yield pa.RecordBatch.from_arrays([pa.array(c, pa.string()) for c in cells], names)
