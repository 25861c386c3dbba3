"""A run's report: in the log, in a file, and in STATE."""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Fault

from tests.programs.forks import forked
from tests.tap.conftest import config_for, parsed, run, tap_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wms_standin import WmsStandin


def reports(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_report_counts_what_each_stream_read(wms: WmsStandin, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    settings = {"entities": "item,uom", "page_size": 100, "summary_file": str(file), "run_id": "r1"}

    first = run(config_for(wms, **settings))
    second = run(config_for(wms, **settings), state=first.state)

    before, after = reports(file)
    assert (before["run_id"], before["status"], before["exit_code"]) == ("r1", "finished", 0)
    item = before["streams"]["item"]
    assert item["read"] == wms.world.count("item") == len(first.records("item"))
    assert item["pages"] >= item["read"] / 100
    assert item["finished"]
    assert item["rows_per_second"] == pytest.approx(item["read"] / item["seconds"], rel=0.1)
    assert (item["bookmark_before"], item["bookmark_after"]) == (
        None,
        first.bookmark("item")["replication_key_value"],
    )
    assert after["streams"]["item"]["bookmark_before"] == item["bookmark_after"]
    assert (
        after["streams"]["item"]["bookmark_after"]
        == (second.bookmark("item")["replication_key_value"])
    )
    assert [after["streams"][name]["read"] for name in ("item", "uom")] == [0, 0]


def test_retries_are_counted_by_stream(wms: WmsStandin, tmp_path: Path) -> None:
    wms.fail(Fault(status=503, entity="item", params={"page_size": "*"}, times=2))
    file = tmp_path / "runs.jsonl"

    run(config_for(wms, entities="item,uom", summary_file=str(file)))

    (report,) = reports(file)
    assert report["retries"] == 2
    assert [report["streams"][name]["retries"] for name in ("item", "uom")] == [2, 0]
    assert report["requests"] == len(wms.requests)


def test_rows_found_deleted_are_counted_apart(wms: WmsStandin, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    config = config_for(
        wms, entities="allocation", detect_deletes="allocation", summary_file=str(file)
    )
    first = run(config)
    for row_id in wms.world.ids("allocation")[:3]:
        wms.world.delete("allocation", row_id)

    run(config, state=first.state)

    counted = reports(file)[1]["streams"]["allocation"]
    assert (counted["read"], counted["deleted"]) == (0, 3)


def test_every_state_tells_how_far_the_run_is(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="company,item"), kind=tap_with(state_seconds=0))

    told = [message["value"]["report"] for message in done.of("STATE")]
    assert [report["status"] for report in told] == ["running"] * (len(told) - 1) + ["finished"]
    company_alone = next(each for each in told if each["streams"]["company"]["finished"])
    assert not company_alone["streams"]["item"]["finished"]
    assert company_alone["streams"]["company"]["read"] == wms.world.count("company")
    assert {report["run_id"] for report in told} == {done.tap.run_id}


def test_a_report_of_an_earlier_run_is_not_told_again(wms: WmsStandin) -> None:
    first = run(config_for(wms, entities="company", run_id="one"))
    second = run(config_for(wms, entities="company", run_id="two"), state=first.state)

    assert first.state["report"]["run_id"] == "one"
    assert {message["value"]["report"]["run_id"] for message in second.of("STATE")} == {"two"}


@pytest.mark.parametrize("begun", [True, False])
def test_a_failed_run_says_why_in_report_and_state(
    wms: WmsStandin, tmp_path: Path, program: Callable[..., Any], begun: bool
) -> None:
    params = {"page_size": "*"} if begun else {}
    wms.fail(Fault(status=401, entity="item" if begun else "*", params=params))
    file = tmp_path / "runs.jsonl"

    done = program(config=config_for(wms, entities="company,item", summary_file=str(file)))

    (report,) = reports(file)
    state = [message for message in parsed(done.stdout) if message["type"] == "STATE"][-1]["value"]
    assert done.returncode == report["exit_code"] == 1
    assert report["status"] == state["report"]["status"] == "failed"
    assert report["error"] == state["report"]["error"]
    assert report["error"].startswith("WMS refused the credentials (401)")
    assert wms.password not in file.read_text()
    assert {name: each["finished"] for name, each in report["streams"].items()} == (
        {"company": True, "item": False} if begun else {}
    )


def test_a_stopped_run_says_so(wms: WmsStandin, tmp_path: Path) -> None:
    wms.fail(Fault(kind="hang", seconds=20, entity="item", params={"page_size": "*"}))
    file, settings = tmp_path / "runs.jsonl", tmp_path / "config.json"
    settings.write_text(json.dumps(config_for(wms, entities="item", summary_file=str(file))))
    command = [*forked("tap_oracle_wms"), "--config", str(settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        process.stdout.readline()  # SCHEMA
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    (report,) = reports(file)
    assert (report["status"], report["exit_code"]) == ("stopped", 143)
    assert "SIGTERM" in report["error"]


def test_a_report_that_cannot_be_written_is_said_and_costs_nothing_else(
    wms: WmsStandin, tmp_path: Path, program: Callable[..., Any]
) -> None:
    nowhere = str(tmp_path / "no" / "folder" / "runs.jsonl")

    done = program(config=config_for(wms, entities="company", summary_file=nowhere))

    assert done.returncode == 0
    assert "Setting `summary_file`" in done.stderr
    assert "No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_streams_without_news_cost_no_state_of_their_own(wms: WmsStandin) -> None:
    config = config_for(wms, entities="item,order_hdr,order_dtl", incremental_overlap_minutes=0)
    first = run(config)
    wms.clock.shift(timedelta(minutes=5))

    idle = run(config, state=first.state)

    assert idle.error is None
    assert idle.of("RECORD") == []
    assert len(idle.of("STATE")) <= 2
