"""Parquet files by BATCH beside the same files by RECORD messages."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import time
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from target_oracle.target import TargetOracle

from .conftest import Race, Shape, at_least, at_most, program, scaled, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OracleSchema

    from .conftest import Database

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
SHAPE = Shape(25)
MEGABYTES = 500
GROUP = 50_000
TYPES = {
    "key": pa.int64(),
    "text": pa.string(),
    "whole": pa.int64(),
    "real": pa.float64(),
    "moment": pa.timestamp("us", "UTC"),
}


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.disable(logging.INFO)


def _parquet(path: Path, rows: int) -> Path:
    fields = pa.schema([(name, TYPES[kind]) for name, kind in SHAPE.kinds.items()])
    with parquet.ParquetWriter(path, fields) as writer:
        for start in range(0, rows, GROUP):
            records = [SHAPE.record(n) for n in range(start, min(start + GROUP, rows))]
            writer.write_table(pa.table([_column(records, f) for f in fields], schema=fields))
    return path


def _column(records: list[dict[str, Any]], field: pa.Field) -> pa.Array:
    values = [record[field.name] for record in records]
    if pa.types.is_timestamp(field.type):
        values = [value and datetime.fromisoformat(value) for value in values]
    return pa.array(values, field.type)


def _schema() -> bytes:
    return SHAPE.lines(1)[0]


def _batch(path: Path) -> bytes:
    message = {
        "type": "BATCH",
        "stream": "s",
        "encoding": {"format": "parquet"},
        "manifest": [path.as_uri()],
    }
    return json.dumps(message).encode() + b"\n"


def _by_record(schema: OracleSchema, path: Path, **settings: Any) -> None:
    """A program makes RECORD messages of the file, the target takes them from a pipe."""
    command = [sys.executable, str(Path(__file__).with_name("as_records.py")), str(path), "s"]
    reading, writing = os.pipe()
    os.write(writing, _schema())
    with os.fdopen(reading, "rb") as pipe, subprocess.Popen(command, stdout=writing) as tap:
        os.close(writing)
        _run(schema, pipe, **settings)
    assert tap.returncode == 0


def _run(schema: OracleSchema, source: Any, **settings: Any) -> None:
    target = TargetOracle(config={**schema.config, **settings})
    with redirect_stdout(io.StringIO()):
        target.run(source)


def _processor_time() -> float:
    """Of this process and of the programs that it has run; not of the database, which goes on."""
    found = os.times()
    return found.user + found.system + found.children_user + found.children_system


def test_batch_files_are_loaded_faster_than_records(counting: Database, tmp_path: Path) -> None:
    """A million rows of 25 columns from Parquet, validation on, while the database counts them."""
    rows = scaled(1_000_000)
    path = _parquet(tmp_path / "s.parquet", rows)
    message = _schema() + _batch(path)
    settings = {"load_path": "direct"}
    ways: dict[str, Callable[[], object]] = {
        "Parquet, RECORD, target": lambda: _by_record(counting.schema, path, **settings),
        "Parquet, BATCH, target": lambda: _run(counting.schema, io.BytesIO(message), **settings),
    }
    walls: dict[str, list[float]] = {name: [] for name in ways}
    started = [0.0]

    def before(_: str) -> None:
        started[0] = time.perf_counter()

    race = Race(
        "Parquet to database",
        ways,
        rounds=2,
        clock=_processor_time,
        before=before,
        after=lambda name: walls[name].append(time.perf_counter() - started[0]),
    ).run()
    assert counting.counted() == rows * 4
    units = dict.fromkeys(ways, rows)
    race.report(units)
    by_record, by_batch = ways
    for name, times in walls.items():
        tell(f"    {name}: {rows / min(times):,.0f} rows/s by the clock on the wall")
    at_least("times as fast by BATCH", race.ratio(by_batch, units, by_record), 3)


def test_batch_files_need_little_memory(counting: Database, tmp_path: Path) -> None:
    peaks = {}
    for rows in (scaled(200_000), scaled(2_000_000)):
        path = _parquet(tmp_path / "s.parquet", rows)
        with program(counting.schema, tmp_path / "log", load_path="direct") as process:
            assert process.stdin
            process.stdin.write(_schema() + _batch(path))
            process.stdin.close()
            _, _, used = os.wait4(process.pid, 0)
            peaks[rows] = used.ru_maxrss // 1024
            process.returncode = 0
        tell(f"peak memory, {rows:>9,} rows by BATCH {peaks[rows]:>6} MB")
    assert counting.counted() == sum(peaks)
    at_most("at most", max(peaks.values()), MEGABYTES, " MB")
