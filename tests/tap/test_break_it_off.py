"""A run that is broken off exits honestly, with a STATE that resumes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wms_standin import Fault

from tests.programs.forks import forked
from tests.tap.conftest import (
    Program,
    config_for,
    parsed,
    run,
    sentences,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin import WmsStandin

    Start = Callable[..., Program]


def test_a_failure_midway_leaves_the_bookmarks_of_what_is_done(
    wms: WmsStandin, program: Start
) -> None:
    wms.fail(Fault(entity="order_dtl", status=500, params={"page_size": "*"}))

    done = program(config=config_for(wms, entities="company,order_dtl,uom", max_retries=1))

    assert done.returncode == 1
    (said,) = sentences(done)
    assert said.startswith("WMS did not answer GET /entity/order_dtl/")
    state = [m["value"] for m in parsed(done.stdout) if m["type"] == "STATE"][-1]["bookmarks"]
    assert "replication_key_value" in state["company"]
    assert "replication_key_value" not in state.get("order_dtl", {})
    assert "uom" not in state


def test_sigterm_ends_honestly_with_a_state_that_resumes(wms: WmsStandin, tmp_path: Path) -> None:
    config = config_for(wms, entities="order_dtl", page_size=10, max_concurrency=2)
    wms.fail(Fault(kind="hang", seconds=30, entity="order_dtl", nth=25))
    settings, out = tmp_path / "config.json", tmp_path / "out.jsonl"
    settings.write_text(json.dumps(config))
    command = [*forked("tap_oracle_wms"), "--config", str(settings)]
    with out.open("w") as stdout, subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        while sum(r.entity == "order_dtl" for r in wms.requests) < 20:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        err = process.communicate(timeout=10)[1]
    wms.heal()

    assert process.returncode == 128 + signal.SIGTERM
    assert "The run was stopped by SIGTERM" in err
    assert "Traceback" not in err
    first = parsed(out.read_text())
    resumed = run(config, state=first[-1]["value"])
    emitted = [m["record"]["id"] for m in first if m["type"] == "RECORD"]
    again = [r["id"] for r in resumed.records("order_dtl")]
    assert 0 < len(emitted) < len(wms.world.ids("order_dtl"))
    assert sorted(emitted + again) == wms.world.ids("order_dtl")
    assert resumed.error is None


def test_a_target_that_ends_is_no_success(wms: WmsStandin, tmp_path: Path) -> None:
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(config_for(wms)))
    command = f"{sys.executable} -m tap_oracle_wms --config {settings}"

    done = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1 > /dev/null; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "The target stopped reading." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--test"], ["--discover"]])
def test_a_full_disk_gets_one_sentence(
    wms: WmsStandin, tmp_path: Path, arguments: list[str]
) -> None:
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(config_for(wms, entities="uom")))
    command = [*forked("tap_oracle_wms"), "--config", str(settings), *arguments]

    buffered = {name: v for name, v in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=buffered
        )

    assert done.returncode == 1
    assert "ERROR" in done.stderr
    assert "The output cannot be written: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
