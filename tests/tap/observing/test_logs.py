"""Log lines and the SDK's metrics in them, as Meltano would get them."""

from __future__ import annotations

import json
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.observing import logs
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import Fault

from tests.tap.conftest import config_for, parsed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.tap.conftest import Program

    Start = Callable[..., Program]

LOGGING = """
version: 1
disable_existing_loggers: false
formatters: {structured: {(): singer_sdk.logging.StructuredFormatter}}
handlers:
  stderr: {class: logging.StreamHandler, formatter: structured, stream: ext://sys.stderr}
loggers: {httpx: {level: DEBUG}, httpcore: {level: DEBUG}, singer_sdk: {level: DEBUG}}
root: {level: DEBUG, handlers: [stderr]}
"""


@pytest.fixture
def everything(tmp_path: Path) -> dict[str, str]:
    """The environment in which logs are JSON, of everything there is."""
    path = tmp_path / "logging.yml"
    path.write_text(LOGGING)
    return {"SINGER_SDK_LOG_CONFIG": str(path), "TAP_ORACLE_WMS_LOGLEVEL": "DEBUG"}


def lines(done: Program) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stderr.splitlines()]


def points(done: Program, metric: str) -> list[dict[str, Any]]:
    found = [line["metric_info"] for line in lines(done) if "metric_info" in line]
    return [point for point in found if point["metric"] == metric]


def test_every_line_carries_the_run_its_company_and_its_facility(
    wms: WmsStandin, program: Start, everything: dict[str, str]
) -> None:
    wms.fail(Fault(entity="order_dtl", times=2))
    facility = wms.world.rows("facility")[0]["code"]
    config = config_for(wms, entities="order_hdr,order_dtl,uom", facility_code=facility)

    done = program(config=config, MELTANO_RUN_ID="0198-night", **everything)

    assert done.returncode == 0, done.stderr
    found = lines(done)
    assert {line["extra"].get("run_id") for line in found} == {"0198-night"}
    assert {line["app_name"] for line in found} == {"tap-oracle-wms"}
    begun = next(n for n, line in enumerate(found) if " reads " in line["message"])
    marks = {(line["extra"]["company"], line["extra"]["facility"]) for line in found[begun:]}
    assert marks == {("*", facility)}


def test_a_line_about_a_stream_names_it_whatever_thread_it_is_from(
    wms: WmsStandin, program: Start, everything: dict[str, str]
) -> None:
    wms.fail(Fault(entity="order_dtl", params={"page_size": "*"}, times=2))

    done = program(
        config=config_for(wms, entities="order_hdr,order_dtl,uom", log_metrics=True), **everything
    )

    assert done.returncode == 0, done.stderr
    retried = [line for line in lines(done) if line["level"] == "warning"]
    assert [line["stream_name"] for line in retried] == ["order_dtl", "order_dtl"]
    assert all(line["thread_name"].startswith("reader") for line in retried)
    ends = {line["stream_name"] for line in lines(done) if "rows in" in line["message"]}
    assert ends == {"order_hdr", "order_dtl", "uom"}
    metrics = [line for line in lines(done) if line["message"] == "METRIC"]
    assert len(metrics) > 10
    assert all(line["stream_name"] == line["metric_info"]["tags"]["stream"] for line in metrics)


