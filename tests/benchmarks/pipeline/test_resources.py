"""What a run takes of a machine: CPU for each row, memory at its peak."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from wms_standin import WmsStandin

from tests.pipeline.comparison import CORE

if TYPE_CHECKING:
    from pathlib import Path

    from oracle_standin import OracleStandin

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]


@dataclass
class Cost:
    """Of one process: seconds of CPU and megabytes at the peak."""

    cpu: float
    memory: float


def run(size: float, folder: Path, oracle: OracleStandin) -> tuple[int, Cost, Cost]:
    """Load everything once: rows, cost of the tap, cost of the target."""
    user = f"SIZE_{int(size)}"
    oracle.create_user(user, "x")
    with WmsStandin(seed=11, size=size) as wms:
        address = {"base_url": wms.base_url, "username": wms.username, "password": wms.password}
        database = {"host": oracle.host, "port": oracle.port, "service_name": oracle.service}
        (folder / "tap.json").write_text(json.dumps({**address, "entities": list(CORE)}))
        (folder / "target.json").write_text(json.dumps({**database, "user": user, "password": "x"}))
        quiet = subprocess.DEVNULL
        tap = subprocess.Popen(
            [sys.executable, "-m", "tap_oracle_wms", "--config", "tap.json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=quiet,
        )
        target = subprocess.Popen(
            [sys.executable, "-m", "target_oracle", "--config", "target.json"],
            cwd=folder,
            stdin=tap.stdout,
            stdout=quiet,
            stderr=quiet,
        )
        assert tap.stdout
        tap.stdout.close()
        costs = [_waited(tap), _waited(target)]
        rows = sum(wms.world.count(each) for each in CORE)
    oracle.drop_user(user)
    return rows, costs[0], costs[1]


def _waited(process: subprocess.Popen[bytes]) -> Cost:
    """What a program took; of memory never less than this one had when it started it."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def test_a_core_carries_more_rows_than_any_wms_gives(
    tmp_path: Path, oracle_server: OracleStandin
) -> None:
    few, *small = run(1, tmp_path, oracle_server)
    many, *large = run(40, tmp_path, oracle_server)
    for name, before, after in zip(("tap", "target"), small, large, strict=True):
        micros = (after.cpu - before.cpu) / (many - few) * 1e6
        print(f"{name}: {micros:.0f} us a row, {before.memory:.0f} to {after.memory:.0f} MB")
        assert micros < 1e6 / (16 * 50) / 5  # a fifth of a core at 16 connections of 50 rows/s
        assert after.memory < 512
