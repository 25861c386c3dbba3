"""How much memory a run takes at most, from ten thousand records to two million."""

from __future__ import annotations

import time
from itertools import cycle, islice
from typing import TYPE_CHECKING

import pytest

from .conftest import Shape, at_most, peak, program, scaled, tell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OracleSchema

    from .conftest import Database

MEGABYTES = 400


def _fed(schema: OracleSchema, log: Path, rows: int, **settings: object) -> int:
    """The peak of a run over so many records, some of them again and again."""
    head, *body = Shape(40).lines(20_000)
    with program(schema, log, **settings) as process:
        assert process.stdin
        process.stdin.write(head)
        for line in islice(cycle(body), rows):
            process.stdin.write(line)
        process.stdin.flush()
        time.sleep(1)
        before_end = peak(process.pid)
        process.stdin.write(b'{"type": "STATE", "value": 1}\n')
        process.stdin.close()
        most = before_end
        while process.poll() is None:
            try:
                most = max(most, peak(process.pid))
            except (FileNotFoundError, ValueError):
                break
            time.sleep(0.05)
    assert process.returncode == 0, log.read_text()
    return most


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
def test_memory_does_not_grow_with_the_input(counting: Database, tmp_path: Path) -> None:
    peaks = {}
    for rows in (10_000, scaled(200_000), scaled(2_000_000)):
        peaks[rows] = _fed(counting.schema, tmp_path / "log", rows, load_path="direct")
        tell(f"peak memory, {rows:>9,} records {peaks[rows]:>6} MB")
    _, middle, most = peaks.values()
    at_most("at most", most, MEGABYTES, " MB")
    at_most("two million records over two hundred thousand", most / middle, 1.15)
