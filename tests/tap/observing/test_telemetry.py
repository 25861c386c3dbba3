"""Traces and metrics of the tap, as a collector gets them, and their cost when nobody asks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.trace import INVALID_SPAN
from tap_oracle_wms.observing import signals, telemetry
from tap_oracle_wms.observing.open_telemetry import _ids, _resource
from wms_standin import Fault

from tests.collector import Collector
from tests.programs.forks import forked
from tests.tap.conftest import config_for, parsed, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.collector import Span
    from tests.tap.conftest import Program

    Start = Callable[..., Program]

RUN = "0198b6a2-5d7e-7c3a-9f7e-0a1b2c3d4e5f"
API = {
    f"opentelemetry.{name}"
    for name in ("attributes", "context", "environment_variables", "trace", "util")
}
"""What a program has of OpenTelemetry when nobody asks for telemetry."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


def test_a_run_is_one_trace_from_discovery_to_the_requests_of_each_page(
    wms: WmsStandin, program: Start, collector: Collector
) -> None:
    wms.fail(Fault(entity="order_dtl", params={"page_size": "*"}, nth=2))
    company = wms.world.rows("company")[0]["code"]
    config = config_for(wms, entities="order_dtl,uom", page_size=50, company_code=company)
    remote = "4bf92f3577b34da6a3ce929d0e0e4736"
    parent = {"TRACEPARENT": f"00-{remote}-00f067aa0ba902b7-01"}

    done = program(config=config, MELTANO_RUN_ID=RUN, **parent, **collector.environment)

    assert done.returncode == 0, done.stderr
    assert {span.trace for span in collector.spans} == {remote}
    (root,) = collector.named("tap-oracle-wms")
    assert root.parent == "00f067aa0ba902b7"
    names = Counter(span.name for span in collector.spans)
    assert names["discover"] == 1
    assert names["describe"] == names["stream"] == 2
    chains = Counter(_chain(collector, span) for span in collector.spans)
    assert chains["discover < tap-oracle-wms"] == 1
    assert chains["describe < discover < tap-oracle-wms"] == 2
    assert chains["GET < describe < discover < tap-oracle-wms"] == 2
    assert chains["stream < tap-oracle-wms"] == 2
    assert chains["slice < stream < tap-oracle-wms"] == names["slice"] >= 2
    assert chains["page < slice < stream < tap-oracle-wms"] == names["page"] > 3
    lists = ("order_dtl", "uom")
    asked = [r for r in wms.requests if r.entity in lists and r.param("page_size")]
    reads = chains["GET < page < slice < stream < tap-oracle-wms"]
    assert reads + chains["GET < top < stream < tap-oracle-wms"] == len(asked)
    marks = {"singer.run_id": RUN, "singer.company": company, "singer.facility": "*"}
    assert all(marks.items() <= span.attributes.items() for span in collector.spans)
    assert not [span for span in collector.named("GET") if "?" in str(span.attributes)]
    written = Counter(m["stream"] for m in parsed(done.stdout) if m["type"] == "RECORD")
    assert written["order_dtl"] > 50
    assert _rows(collector, "stream") == written
    # What a split slice's page holds beyond its end is read again.
    assert _rows(collector, "page") == _rows(collector, "slice") >= written


def test_metrics_tell_rows_pages_retries_durations_and_lag(
    wms: WmsStandin, program: Start, collector: Collector
) -> None:
    wms.fail(Fault(entity="order_dtl", params={"page_size": "*"}, nth=2))
    config = config_for(wms, entities="order_dtl", page_size=50, facility_code="*")

    done = program(config=config, **collector.environment)

    assert done.returncode == 0, done.stderr
    stream = {"singer.stream": "order_dtl"}
    rows = len(wms.world.rows("order_dtl"))
    assert collector.total("singer.rows.read", **stream, **{"singer.facility": "*"}) == rows
    assert collector.total("singer.pages.read", **stream) == len(collector.named("page"))
    assert collector.total("singer.request.retries", **stream) == 1
    durations = [v for v in collector.values if v.name == "singer.request.duration"]
    assert sum(value.count for value in durations) == len(wms.requests)
    assert {v.attributes["singer.status"] for v in durations} >= {200, 503}
    (lag,) = {v.value for v in collector.values if v.name == "singer.bookmark.lag"}
    assert 0 <= lag < 60
    assert not any("singer.run_id" in value.attributes for value in collector.values)


