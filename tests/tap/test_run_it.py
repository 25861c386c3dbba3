"""A user runs the program, with settings from files or variables, once or polling."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

from tap_oracle_wms.api.cancellation import Cancellation

from tests.tap.conftest import (
    Program,
    config_for,
    parsed,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from wms_standin import WmsStandin

    Start = Callable[..., Program]


def test_about_lists_the_settings(program: Start) -> None:
    done = program("--about", "--format=json")

    about = json.loads(done.stdout)
    assert about["settings"]["required"] == ["base_url"]
    assert about["settings"]["properties"]["password"]["secret"] is True


def test_settings_come_from_the_environment(wms: WmsStandin, program: Start) -> None:
    done = program(
        "--config=ENV",
        TAP_ORACLE_WMS_BASE_URL=wms.base_url,
        TAP_ORACLE_WMS_USER=wms.username,
        TAP_ORACLE_WMS_PASSWORD=wms.password,
        TAP_ORACLE_WMS_ENTITIES="uom,company",
        TAP_ORACLE_WMS_PAGE_SIZE="",
        TAP_ORACLE_WMS_FLATTENING_MAX_DEPTH="",
        TAP_ORACLE_WMS_START_DATE="",
    )

    assert done.returncode == 0, done.stderr
    streams = {m["stream"] for m in parsed(done.stdout) if m["type"] == "SCHEMA"}
    assert streams == {"uom", "company"}


def test_a_run_needs_no_catalog_and_no_state(wms: WmsStandin, program: Start) -> None:
    done = program(config=config_for(wms))

    assert done.returncode == 0
    messages = parsed(done.stdout)
    rows = [m["record"] for m in messages if m.get("stream") == "order_hdr" and "record" in m]
    assert {row["id"] for row in rows} == set(wms.world.ids("order_hdr"))
    assert messages[-1]["type"] == "STATE"


def test_polling_reads_windows_until_stopped(
    wms: WmsStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = []

    def wait(cancellation: Cancellation, seconds: float) -> None:
        rounds.append(wms.world.insert("order_hdr"))
        time.sleep(1.1)  # the Date header counts whole seconds
        if len(rounds) == 3:
            cancellation.request(signal.SIGTERM)

    monkeypatch.setattr(Cancellation, "wait", wait)
    done = run(
        config_for(
            wms, entities="order_hdr,uom_class", poll_interval_seconds=5, force_full_table=False,
            incremental_overlap_minutes=0,
        )
    )  # fmt: skip

    assert done.error is None
    records = [r["id"] for r in done.records("order_hdr")]
    assert sorted(records) == wms.world.ids("order_hdr")[:-1]
    states = [m["value"]["bookmarks"]["order_hdr"] for m in done.of("STATE")]
    reached = [s["replication_key_value"] for s in states if "replication_key_value" in s]
    assert reached == sorted(reached)
    assert len(set(reached)) == 3


def test_logs_carry_the_run_but_no_record(wms: WmsStandin, tmp_path: Path, program: Start) -> None:
    config_file = tmp_path / "logs.yml"
    config_file.write_text(
        """
version: 1
disable_existing_loggers: false
formatters: {structured: {(): singer_sdk.logging.StructuredFormatter}}
handlers: {stderr: {class: logging.StreamHandler, formatter: structured, stream: ext://sys.stderr}}
root: {level: DEBUG, handlers: [stderr]}
"""
    )
    facility = wms.world.rows("facility")[0]["code"]

    done = program(
        config=config_for(wms, entities="order_hdr", facility_code=facility, run_id="night-7"),
        SINGER_SDK_LOG_CONFIG=str(config_file),
    )

    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    reading = [line for line in lines if "rows in" in line["message"]]
    assert reading[0]["extra"]["run_id"] == "night-7"
    assert reading[0]["extra"]["facility"] == facility
    assert "s3cret" not in done.stderr
    orders = {r["order_nbr"] for r in wms.world.rows("order_hdr")}
    assert not [nbr for nbr in orders if nbr in done.stderr]
