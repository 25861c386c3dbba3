"""Parquet files by BATCH beside the same files by RECORD messages."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import time
from contextlib import redirect_stdout, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from target_oracle.target import TargetOracle

from .conftest import Race, Shape, at_least, at_most, peak, program, scaled, tell

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


def _tap(path: Path) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("as_records.py")), str(path), "s"]


def _by_record(schema: OracleSchema, path: Path, **settings: Any) -> None:
    """A program makes RECORD messages of the file, the target takes them from a pipe."""
    reading, writing = os.pipe()
    os.write(writing, _schema())
    with os.fdopen(reading, "rb") as pipe, subprocess.Popen(_tap(path), stdout=writing) as tap:
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
    few = max(1_000, rows // 5)
    lines = _schema() + subprocess.check_output(_tap(_parquet(tmp_path / "few.parquet", few)))
    settings = {"load_path": "direct"}
    ways: dict[str, Callable[[], object]] = {
        "Parquet, RECORD, target": lambda: _by_record(counting.schema, path, **settings),
        "Parquet, BATCH, target": lambda: _run(counting.schema, io.BytesIO(message), **settings),
        "RECORD lines, target": lambda: _run(counting.schema, io.BytesIO(lines), **settings),
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
    by_record, by_batch, ready = ways
    units = {by_record: rows, by_batch: rows, ready: few}
    assert counting.counted() == sum(units.values()) * race.rounds
    race.report(units)
    for name, times in walls.items():
        tell(f"    {name}: {units[name] / min(times):,.0f} rows/s by the clock on the wall")
    found = race.ratio(by_batch, units, ready)
    tell(f"    times as fast by BATCH, the target alone: {found:.2f}")
    at_least("times as fast by BATCH", race.ratio(by_batch, units, by_record), 3)


def test_batch_files_need_little_memory(counting: Database, tmp_path: Path) -> None:
    sizes = [scaled(200_000), scaled(2_000_000)]
    peaks = []
    for rows in sizes:
        path = _parquet(tmp_path / "s.parquet", rows)
        with program(counting.schema, tmp_path / "log", load_path="direct") as process:
            assert process.stdin
            process.stdin.write(_schema() + _batch(path))
            process.stdin.close()
            peaks.append(_watched(process))
        assert process.returncode == 0, (tmp_path / "log").read_text()
        tell(f"peak memory, {rows:>9,} rows by BATCH {peaks[-1]:>6} MB")
    assert counting.counted() == sum(sizes)
    at_most("at most", max(peaks), MEGABYTES, " MB")


def _watched(process: subprocess.Popen[bytes]) -> int:
    """The most megabytes that a program was seen to have had until its end."""
    most = 0
    while process.poll() is None:
        with suppress(FileNotFoundError, ValueError):  # it has ended since
            most = max(most, peak(process.pid))
        time.sleep(0.02)
    return most
