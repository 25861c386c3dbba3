"""Speed and memory of the tap's own code, with a source that answers at once."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[3]
ROUNDS = 3
ROWS = {"ours": 100_000, "sdk": 10_000, "bare": 200_000}
MANY = 300_000
"""Rows beside which it matters little that the source renders a thousand flat ones first."""


def _measured(program: str, rows: int) -> dict[str, float]:
    """Seconds and peak memory of a program that writes into a pipe."""
    command = [sys.executable, "-m", "tests.benchmarks.tap.programs", program, str(rows)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while process.stdout.read(1 << 20):
            pass
        found: dict[str, float] = json.loads(process.stderr.read().splitlines()[-1])
    assert process.returncode == 0
    return found


def test_records_a_second_to_a_pipe(report: Callable[..., None]) -> None:
    speeds: dict[str, list[float]] = {program: [] for program in ROWS}
    for _ in range(ROUNDS):
        for program, rows in ROWS.items():
            speeds[program].append(rows / _measured(program, rows)["seconds"])
    best = {program: max(found) for program, found in speeds.items()}
    report(
        f"Records of 40 fields a second, {ROUNDS} rounds in turn",
        ["program", "best", "median", "ours is"],
        [
            [p, round(best[p]), round(statistics.median(speeds[p])), best["ours"] / best[p]]
            for p in ROWS
        ],
    )

    assert best["ours"] >= 4 * best["sdk"]
    assert best["ours"] >= 0.4 * best["bare"]


def test_flat_rows_cost_less_of_our_own_code(report: Callable[..., None]) -> None:
    seconds: dict[str, list[float]] = {"ours": [], "flat": []}
    for _ in range(ROUNDS):
        for program, found in seconds.items():
            found.append(_measured(program, MANY)["cpu"])
    best = {program: min(found) for program, found in seconds.items()}
    report(
        f"{MANY} records of 40 fields, seconds of CPU, {ROUNDS} rounds in turn",
        ["way", "best", "median"],
        [[p, best[p], statistics.median(seconds[p])] for p in seconds],
    )

    assert best["ours"] >= 1.5 * best["flat"]


def test_memory_does_not_grow_with_rows(report: Callable[..., None]) -> None:
    counts = (1_000, 10_000, 100_000, 1_000_000)
    peaks = [_measured("ours", count)["peak_mb"] for count in counts]
    report("Peak memory", ["rows", "MB"], list(zip(counts, peaks, strict=True)))

    assert max(peaks) < 250
    assert peaks[-1] < 1.2 * peaks[-2]
