"""An OTLP/HTTP collector: takes what OpenTelemetry sends, and tells it by name."""

from __future__ import annotations

import gzip
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Span:
    """A span as it was sent."""

    name: str
    service: str
    trace: str
    id: str
    parent: str
    seconds: float
    attributes: dict[str, Any]
    failed: bool
    told: str
    """The description of its status."""
    events: list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Value:
    """A point of a metric: a number, or of a distribution its sum and count."""

    name: str
    service: str
    value: float
    count: int
    attributes: dict[str, Any]


@dataclass
class Collector:
    """Receives until it is closed; with `delay` it answers late, with `status` not well."""

    delay: float = 0.0
    status: int = 200
    spans: list[Span] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program send here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.address}

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def parent(self, span: Span) -> Span | None:
        return next((each for each in self.spans if each.id == span.parent), None)

    def total(self, name: str, **attributes: Any) -> float:
        """The sum of a counter's last values, or of a distribution."""
        last = {
            (point.service, tuple(sorted(point.attributes.items()))): point
            for point in self.values
            if point.name == name and attributes.items() <= point.attributes.items()
        }
        return sum(point.value for point in last.values())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                time.sleep(collector.delay)
                collector.headers.append(dict(self.headers))
                if collector.status == 200:
                    collector._take(self.path, body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _take(self, path: str, body: bytes) -> None:
        if path == "/v1/traces":
            for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = _attributes(sent.resource.attributes)["service.name"]
                found = (span for scope in sent.scope_spans for span in scope.spans)
                self.spans += [_span(service, span) for span in found]
        elif path == "/v1/metrics":
            for given in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                service = _attributes(given.resource.attributes)["service.name"]
                metrics = (metric for scope in given.scope_metrics for metric in scope.metrics)
                self.values += [value for metric in metrics for value in _values(service, metric)]


def _span(service: str, span: Any) -> Span:
    return Span(
        span.name,
        service,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        _attributes(span.attributes),
        span.status.code == span.status.STATUS_CODE_ERROR,
        span.status.message,
        [(event.name, _attributes(event.attributes)) for event in span.events],
    )


def _values(service: str, metric: Any) -> Iterable[Value]:
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points:
        attributes = _attributes(point.attributes)
        if kind == "histogram":
            yield Value(metric.name, service, point.sum, point.count, attributes)
        else:
            value = getattr(point, point.WhichOneof("value"))
            yield Value(metric.name, service, value, 1, attributes)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