@pytest.mark.parametrize(
    ("environment", "setting", "run_id"),
    [
        ({"MELTANO_RUN_ID": "a", "MELTANO_PARENT_CONTEXT_UUID": "b"}, {}, "a"),
        ({"MELTANO_PARENT_CONTEXT_UUID": "b"}, {}, "b"),
        ({"MELTANO_RUN_ID": "a"}, {"run_id": "mine"}, "mine"),
    ],
)
def test_the_run_is_named_by_the_setting_or_by_meltano(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    setting: dict[str, str],
    run_id: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = {"base_url": "https://host/env", "username": "u", "password": "p", **setting}

    assert TapOracleWMS(config=config, setup_mapper=False).run_id == run_id


def test_each_run_that_nobody_names_has_a_name_of_its_own() -> None:
    config = {"base_url": "https://host/env", "username": "u", "password": "p"}

    names = {TapOracleWMS(config=dict(config), setup_mapper=False).run_id for _ in range(3)}

    assert len(names) == 3


def test_a_failure_is_told_with_the_run_it_ended(
    wms: WmsStandin, program: Start, everything: dict[str, str]
) -> None:
    config = config_for(wms, entities="uom", run_id="night-7") | {"password": "wrong"}

    done = program(config=config, **everything)

    assert done.returncode == 1
    assert "WMS refused the credentials" in lines(done)[-1]["message"]
    assert lines(done)[-1]["extra"]["run_id"] == "night-7"


def test_no_log_shows_a_secret_a_cookie_or_a_record_even_at_debug(
    wms: WmsStandin, program: Start, everything: dict[str, str]
) -> None:
    config = config_for(
        wms,
        entities="order_hdr",
        extra_headers={"X-Gateway-Key": "gateway-s3cret"},
        filters={"order_hdr": {"order_nbr!": "SECRET-ORDER"}},
        stream_maps={"order_hdr": {"nbr": "order_nbr", "__filter__": "order_nbr != 'none'"}},
    )

    done = program(config=config, **everything)

    assert done.returncode == 0, done.stderr
    assert Counter(message["type"] for message in parsed(done.stdout))["RECORD"] > 10
    assert "DEBUG" in {line["level"].upper() for line in lines(done)}
    for secret in (wms.password, "gateway-s3cret", "SECRET-ORDER", "set-cookie", "Authorization"):
        assert secret not in done.stderr
    orders = {row["order_nbr"] for row in wms.world.rows("order_hdr")}
    assert not [number for number in orders if number in done.stderr]


def test_metrics_count_records_and_requests_and_time_them(
    wms: WmsStandin, program: Start, everything: dict[str, str]
) -> None:
    wms.fail(Fault(entity="order_dtl", params={"page_size": "*"}, nth=2))
    config = config_for(wms, entities="order_dtl", page_size=50, log_metrics=True)

    done = program(config=config, **everything)

    rows = len(wms.world.rows("order_dtl"))
    records = [m for m in parsed(done.stdout) if m["type"] == "RECORD"]
    asked = [
        request
        for request in wms.requests
        if request.entity == "order_dtl" and request.param("page_size")
    ]
    assert sum(point["value"] for point in points(done, "record_count")) == rows == len(records)
    assert sum(point["value"] for point in points(done, "http_request_count")) == len(asked)
    durations = points(done, "http_request_duration")
    assert len(durations) == len(asked)
    statuses = Counter(point["tags"]["http_status_code"] for point in durations)
    assert statuses == Counter(request.status for request in asked)
    assert statuses[503] == 1
    assert {point["tags"]["endpoint"] for point in durations} == {"/entity/order_dtl/"}
    assert [point["tags"]["status"] for point in durations].count("failed") == 1
    assert all(0 < point["value"] < 60 for point in durations)
    (synced,) = points(done, "sync_duration")
    assert synced["tags"]["status"] == "succeeded"


def test_metrics_count_the_files_of_batches(
    wms: WmsStandin, program: Start, everything: dict[str, str], tmp_path: Path
) -> None:
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": f"file://{tmp_path}"},
    }

    config = config_for(wms, entities="uom", batch_config=batch, log_metrics=True)

    done = program(config=config, **everything)

    written = [m for m in parsed(done.stdout) if m["type"] == "BATCH"]
    (counted,) = points(done, "batch_count")
    assert counted["value"] == len(written) > 0
    rows = len(wms.world.rows("uom"))
    assert sum(point["value"] for point in points(done, "record_count")) == rows


def test_a_stream_that_fails_is_timed_as_failed(
    wms: WmsStandin, program: Start, everything: dict[str, str]
) -> None:
    wms.fail(Fault(entity="uom", params={"page_size": "*"}, kind="reset"))

    config = config_for(wms, entities="uom", max_retries=1, log_metrics=True)

    done = program(config=config, **everything)

    assert done.returncode == 1
    (synced,) = points(done, "sync_duration")
    assert synced["tags"]["status"] == "failed"
    assert [p["value"] for p in points(done, "http_request_count")] == [2]
    durations = points(done, "http_request_duration")
    assert [p["tags"]["status"] for p in durations] == ["failed"] * 2
    assert not any("http_status_code" in p["tags"] for p in durations)


def test_a_line_from_elsewhere_keeps_its_own_fields() -> None:
    seen: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(dict(record.__dict__))  # handlers of the other plugin's tests mark it anew

    logger, handler = logging.getLogger("tap-oracle-wms.uom"), Keep()
    logger.addHandler(handler)
    try:
        logs.mark(company="ACME")
        with logs.about("item"):
            logger.warning("hello", extra={"attempt": 2})
    finally:
        logger.removeHandler(handler)

    assert seen[0]["attempt"] == 2
    assert seen[0]["company"] == "ACME"
    assert seen[0]["stream_name"] == "uom"


def test_work_for_other_threads_is_about_the_same_stream() -> None:
    with logs.about("item"), ThreadPoolExecutor(2) as pool:
        stream = logs.carried(logs.stream)
        carried = [pool.submit(stream).result() for _ in range(4)]
        bare = pool.submit(logs.stream).result()

    assert carried == ["item"] * 4
    assert bare is None
