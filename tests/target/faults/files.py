"""Records that follow one another in a file of their own, as a tap that writes BATCH sends them."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def in_files(lines: Sequence[str], folder: Path) -> Iterator[str]:
    """The lines, with BATCH messages for the RECORDs that a Parquet file can hold."""
    for (kind, stream), some in groupby(lines, key=_of):
        same = list(some)
        if kind == "RECORD" and (table := _table(same)) is not None:
            yield _batch(stream, table, folder)
        else:
            yield from same


def _of(line: str) -> tuple[str, str]:
    message = json.loads(line)
    return message["type"], message.get("stream", "")


def _table(lines: list[str]) -> pa.Table | None:
    records = [json.loads(line)["record"] for line in lines]
    names = list(dict.fromkeys(name for record in records for name in record))
    try:
        return pa.table({name: [record.get(name) for record in records] for name in names})
    except pa.ArrowException:  # values of several types in one column
        return None


def _batch(stream: str, table: pa.Table, folder: Path) -> str:
    path = folder / f"{len(list(folder.iterdir()))}.parquet"
    parquet.write_table(table, path, row_group_size=20)
    encoding: dict[str, Any] = {"format": "parquet"}
    message = {"type": "BATCH", "stream": stream, "encoding": encoding}
    return json.dumps({**message, "manifest": [path.as_uri()]})
