"""Rows of BATCH files become the same rows as those of RECORD messages."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.target.conftest import Target, schema
from tests.target.records.batch_files.batches import (
    PROPERTIES,
    as_record,
    batch,
    encode,
    rows,
    write,
)
from tests.target.records.batch_files.conftest import (
    METHODS,
    by_columns,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target.records.batch_files.batches import Row


AT = "2024-05-06T07:08:09.123456Z"


numbers = itertools.count(1)


slow = settings(
    derandomize=True,
    phases=[Phase.generate],  # shrinking would take minutes
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


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


anything = given(
    found=rows(),
    method=st.sampled_from(METHODS),
    path=st.sampled_from(["direct", "array"]),
    files=st.integers(1, 3),
)


@settings(slow, max_examples=5)
@anything
def test_files_are_loaded_like_records(
    target: Target, tmp_path: Path, found: list[Row], method: str, path: str, files: int
) -> None:
    _check_files_against_records(target, tmp_path, found, method, path, files)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(slow, max_examples=200)
@anything
def test_files_are_loaded_like_records_at_length(
    target: Target, tmp_path: Path, found: list[Row], method: str, path: str, files: int
) -> None:
    _check_files_against_records(target, tmp_path, found, method, path, files)


def _check_files_against_records(
    target: Target, tmp_path: Path, found: list[Row], method: str, path: str, files: int
) -> None:
    target.limit(straight_rows=0)
    with by_columns() as went:
        names = load_three_ways(target, tmp_path, found, files, load_method=method, load_path=path)
    records, jsonl, by_parquet = (contents(target, name) for name in names)
    assert jsonl == records
    assert by_parquet == records
    keys = {row["id"] for row in found}
    expected = len(keys) if method in {"upsert", "overwrite"} else len(found)
    assert len(records[1]) == expected
    assert went[-1]  # one before it may have found that a column must grow


@settings(slow, max_examples=5)
@given(found=rows(wrong=True), method=st.sampled_from(METHODS), files=st.integers(1, 2))
def test_bad_rows_of_files_are_rejected_like_records(
    target: Target, tmp_path: Path, found: list[Row], method: str, files: int
) -> None:
    names = load_three_ways(target, tmp_path, found, files, load_method=method, on_invalid="reject")
    records, jsonl, by_parquet = (contents(target, name) for name in names)
    assert jsonl == records
    assert by_parquet == records
    of_records, of_jsonl, of_parquet = (_rejects(target, name) for name in names)
    assert of_jsonl == of_records
    assert of_parquet == of_records


def _rejects(target: Target, table: str) -> list[tuple[Any, ...]]:
    found = target.schema.query(
        'select "REASON_CODE", "PROPERTY", "MESSAGE", "PAYLOAD" from "REJECTS" where "STREAM" = :1',
        table.lower(),
    )
    # Others may be spelled in other ways: an instant in its zone or in UTC.
    told = ("id", "seq", "code", "chosen", "bounded", "formed", "fixed", "spelled", "many")
    return sorted(
        (code, where, what, [(name, record[name]) for name in told])
        for code, where, what, payload in found
        if (record := json.loads(payload))
    )
