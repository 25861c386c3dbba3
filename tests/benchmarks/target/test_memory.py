"""How much memory a run takes at most, from ten thousand records to two million."""

from __future__ import annotations

import subprocess
import sys
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


BOUND = """
import sys, oracledb
from tests.benchmarks.memory import peak_mb
connection = oracledb.connect(user="app", password="secret", dsn=sys.argv[1])
rows = [tuple(f"text {n} of column {i}" for i in range(40)) for n in range(1_000)]
statement = f"insert into b values ({', '.join(f':{i + 1}' for i in range(40))})"
with connection.cursor() as cursor:
    before = peak_mb()
    cursor.setinputsizes(*[int(sys.argv[2])] * 40)
    cursor.executemany(statement, rows)
print(peak_mb() - before)
"""


def _grown(dsn: str, length: int) -> float:
    """Bind 1,000 rows of 40 texts in a process of its own; the megabytes that it takes for that."""
    command = [sys.executable, "-c", BOUND, dsn, str(length)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@pytest.mark.benchmark
def test_binds_take_the_memory_of_their_values_and_not_of_their_columns(
    counting: Database,
) -> None:
    columns = ", ".join(f"c{n} varchar2(4000)" for n in range(40))
    with counting.schema.connect() as connection:
        connection.cursor().execute(f"create table b ({columns})")
    found = {length: _grown(counting.schema.dsn, length) for length in (4_000, 32)}
    for length, megabytes in found.items():
        tell(f"1,000 rows of 40 texts, declared with {length:>5} {megabytes:.1f} MB")
    at_most("as VARCHAR2(4000)", found[4_000], 8, " MB")
    at_most("as VARCHAR2(4000), more than with their lengths", found[4_000] - found[32], 2, " MB")
