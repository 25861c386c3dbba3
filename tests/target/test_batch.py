"""BATCH messages: whatever comes in files is loaded like RECORD messages."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from target_oracle.arrow import shape

from .batches import PROPERTIES, as_record, batch, encode, rows, write
from .conftest import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_oracle.frames import Columns

    from .batches import Row
    from .conftest import Target

AT = "2024-05-06T07:08:09.123456Z"
METHODS = ("append-only", "upsert", "overwrite", "history")
numbers = itertools.count(1)
slow = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking would take minutes
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@contextmanager
def by_columns() -> Iterator[list[bool]]:
    """Whether each frame that was met went by columns."""
    found: list[bool] = []

    def watched(*arguments: Any) -> Columns | None:
        columns = original(*arguments)
        found.append(columns is not None)
        return columns

    original = shape.columns
    with mock.patch.object(shape, "columns", watched):
        yield found


def load_three_ways(
    target: Target, directory: Path, found: list[Row], files: int = 1, **given_settings: Any
) -> list[str]:
    """Load rows as records, as JSONL and as Parquet, in one run; the names of the tables."""
    number = next(numbers)
    streams = [f"{way}_{number}" for way in ("record", "jsonl", "parquet")]
    messages: list[Any] = []
    cuts = [found[n::files] for n in range(files)]
    for stream in streams:
        head = schema(stream, PROPERTIES, ["id"])
        messages.append({**head, "bookmark_properties": ["seq"]})
        if stream.startswith("record"):
            for row in itertools.chain(*cuts):
                line = {"type": "RECORD", "stream": stream, "record": as_record(row)}
                messages.append(encode({**line, "time_extracted": AT, "version": 7}).decode())
        else:
            suffix = "gz" if stream.startswith("jsonl") else "parquet"
            paths = [directory / f"{stream}_{n}.{suffix}" for n in range(files)]
            for path, cut in zip(paths, cuts, strict=True):
                write(path, cut)
            messages.append(batch(stream, *paths, time_extracted=AT, version=7))
    target.load(*messages, add_record_metadata=True, **given_settings)
    return [stream.upper() for stream in streams]


def contents(target: Target, table: str) -> Any:
    """Types and rows of a table, and of the metadata what does not depend on the time."""
    columns = ", ".join(f'"{name.upper()}"' for name in PROPERTIES)
    known = '"_SDC_EXTRACTED_AT", "_SDC_TABLE_VERSION", "_SDC_DELETED_AT"'
    stamped = ", ".join(
        f'nvl2("_SDC_{name}", 1, 0)'
        for name in ("RECEIVED_AT", "BATCHED_AT", "SEQUENCE", "SYNC_STARTED_AT")
    )
    return target.types(table), target.rows(table, f"{columns}, {known}, {stamped}", '"ID", "SEQ"')


@settings(slow, max_examples=12)
@given(
    found=rows(),
    method=st.sampled_from(METHODS),
    path=st.sampled_from(["direct", "array"]),
    files=st.integers(1, 3),
)
def test_files_are_loaded_like_records(
    target: Target, tmp_path: Path, found: list[Row], method: str, path: str, files: int
) -> None:
    with mock.patch("target_oracle.load.STRAIGHT_ROWS", 0), by_columns() as went:
        names = load_three_ways(target, tmp_path, found, files, load_method=method, load_path=path)
    records, jsonl, by_parquet = (contents(target, name) for name in names)
    assert jsonl == records
    assert by_parquet == records
    assert len(records[1]) == (len(found) if method == "append-only" else len(records[1]))
    assert went[-1]  # one before it may have found that a column must grow
