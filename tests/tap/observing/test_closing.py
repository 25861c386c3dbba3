"""The lines that close a run: what each stream did, and why a run failed."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.observing import closing, logs
from tap_oracle_wms.observing.closing import Stream
from wms_standin import Fault

from tests.tap.conftest import config_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.tap.conftest import Program

    Start = Callable[..., Program]


def messages(done: Program) -> list[str]:
    """The log of a program without times, levels and loggers."""
    return [line.split(" | ", 3)[-1] for line in done.stderr.splitlines()]


def test_a_run_closes_with_a_line_for_each_stream_and_one_for_the_run(
    wms: WmsStandin, program: Start
) -> None:
    rows = {name: wms.world.count(name) for name in ("item", "order_status")}

    done = program(config=config_for(wms, entities="item,order_status", run_id="night"))

    assert done.returncode == 0, done.stderr
    begun, item, status, run = messages(done)
    assert begun.startswith(f"tap-oracle-wms 0.1.0 reads {wms.base_url}: run_id night, ")
    assert re.fullmatch(rf"item          +{rows['item']} rows  [\d.]+ s  20[\d:.T+-]+", item)
    assert re.fullmatch(rf"order_status  +{rows['order_status']} rows  [\d.]+ s", status)
    total = f"Run night finished: {sum(rows.values())} rows of 2 streams in "
    assert run.startswith(total)
    assert run.endswith(f"{len(wms.requests)} requests, 0 retries.")


def test_the_last_line_of_a_failed_run_says_why(wms: WmsStandin, program: Start) -> None:
    wms.fail(Fault(status=401, entity="item", params={"page_size": "*"}))

    done = program(config=config_for(wms, entities="company,item", run_id="night"))

    assert done.returncode == 1
    company, item, run, why = messages(done)[-4:]
    assert company.split()[:2] == ["company", str(wms.world.count("company"))]
    assert item.split()[:3] == ["item", "0", "rows"]
    assert item.endswith("not finished")
    assert run.startswith("Run night failed: ")
    assert why.startswith("WMS refused the credentials (401)")


def test_a_failed_discovery_leaves_no_file_open(
    wms: WmsStandin, program: Start, tmp_path: Path
) -> None:
    wms.fail(Fault(status=401))
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"bookmarks": {}}))

    done = program(
        *("--state", str(state), "--discover"), config=config_for(wms), PYTHONWARNINGS="once"
    )

    assert done.returncode == 1
    assert "ResourceWarning" not in done.stderr


def test_metrics_are_logged_when_a_configuration_gives_them_a_place(
    wms: WmsStandin, program: Start, tmp_path: Path
) -> None:
    path, place = tmp_path / "logging.yml", tmp_path / "metrics.log"
    path.write_text(
        "version: 1\ndisable_existing_loggers: false\n"
        f"handlers: {{file: {{class: logging.FileHandler, filename: {place}}}}}\n"
        "loggers: {singer_sdk.metrics: {handlers: [file], propagate: false}}\n"
    )
    config = config_for(wms, entities="uom")

    without = program(config=config)
    done = program(config=config, SINGER_SDK_LOG_CONFIG=str(path))

    assert "METRIC" not in without.stderr + done.stderr
    metrics = [json.loads(line[len("METRIC: ") :]) for line in place.read_text().splitlines()]
    counted = sum(each["value"] for each in metrics if each["metric"] == "record_count")
    assert counted == wms.world.count("uom")


def stream(name: str, rows: int, remark: str = "", rejected: int = 0) -> Stream:
    figures = {"rows": rows, "rejected": rejected}
    return Stream(name, figures, 1.25, "2026-01-01T00:00:00+00:00" if rows else None, remark)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[..., list[str]]:
    caplog.set_level(logging.INFO)

    def log(*streams: Stream) -> list[str]:
        caplog.clear()
        closing.log(streams, "Run r finished.")
        return caplog.messages

    return log


def test_figures_stand_below_each_other(told: Callable[..., list[str]]) -> None:
    assert told(stream("item", 12_345), stream("wave", 7, "not finished", rejected=12)) == [
        "item  12,345 rows   0 rejected  1.2 s  2026-01-01T00:00:00+00:00",
        "wave       7 rows  12 rejected  1.2 s  2026-01-01T00:00:00+00:00  not finished",
        "Run r finished.",
    ]


def test_streams_without_news_are_counted(told: Callable[..., list[str]]) -> None:
    assert told(stream("item", 0), stream("wave", 7), stream("uom", 0)) == [
        "wave  7 rows  0 rejected  1.2 s  2026-01-01T00:00:00+00:00",
        "2 streams more without news, or with fewer rows.",
        "Run r finished.",
    ]
    assert told() == ["Run r finished."]


def test_of_many_streams_those_that_need_a_look_and_the_largest_are_listed(
    told: Callable[..., list[str]],
) -> None:
    streams = [stream(f"s{n}", n, "not finished" if n == 1 else "") for n in range(1, 312)]

    lines = told(*streams)

    assert [line.split()[0] for line in lines[:-2]] == ["s1", *(f"s{n}" for n in range(273, 312))]
    assert lines[-2] == "271 streams more without news, or with fewer rows."
    bad = [stream(f"s{n}", n, "not finished") for n in range(60)]
    assert len(told(*bad)) == 61


def test_a_line_on_a_stream_carries_it_and_its_figures_as_fields() -> None:
    seen: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(dict(record.__dict__))

    logger, handler = logging.getLogger("tap-oracle-wms"), Keep()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logs.mark()
    try:
        closing.log([stream("item", 5)], "Run r finished.")
    finally:
        logger.removeHandler(handler)

    assert [each["stream_name"] for each in seen] == ["item", None]
    assert seen[0]["figures"] == {
        "rows": 5,
        "rejected": 0,
        "seconds": 1.25,
        "bookmark": "2026-01-01T00:00:00+00:00",
        "remark": "",
    }