def test_a_run_that_is_named_by_a_uuid_has_it_as_its_trace() -> None:
    assert _ids({"run_id": RUN}).generate_trace_id() == int(RUN.replace("-", ""), 16)
    assert len({_ids({"run_id": "night-7"}).generate_trace_id() for _ in range(3)}) == 3


@pytest.mark.parametrize(
    ("environment", "service"),
    [
        ({}, "tap-oracle-wms"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=night,team=wms"}, "night"),
        ({"OTEL_SERVICE_NAME": "day", "OTEL_RESOURCE_ATTRIBUTES": "service.name=night"}, "day"),
    ],
)
def test_the_service_is_the_plugin_unless_a_variable_names_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], service: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    resource = _resource()

    assert resource.attributes["service.name"] == service
    assert resource.attributes["telemetry.sdk.language"] == "python"
    assert resource.attributes.get("team") == ("wms" if "team" in str(environment) else None)


def test_a_failing_run_sends_what_failed_and_why(
    wms: WmsStandin, program: Start, collector: Collector
) -> None:
    wms.fail(Fault(entity="order_dtl", params={"page_size": "*"}, status=500))

    done = program(
        config=config_for(wms, entities="order_dtl,uom", max_retries=1, max_concurrency=1),
        **collector.environment,
    )

    assert done.returncode == 1
    failed = {span.name: span for span in collector.spans if span.failed}
    assert [s.attributes["singer.stream"] for s in collector.named("stream") if s.failed] == [
        "order_dtl"
    ]
    assert {"tap-oracle-wms", "stream", "slice", "page"} <= failed.keys()
    assert failed["stream"].attributes["error.type"] == "UnavailableError"
    ((event, told),) = failed["stream"].events
    assert event == "exception"
    assert "WMS did not answer GET /entity/order_dtl/ in 2 attempts" in told["exception.message"]
    assert failed["tap-oracle-wms"].told == told["exception.message"]


def test_a_stopped_run_sends_its_spans(
    wms: WmsStandin, collector: Collector, tmp_path: Path
) -> None:
    wms.fail(Fault(entity="uom", params={"page_size": "*"}, kind="hang", seconds=20))
    config = config_for(wms, entities="order_status,uom")
    (tmp_path / "config.json").write_text(json.dumps(config))
    with subprocess.Popen(
        [*forked("tap_oracle_wms"), "--config", "config.json"],
        cwd=tmp_path,
        env={**os.environ, **collector.environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as tap:
        assert tap.stdout
        while '"RECORD"' not in tap.stdout.readline():
            pass
        tap.send_signal(signal.SIGTERM)
        tap.communicate(timeout=30)

    assert tap.returncode == 128 + signal.SIGTERM
    (root,) = collector.named("tap-oracle-wms")
    assert root.attributes["error.type"] == "StoppedError"
    streams = {span.attributes["singer.stream"]: span for span in collector.named("stream")}
    assert streams["order_status"].attributes["singer.rows"] == len(wms.world.rows("order_status"))
    assert not streams["order_status"].failed
    assert streams["uom"].attributes["error.type"] == "StoppedError"


def test_a_run_whose_collector_hangs_loads_all_the_same_and_says_so_once(
    wms: WmsStandin, program: Start
) -> None:
    with Collector(delay=60) as collector:
        done = program(config=config_for(wms, entities="uom"), **collector.environment)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"RECORD"') == len(wms.world.rows("uom"))
    assert done.stderr.count("does not take all traces and metrics") == 1
    assert collector.address.partition("//")[2] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("trouble", "most"), [("refuses", 3), ("hangs", 6)])
def test_a_collector_that_is_not_there_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: str, most: float
) -> None:
    with Collector(delay=60) as collector:
        address = "http://127.0.0.1:9" if trouble == "refuses" else collector.address
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        with telemetry.recorded():
            telemetry.start({"run_id": RUN}, signals.INSTRUMENTS, str)
            begun = time.monotonic()
            for n in range(5_000):  # more than fit the queue
                telemetry.end(telemetry.begin("page", size=n))
            assert time.monotonic() - begun < 5
            begun = time.monotonic()

    assert time.monotonic() - begun < most
    own = [each for each in caplog.records if not each.name.startswith("opentelemetry")]
    assert len(own) == 1
    assert telemetry.begin("page") is INVALID_SPAN


