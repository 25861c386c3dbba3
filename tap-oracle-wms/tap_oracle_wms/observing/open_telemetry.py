"""Telemetry by OpenTelemetry: one trace and one set of metrics a run, sent by OTLP over HTTP."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from typing_extensions import override

from tap_oracle_wms.errors import WmsError
from tap_oracle_wms.observing import logs
from tap_oracle_wms.observing.telemetry import Span, Telemetry, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import httpx

LEAVING_SECONDS = 3.0
"""The most that the end of a run waits for the collector."""

SENDERS = (
    "opentelemetry.exporter",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.metrics._internal.export",
)
"""Loggers of what sends."""

COUNTERS = {
    "rows.read": ("{row}", "Rows that were read"),
    "pages.read": ("{page}", "Pages that were read"),
    "request.retries": ("{request}", "Requests that were repeated"),
}
HISTOGRAMS = {"request.duration": ("s", "Duration of a request")}
GAUGES = {"bookmark.lag": ("s", "Age of a stream's bookmark")}

logger = logging.getLogger(logs.NAME)


class Recording(Telemetry):
    """Records the signals that are wanted; what is not wanted goes to providers that drop it."""

    def __init__(self, marks: Mapping[str, str], wanted: Collection[str]) -> None:
        self._marks = {f"singer.{name}": value for name, value in marks.items()}
        self._lasting = _named({k: v for k, v in marks.items() if k != "run_id"})
        self._trouble = _Trouble()
        given = {"service.name": os.environ.get("OTEL_SERVICE_NAME") or logs.NAME}
        resource = Resource.create(given)
        self._exporters: list[OTLPSpanExporter | OTLPMetricExporter] = []
        self._tracers = TracerProvider(
            resource=resource, id_generator=_ids(marks), shutdown_on_exit=False
        )
        self._tracers.add_span_processor(_Marking(self._marks))
        if "traces" in wanted:
            spans = OTLPSpanExporter()
            self._exporters.append(spans)
            self._tracers.add_span_processor(BatchSpanProcessor(spans))
        readers = []
        if "metrics" in wanted:
            values = OTLPMetricExporter()
            self._exporters.append(values)
            readers.append(PeriodicExportingMetricReader(values))
        self._meters = MeterProvider(readers, resource, shutdown_on_exit=False)
        self._tracer = self._tracers.get_tracer(logs.NAME)
        self._make_instruments()
        parent = TraceContextTextMapPropagator().extract(
            {name: os.environ.get(name.upper(), "") for name in ("traceparent", "tracestate")}
        )
        self._open: set[_Recorded] = set()
        self._run = self._tracer.start_span(logs.NAME, parent)
        logs.mark(trace_id=trace.format_trace_id(self._run.get_span_context().trace_id))

    def _make_instruments(self) -> None:
        meter = self._meters.get_meter(logs.NAME)
        self._counters = {
            name: meter.create_counter(f"singer.{name}", *told) for name, told in COUNTERS.items()
        }
        measures: dict[str, Callable[..., None]] = {
            name: meter.create_histogram(f"singer.{name}", *told).record
            for name, told in HISTOGRAMS.items()
        }
        self._measures = measures | {
            name: meter.create_gauge(f"singer.{name}", *told).set for name, told in GAUGES.items()
        }

    @override
    def span(self, name: str, parent: Span | None, attributes: Mapping[str, Value]) -> Span:
        within = trace.get_current_span() if parent is None else self._run
        if isinstance(parent, _Recorded):
            within = parent.recorded
        elif not within.get_span_context().is_valid:
            within = self._run
        begun = self._tracer.start_span(
            name, trace.set_span_in_context(within), attributes=_named(attributes)
        )
        return _Recorded(begun, self._open)

    @override
    def count(self, name: str, number: int, attributes: Mapping[str, Value]) -> None:
        self._counters[name].add(number, self._lasting | _named(attributes))

    @override
    def measure(self, name: str, value: float, attributes: Mapping[str, Value]) -> None:
        self._measures[name](value, self._lasting | _named(attributes))

    @override
    def watch(self, client: httpx.Client) -> None:
        HTTPXClientInstrumentor.instrument_client(
            client,
            tracer_provider=self._tracers,
            meter_provider=self._meters,
            request_hook=_without_query,
        )

    @override
    def close(self, error: BaseException | None) -> None:
        for left in list(self._open):  # as of streams that were read ahead
            left.end()
        _Recorded(self._run, self._open).end(error)
        self._trouble.happened.clear()
        senders = [
            threading.Thread(target=provider.shutdown, daemon=True)
            for provider in (self._tracers, self._meters)
        ]
        for sender in senders:
            sender.start()
        deadline = time.monotonic() + LEAVING_SECONDS
        while any(sender.is_alive() for sender in senders):
            if self._trouble.happened.wait(0.01) or time.monotonic() > deadline:
                break
        else:
            return
        self._trouble.say()
        for exporter in self._exporters:
            exporter.shutdown()  # the end of its retries


class _Recorded(Span):
    """A span of OpenTelemetry."""

    def __init__(self, recorded: trace.Span, unended: set[_Recorded]) -> None:
        self.recorded = recorded
        self._unended = unended
        unended.add(self)
        self._token: Any = None

    @override
    def __enter__(self) -> Self:
        self._token = context.attach(trace.set_span_in_context(self.recorded))
        return self

    @override
    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        context.detach(self._token)
        self.end(error)

    @override
    def note(self, **attributes: Value) -> None:
        if self in self._unended:
            self.recorded.set_attributes(_named(attributes))

    @override
    def end(self, error: BaseException | None = None) -> None:
        if self not in self._unended:
            return
        self._unended.discard(self)
        if error is not None:
            told = _told(error)
            attributes = {"exception.type": type(error).__name__, "exception.message": told}
            self.recorded.set_attribute("error.type", type(error).__name__)
            self.recorded.add_event("exception", attributes)
            self.recorded.set_status(trace.StatusCode.ERROR, told)
        self.recorded.end()


def _told(error: BaseException) -> str:
    """What may be told of an error: its sentence when it is ours, without secrets or records."""
    return str(error) if isinstance(error, WmsError) else type(error).__name__


def _named(attributes: Mapping[str, Value]) -> dict[str, str | int | float | bool]:
    return {f"singer.{k}": value for k, value in attributes.items() if value is not None}


class _Marking(SpanProcessor):
    """Marks every span as log lines are marked."""

    def __init__(self, marks: Mapping[str, str]) -> None:
        self._marks = marks

    @override
    def on_start(self, span: Any, parent_context: context.Context | None = None) -> None:
        span.set_attributes(self._marks)


class _OneTrace(RandomIdGenerator):
    """Gives every span that has no parent the same trace."""

    def __init__(self, trace_id: int) -> None:
        self._trace_id = trace_id

    @override
    def generate_trace_id(self) -> int:
        return self._trace_id


def _ids(marks: Mapping[str, str]) -> RandomIdGenerator:
    """The trace of a run that is named by a UUID is that UUID: so all its plugins share it."""
    try:
        return _OneTrace(uuid.UUID(marks.get("run_id", "")).int)
    except ValueError:
        return RandomIdGenerator()


class _Trouble(logging.Handler):
    """Hears what OpenTelemetry complains about, and says it once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.happened = threading.Event()
        self._said = False
        theirs = logging.getLogger("opentelemetry")
        theirs.propagate = False
        theirs.handlers = [self]

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(SENDERS):
            return
        self.happened.set()
        self.say()

    def say(self) -> None:
        """Say that telemetry is lost, unless it was said."""
        if self._said:
            return
        self._said = True
        names = ("", "TRACES_", "METRICS_")
        given = [os.environ.get(f"OTEL_EXPORTER_OTLP_{name}ENDPOINT") for name in names]
        address = urlsplit(next(filter(None, given), "http://localhost:4318"))
        logger.warning(
            "The collector at %s does not take all traces and metrics; the run goes on without.",
            address.hostname if address.port is None else f"{address.hostname}:{address.port}",
        )


def _without_query(span: trace.Span, request: Any) -> None:
    """Leave filters and positions out of a request's address."""
    address = str(request.url.copy_with(query=None, username="", password=""))
    for name in ("http.url", "url.full"):
        if name in (getattr(span, "attributes", None) or {}):
            span.set_attribute(name, address)
