"""What a start costs: CPU of `--version` against importing the libraries alone."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROUNDS = 9

LIBRARIES = {
    "tap_oracle_wms": "singer_sdk, singer_sdk.streams, httpx, msgspec, pydantic.main",
    "target_oracle": "singer_sdk, singer_sdk.sql, sqlalchemy.dialects.oracle, oracledb, msgspec, "
    "pydantic.main, jsonschema_rs",
}
"""What each plugin uses; `pydantic` alone imports hardly anything until its models are used."""


def _cpu(*arguments: str) -> float:
    """Seconds of CPU that Python takes, from bytecode."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("plugin", LIBRARIES)
def test_a_start_costs_little_more_than_its_libraries(
    plugin: str, report: Callable[..., Any]
) -> None:
    ways = {
        "its libraries": ("-c", f"import {LIBRARIES[plugin]}"),
        "--version": ("-m", plugin, "--version"),
    }
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, arguments in ways.items():
            found[way].append(_cpu(*arguments))
    best = {way: min(seconds) for way, seconds in found.items()}
    ratio = best["--version"] / best["its libraries"]
    report(f"{plugin}, seconds of CPU, the least of {ROUNDS}", ["way", "s"], list(best.items()))

    assert ratio <= 1.2