def test_asked_for_without_the_extra_the_run_says_so_and_goes_on(
    wms: WmsStandin, tmp_path: Path, program: Start
) -> None:
    missing = tmp_path / "opentelemetry/sdk"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ImportError('not installed')")

    done = program(
        config=config_for(wms, entities="uom"),
        PYTHONPATH=str(tmp_path),
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("install tap-oracle-wms[otel]") == 1
    assert done.stdout.count('"RECORD"') == len(wms.world.rows("uom"))


@pytest.mark.parametrize(
    ("environment", "wanted", "said"),
    [
        ({}, [], None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, ["TRACES", "METRICS"], None),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c"}, ["TRACES"], None),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, ["METRICS"], None),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_METRICS_EXPORTER": "none"},
            ["TRACES"],
            None,
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, [], None),
        ({"OTEL_TRACES_EXPORTER": "console"}, [], "OTEL_TRACES_EXPORTER=console is not offered"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            [],
            "PROTOCOL=grpc is not offered: use http/protobuf",
        ),
    ],
)
def test_the_standard_variables_say_what_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    environment: dict[str, str],
    wanted: list[str],
    said: str | None,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert [name for name in ("TRACES", "METRICS") if telemetry._is_wanted(name)] == wanted
    assert (said in caplog.text) if said else not caplog.text


def test_by_default_the_api_of_opentelemetry_alone_is_imported(
    wms: WmsStandin, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config_for(wms, entities="uom")))
    script = (
        "import atexit, sys\n"
        "from tap_oracle_wms.tap import TapOracleWMS\n"
        "names = lambda: {'.'.join(m.split('.')[:2]) for m in sys.modules}\n"
        "found = lambda: sorted(m for m in names() if m.startswith('opentelemetry.'))\n"
        "atexit.register(lambda: print('FOUND', *found(), file=sys.stderr))\n"
        "TapOracleWMS.cli(['--config', 'config.json'])\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    (found,) = [line for line in done.stderr.splitlines() if line.startswith("FOUND")]
    assert set(found.split()[1:]) <= API
    assert "opentelemetry.trace" in found


def test_telemetry_is_called_by_the_page_and_never_by_the_record(
    wms: WmsStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Counter[str]()
    for name in ("begin", "measure"):

        def called(*_: Any, name: str = name, **__: Any) -> Any:
            calls[name] += 1
            return INVALID_SPAN

        monkeypatch.setattr(telemetry, name, called)
    counted = {}
    for entity in ("order_dtl", "order_hdr"):
        calls.clear()
        done = run(config_for(wms, entities=entity, max_concurrency=1))
        counted[len(done.records(entity))] = calls.total() / len(wms.requests)
        wms.requests.clear()

    few, many = sorted(counted)
    assert many > 2 * few
    assert counted[many] <= counted[few] + 2
    assert max(counted.values()) < 10


def _chain(collector: Collector, span: Span | None) -> str:
    """A span's name and those of all above it."""
    names = []
    while span is not None:
        names.append(span.name)
        span = collector.parent(span)
    return " < ".join(names)


def _rows(collector: Collector, kind: str) -> Counter[str]:
    rows = Counter[str]()
    for span in collector.named(kind):
        rows[span.attributes["singer.stream"]] += span.attributes["singer.rows"]
    return rows
