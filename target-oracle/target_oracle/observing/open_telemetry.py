"""OpenTelemetry's SDK: one trace and one set of metrics a run, sent by OTLP over HTTP.

The SDK reads the exporters' addresses, the sampler, the resource and the limits from the OTEL_*
variables itself.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from typing_extensions import override

from . import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from opentelemetry.context import Context
    from opentelemetry.metrics import Meter

    Attributes = Mapping[str, str | int | float | bool]
    Instruments = Mapping[str, tuple[str, str, str]]

LEAVING_SECONDS = 3.0
"""The most that the end of a run waits for the collector."""

SENDERS = (
    "opentelemetry.exporter",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.metrics._internal.export",
)
"""Loggers of what sends."""

logger = logging.getLogger(logs.NAME)


class Recording:
    """One run; a signal that is not wanted goes to a provider that drops it."""

    def __init__(
        self,
        wanted: Collection[str],
        marks: Mapping[str, str],
        instruments: Instruments,
        told: Callable[[BaseException], str],
    ) -> None:
        self._told = told
        self._trouble = _Trouble()
        self._exporters: list[OTLPSpanExporter | OTLPMetricExporter] = []
        resource = _resource()
        named = {f"singer.{name}": value for name, value in marks.items()}
        self._spans = _Spans(named)
        self._lasting = {name: named[name] for name in named if name != "singer.run_id"}
        self.tracers = TracerProvider(
            resource=resource, id_generator=_ids(marks), shutdown_on_exit=False
        )
        self.tracers.add_span_processor(self._spans)
        if "traces" in wanted:
            spans = OTLPSpanExporter()
            self._exporters.append(spans)
            self.tracers.add_span_processor(BatchSpanProcessor(spans))
        readers = []
        if "metrics" in wanted:
            values = OTLPMetricExporter()
            self._exporters.append(values)
            readers.append(PeriodicExportingMetricReader(values))
        self.meters = MeterProvider(readers, resource, shutdown_on_exit=False)
        self._record = _records(self.meters.get_meter(logs.NAME), instruments)
        self._tracer = self.tracers.get_tracer(logs.NAME)
        parent = TraceContextTextMapPropagator().extract(
            {name: os.environ.get(name.upper(), "") for name in ("traceparent", "tracestate")}
        )
        self._run = self._tracer.start_span(logs.NAME, parent)
        logs.mark(trace_id=trace.format_trace_id(self._run.get_span_context().trace_id))

    def begin(self, name: str, parent: trace.Span | None, attributes: Attributes) -> trace.Span:
        """Begin a span, within the thread's present one or another parent, else within the run."""
        above = trace.get_current_span() if parent is None else parent
        if not above.get_span_context().is_valid:
            above = self._run
        return self._tracer.start_span(
            name, trace.set_span_in_context(above), attributes=dict(attributes)
        )

    def end(self, span: trace.Span, error: BaseException | None) -> None:
        """End a span, as failed when there is an error."""
        if not span.is_recording():
            return
        if error is not None:
            told, kind = self._told(error), type(error).__name__
            span.set_attribute("error.type", kind)
            span.add_event("exception", {"exception.type": kind, "exception.message": told})
            span.set_status(trace.StatusCode.ERROR, told)
        span.end()

    def measure(self, name: str, value: float, attributes: Attributes) -> None:
        """Give an instrument a value."""
        self._record[name](value, self._lasting | dict(attributes))

    def close(self, error: BaseException | None) -> None:
        """End the run, and send what is left."""
        for left in self._spans.unended():
            self.end(left, error if left is self._run else None)
        self._trouble.happened.clear()
        senders = [
            threading.Thread(target=provider.shutdown, daemon=True)
            for provider in (self.tracers, self.meters)
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


def _resource() -> Resource:
    """The resource that the OTEL_* variables describe, under the plugin's name unless they say."""
    described = Resource({"service.name": logs.NAME}).merge(OTELResourceDetector().detect())
    return Resource.create(described.attributes)


def _records(meter: Meter, instruments: Instruments) -> dict[str, Callable[..., None]]:
    """What gives each instrument a value."""
    make: dict[str, Callable[[str, str, str], Callable[..., None]]] = {
        "counter": lambda *described: meter.create_counter(*described).add,
        "histogram": lambda *described: meter.create_histogram(*described).record,
        "gauge": lambda *described: meter.create_gauge(*described).set,
    }
    return {
        name: make[kind](f"singer.{name}", unit, description)
        for name, (kind, unit, description) in instruments.items()
    }


class _Spans(SpanProcessor):
    """Marks every span as log lines are marked, and keeps those that have not ended."""

    def __init__(self, marks: Attributes) -> None:
        self._marks = dict(marks)
        self._unended: dict[int, Any] = {}

    @override
    def on_start(self, span: Any, parent_context: Context | None = None) -> None:
        span.set_attributes(self._marks)
        self._unended[span.context.span_id] = span

    @override
    def on_end(self, span: ReadableSpan) -> None:
        self._unended.pop(span.context.span_id, None)

    def unended(self) -> list[trace.Span]:
        """The spans that have not ended, the youngest first."""
        return [*self._unended.values()][::-1]


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
