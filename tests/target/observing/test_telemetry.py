"""Traces and metrics of the target, as a collector gets them, and their cost when nobody asks."""

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
from target_oracle.config.limits import Limits
from target_oracle.database.retries import Retrier
from target_oracle.observing import signals, telemetry

from tests.collector import Collector
from tests.programs.forks import forked
from tests.target.conftest import record, schema, state, text
from tests.target.test_errors import error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.collector import Span
    from tests.target.conftest import Target

RUN = "0198b6a2-5d7e-7c3a-9f7e-0a1b2c3d4e5f"
API = {
    f"opentelemetry.{name}"
    for name in ("attributes", "context", "environment_variables", "trace", "util")
}
"""What a program has of OpenTelemetry when nobody asks for telemetry."""

ITEMS = schema("items", {"id": {"type": "integer"}, "name": {"type": "string"}}, ["id"])
LOTS = schema("lots", {"id": {"type": "integer"}})
LOG = {"company": "ACME", "facility": "DC1"}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that programs started from here send to."""
    with Collector() as collector:
        for name, value in collector.environment.items():
            monkeypatch.setenv(name, value)
        yield collector


def items(first: int, end: int) -> list[dict[str, Any]]:
    return [record("items", id=n, name=f"item {n}") for n in range(first, end)]


def test_a_run_is_one_trace_of_flushes_staging_merges_and_commits(
    target: Target, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = "4bf92f3577b34da6a3ce929d0e0e4736"
    monkeypatch.setenv("TRACEPARENT", f"00-{remote}-00f067aa0ba902b7-01")
    bad = record("items", id="x", name="n")

    done = target.run(
        ITEMS, *items(0, 3000), bad, LOTS, record("lots", id=1), state(1),
        run_id=RUN, log_fields=LOG, on_invalid="skip", batch_size_rows=2000,
    )  # fmt: skip

    assert done.code == 0, done.log
    assert {span.trace for span in collector.spans} == {remote}
    (root,) = collector.named("target-oracle")
    assert root.parent == "00f067aa0ba902b7"
    chains = Counter(_chain(collector, span) for span in collector.spans)
    assert chains["prepare < target-oracle"] == 2
    assert chains["flush < target-oracle"] == 3
    assert chains["commit < flush < target-oracle"] == 3
    assert chains["insert < flush < target-oracle"] == 1
    flushes = [_attributes(span, "stream", "rows", "rejected") for span in collector.named("flush")]
    assert flushes == [("items", 2000, 0), ("items", 1001, 1), ("lots", 1, 0)]
    staged = [_attributes(span, "stream", "rows") for span in collector.named("staging")]
    assert staged == [("items", 2000), ("items", 1000)]
    merged = [_attributes(span, "stream", "rows") for span in collector.named("merge")]
    assert merged == [("items", 2000), ("items", 1000)]
    for name in ("staging", "merge"):
        assert chains[f"{name} < flush < target-oracle"] == 2
    marks = {"singer.run_id": RUN, "singer.company": "ACME", "singer.facility": "DC1"}
    assert all(marks.items() <= span.attributes.items() for span in collector.spans)


def test_metrics_tell_rows_read_written_and_rejected(target: Target, collector: Collector) -> None:
    bad = record("items", id="x", name="n")

    done = target.run(
        ITEMS, *items(0, 25), bad, LOTS, record("lots", id=1),
        on_invalid="skip", batch_size_rows=10, log_fields=LOG, run_id="night-7",
        streams={"lots": {"load_method": "overwrite"}},
    )  # fmt: skip

    assert done.code == 0, done.log
    for stream, read, rejected in (("items", 26, 1), ("lots", 1, 0)):
        about = {"singer.stream": stream, "singer.company": "ACME"}
        assert collector.total("singer.rows.read", **about) == read
        assert collector.total("singer.rows.rejected", **about) == rejected
        assert collector.total("singer.rows.written", **about) == read - rejected
    durations = [value for value in collector.values if value.name == "singer.flush.duration"]
    assert {v.attributes["singer.stream"]: v.count for v in durations} == {"items": 3, "lots": 1}
    assert all(0 < value.value < 60 for value in durations)
    assert not any("singer.run_id" in value.attributes for value in collector.values)
    (swap,) = collector.named("swap")
    assert _attributes(swap, "stream", "rows") == ("lots", 1)


def test_retries_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[str, int]] = []
    monkeypatch.setattr(telemetry, "count", lambda name, number: counted.append((name, number)))
    deadlocks = iter([error("ORA-00060"), error("ORA-00060")])

    def work() -> None:
        if (deadlock := next(deadlocks, None)) is not None:
            raise deadlock

    Retrier(3, Limits(first_wait=0.001)).call(work, [])

    assert counted == [("flush.retries", 1), ("flush.retries", 1)]


def test_a_failing_run_sends_what_failed_and_why_but_no_record(
    target: Target, collector: Collector
) -> None:
    done = target.run(ITEMS, *items(0, 3), record("items", id=7, name=["SECRET-NAME"]))

    assert done.code == 1
    failed = {span.name: span for span in collector.spans if span.failed}
    assert failed.keys() == {"flush", "target-oracle"}
    assert failed["flush"].attributes["singer.stream"] == "items"
    assert failed["flush"].attributes["error.type"] == "RecordError"
    ((event, told),) = failed["flush"].events
    assert event == "exception"
    assert told["exception.message"] in done.log
    assert failed["target-oracle"].told == failed["flush"].told == told["exception.message"]
    assert "SECRET-NAME" not in str(collector.spans)


def test_a_stopped_run_loads_what_it_has_and_sends_its_spans(
    target: Target, collector: Collector, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(target.config))
    with subprocess.Popen(
        [*forked("target_oracle"), "--config", "config.json"],
        cwd=tmp_path,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(text([state(0), ITEMS, *items(0, 5), state(1)]))
        process.stdin.flush()
        assert process.stdout.readline() == "0\n"
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)

    assert process.returncode == 128 + signal.SIGTERM
    assert [_attributes(span, "rows") for span in collector.named("flush")] == [(5,)]
    (root,) = collector.named("target-oracle")
    assert root.attributes["error.type"] == "TerminatedError"


def test_a_run_whose_collector_hangs_loads_all_the_same_and_says_so_once(target: Target) -> None:
    with Collector(delay=60) as hanging:
        os.environ.update(hanging.environment)
        try:
            done = target.run(ITEMS, *items(0, 5), state(1))
        finally:
            for name in hanging.environment:
                del os.environ[name]

    assert done.code == 0, done.log
    assert done.states == [1]
    assert len(target.rows("ITEMS")) == 5
    assert done.log.count("does not take all traces and metrics") == 1
    assert "Traceback" not in done.log


@pytest.mark.parametrize(("trouble", "most"), [("refuses", 3), ("answers 503", 3)])
def test_a_collector_that_is_not_there_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: str, most: float
) -> None:
    with Collector(status=503) as collector:
        address = "http://127.0.0.1:9" if trouble == "refuses" else collector.address
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        with telemetry.recorded():
            telemetry.start({"run_id": RUN}, signals.INSTRUMENTS, str)
            begun = time.monotonic()
            for n in range(5_000):  # more than fit the queue
                telemetry.end(telemetry.begin("flush", rows=n))
            assert time.monotonic() - begun < 5
            begun = time.monotonic()

    assert time.monotonic() - begun < most
    own = [each for each in caplog.records if not each.name.startswith("opentelemetry")]
    assert len(own) == 1
    assert telemetry.begin("flush") is INVALID_SPAN


def test_asked_for_without_the_extra_the_run_says_so_and_goes_on(
    target: Target, collector: Collector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing = tmp_path / "opentelemetry/sdk"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ImportError('not installed')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    done = target.run(ITEMS, *items(0, 5), state(1))

    assert done.code == 0, done.log
    assert done.log.count("install target-oracle[otel]") == 1
    assert done.states == [1]


@pytest.mark.parametrize(
    ("environment", "wanted", "said"),
    [
        ({}, [], None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, ["TRACES", "METRICS"], None),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ["TRACES"], None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, [], None),
        ({"OTEL_METRICS_EXPORTER": "console"}, [], "OTEL_METRICS_EXPORTER=console is not offered"),
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
    target: Target, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(target.config))
    script = (
        "import atexit, sys\n"
        "from target_oracle.target import TargetOracle\n"
        "names = lambda: {'.'.join(m.split('.')[:2]) for m in sys.modules}\n"
        "found = lambda: sorted(m for m in names() if m.startswith('opentelemetry.'))\n"
        "atexit.register(lambda: print('FOUND', *found(), file=sys.stderr))\n"
        "TargetOracle.cli(['--config', 'config.json'])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        input=text([ITEMS, *items(0, 3)]),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (found,) = [line for line in done.stderr.splitlines() if line.startswith("FOUND")]
    assert set(found.split()[1:]) <= API
    assert "opentelemetry.trace" in found
    assert len(target.rows("ITEMS")) == 3


def test_telemetry_is_called_by_the_flush_and_never_by_the_record(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Counter[str]()
    for name in ("begin", "measure"):

        def called(*_: Any, name: str = name, **__: Any) -> Any:
            calls[name] += 1
            return INVALID_SPAN

        monkeypatch.setattr(telemetry, name, called)
    counted = []
    for rows in (1_500, 6_000):
        calls.clear()
        target.load(ITEMS, *items(0, rows))
        counted.append(dict(calls))

    assert counted[0] == counted[1]
    assert 4 <= sum(counted[0].values()) <= 12


def _chain(collector: Collector, span: Span | None) -> str:
    """A span's name and those of all above it."""
    names = []
    while span is not None:
        names.append(span.name)
        span = collector.parent(span)
    return " < ".join(names)


def _attributes(span: Span, *names: str) -> tuple[Any, ...]:
    return tuple(span.attributes[f"singer.{name}"] for name in names)
