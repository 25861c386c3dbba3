"""What a comparison costs: requests, time, own code, memory, and what healing adds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin import OracleStandin

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3000)]

ROOT = Path(__file__).parents[3]
FACTOR = 0.04
"""A tenant 25 times as fast as the real one."""


KEYS = """
import atexit, runpy, sys
from tests.benchmarks.memory import peak_mb
atexit.register(lambda: print(peak_mb(), file=sys.stderr))
sys.argv = ["target-oracle", "--config", "ENV", "--keys", "item"]
runpy.run_module("target_oracle", run_name="__main__")
"""
"""`target-oracle --keys`, which tells its own peak."""


def measured(task: str, rows: int, *, lost: int = 0, factor: float = 0.0) -> dict[str, Any]:
    program = "tests.benchmarks.reconcile.programs"
    command = [sys.executable, "-m", program, task, str(rows), str(lost), str(factor)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return found


def test_requests_of_a_sweep(report: Callable[..., None]) -> None:
    lines = []
    for rows in (1_000, 100_000, 1_000_000):
        found = measured("report", rows)
        assert found["status"] == "equal"
        lines.append([rows, found["requests"], rows / 1250, (found["requests"] - 3) / rows * 1250])
    report("Requests of a sweep", ["rows", "requests", "rows / 1250", "of that, less 3"], lines)

    assert all(sent <= 1.05 * least + 3 for _, sent, least, _ in lines[1:])
    assert lines[0][1] <= 4


def test_time_of_a_sweep_against_a_full_load(report: Callable[..., None]) -> None:
    rows = 100_000
    load = measured("load", rows, factor=FACTOR)["seconds"]
    sweep = measured("report", rows, factor=FACTOR)
    assert sweep["status"] == "equal"
    share = sweep["seconds"] / load
    report("Seconds at K = 8", ["full load", "sweep", "share"], [[load, sweep["seconds"], share]])

    assert share <= 0.2


def test_keys_a_second_of_own_code(report: Callable[..., None]) -> None:
    rows = 1_000_000
    speeds = []
    for _ in range(3):
        found = measured("report", rows)
        assert found["status"] == "equal"
        speeds.append([rows / found["cpu"], rows / found["seconds"]])
    report("Keys compared a second, three times", ["of CPU", "of time"], speeds)

    assert max(of_cpu for of_cpu, _ in speeds) >= 500_000


def test_memory_of_the_tap(report: Callable[..., None]) -> None:
    counts = (10_000, 100_000, 2_000_000, 5_000_000)
    peaks = [measured("report", rows)["peak_mb"] for rows in counts[2:]]
    peaks = [*(measured("report", n, factor=1e-9)["peak_mb"] for n in counts[:2]), *peaks]
    report("Peak memory of the tap", ["rows", "MB"], list(zip(counts, peaks, strict=True)))

    assert max(peaks) < 200
    assert peaks[-1] < 1.2 * peaks[1]


def test_memory_of_the_target(report: Callable[..., None], oracle_server: OracleStandin) -> None:
    lines = []
    for rows in (10_000, 100_000, 5_000_000):
        user = f"KEYS_{rows}"
        oracle_server.create_user(user, "secret")
        _fill(oracle_server, user, rows)
        variables = {
            "TARGET_ORACLE_HOST": oracle_server.host,
            "TARGET_ORACLE_PORT": str(oracle_server.port),
            "TARGET_ORACLE_SERVICE_NAME": oracle_server.service,
            "TARGET_ORACLE_USER": user,
            "TARGET_ORACLE_PASSWORD": "secret",
            "TARGET_ORACLE_STREAMS": '{"item": {"replication_key": "mod_ts"}}',
        }
        done = subprocess.run(
            [sys.executable, "-c", KEYS],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **variables},
            check=True,
        )
        lines.append([rows, float(done.stderr.splitlines()[-1])])
        oracle_server.drop_user(user)
    report("Peak memory of target-oracle --keys", ["rows", "MB"], lines)

    assert max(peak for _, peak in lines) < 200
    assert lines[-1][1] < 1.2 * lines[1][1]


def _fill(server: OracleStandin, user: str, rows: int) -> None:
    import oracledb  # noqa: PLC0415 - here alone

    with (
        oracledb.connect(user=user, password="secret", dsn=server.dsn) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            'create table "ITEM" ("ID" number(19) not null, "MOD_TS" timestamp(6), '
            'constraint "ITEM_PK" primary key ("ID"))'
        )
        cursor.execute('insert into "ITEM" ("ID", "MOD_TS") values (1, systimestamp)')
        filled = 1
        while filled < rows:
            cursor.execute(
                'insert into "ITEM" ("ID", "MOD_TS") select "ID" + :1, "MOD_TS" from "ITEM" '
                'where "ID" <= :2',
                [filled, rows - filled],
            )
            filled += cursor.rowcount
        connection.commit()


def test_what_healing_adds(report: Callable[..., None]) -> None:
    rows, lost = 1_000_000, 1_000
    judged = measured("report", rows, lost=lost, factor=FACTOR / 4)
    healed = measured("heal", rows, lost=lost, factor=FACTOR / 4)
    assert judged["missing"]["rows"] == healed["healed"]["upserted"] == lost
    share = healed["seconds"] / judged["seconds"]
    cells = [judged["seconds"], healed["seconds"], share]
    report(f"Seconds to heal {lost:,} of {rows:,} rows", ["report", "heal", "ratio"], [cells])

    assert share <= 1.3
