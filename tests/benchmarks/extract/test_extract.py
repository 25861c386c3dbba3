"""The bulk path: extracted Parquet files to records, to BATCH files, and on to the target.

On a machine that is busy with other things the processor's time tells more than the clock's: both
are shown, and ratios and rates are by the processor. It counts all threads, so that on two free
cores the clock shows no less.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.extract.canned import write_files
from tests.benchmarks.target.conftest import at_least, at_most, program, scaled, tell

if TYPE_CHECKING:
    from tests.benchmarks.target.conftest import Database

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[3]
MEGABYTES = 500
WAYS = {
    "pages": "pages, RECORD, target",
    "records": "Parquet, RECORD, target",
    "batches": "Parquet, BATCH, target",
}


def tap(kind: str, rows: int, folder: Path, out: int) -> subprocess.Popen[bytes]:
    shutil.rmtree(f"{folder}-batches", ignore_errors=True)
    command = [sys.executable, "-m", "tests.benchmarks.extract.programs", kind, str(rows)]
    return subprocess.Popen([*command, str(folder)], cwd=ROOT, stdout=out, stderr=subprocess.PIPE)


def measured(process: subprocess.Popen[bytes]) -> dict[str, float]:
    _, errors = process.communicate(timeout=900)
    assert process.returncode == 0, errors.decode()[-2000:]
    found: dict[str, float] = json.loads(errors.splitlines()[-1])
    return found


@pytest.mark.parametrize("kind", ["batches", "records"])
def test_the_tap_alone(tmp_path: Path, kind: str) -> None:
    rows, folder = scaled(1_000_000), tmp_path / "lake"
    write_files(folder, rows)
    best: dict[str, float] = {}
    for _ in range(3):
        found = measured(tap(kind, rows, folder, subprocess.DEVNULL))
        best = {name: min(value, best.get(name, value)) for name, value in found.items()}
    tell(f"tap alone, Parquet to {kind:<8} {rows / best['processor']:>10,.0f} rows/s of processor, "
         f"{rows / best['seconds']:,.0f} by the clock, {best['peak_mb']:.0f} MB")  # fmt: skip
    if kind == "batches":
        at_least("thousand rows a second", rows / best["processor"] / 1000, 300)


def test_memory_does_not_grow(tmp_path: Path) -> None:
    peaks = []
    for rows in (scaled(250_000), scaled(1_000_000), scaled(4_000_000)):
        folder = tmp_path / str(rows)
        write_files(folder, rows, per_file=rows)  # one file: the hardest case
        for kind in ("records", "batches"):
            peaks.append(measured(tap(kind, rows, folder, subprocess.DEVNULL))["peak_mb"])
            tell(f"peak memory, {rows:>9,} rows to {kind:<8} {peaks[-1]:>6.0f} MB")
        shutil.rmtree(folder)
    at_most("at most", max(peaks), MEGABYTES, " MB")


def _through(kind: str, rows: int, folder: Path, database: Database) -> tuple[float, float]:
    """Seconds of the processor and of the clock that tap and target take together."""
    before, begun = os.times(), time.perf_counter()
    with program(database.schema, folder.parent / "log", load_path="direct") as target:
        assert target.stdin
        reader = tap(kind, rows, folder, target.stdin.fileno())
        target.stdin.close()
        measured(reader)
        assert target.wait(timeout=900) == 0, (folder.parent / "log").read_text()[-2000:]
    after = os.times()
    used = after.children_user + after.children_system
    return used - before.children_user - before.children_system, time.perf_counter() - begun


def test_from_files_to_the_database(counting: Database, tmp_path: Path) -> None:
    rows, folder = scaled(1_000_000), tmp_path / "lake"
    write_files(folder, rows)
    rates = {}
    for kind, name in WAYS.items():
        processor, clock = _through(kind, rows, folder, counting)
        rates[kind] = rows / processor
        tell(f"{name:<26} {rates[kind]:>10,.0f} rows/s of processor, {rows / clock:,.0f} by the "
             f"clock")  # fmt: skip
    assert counting.counted() == rows * len(WAYS)
    at_least("records from files over pages", rates["records"] / rates["pages"], 3)
    at_least("batches over records", rates["batches"] / rates["records"], 3)
