"""What the tap records by OpenTelemetry beside its spans, and what it tells of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_oracle_wms.errors import WmsError
from tap_oracle_wms.observing import logs, telemetry

if TYPE_CHECKING:
    import httpx
    from opentelemetry.trace import Span

INSTRUMENTS = {
    "rows.read": ("counter", "{row}", "Rows that were read"),
    "pages.read": ("counter", "{page}", "Pages that were read"),
    "rows.compared": ("counter", "{row}", "Rows that were compared with Oracle's"),
    "rows.differing": ("counter", "{row}", "Rows that differ from Oracle's, by kind"),
    "rows.healed": ("counter", "{row}", "Rows that were written to heal a difference"),
    "request.retries": ("counter", "{request}", "Requests that were repeated"),
    "request.duration": ("histogram", "s", "Duration of a request"),
    "bookmark.lag": ("gauge", "s", "Age of a stream's bookmark"),
}


def start() -> None:
    """Begin to record what the environment asks for."""
    telemetry.start(logs.marks(), INSTRUMENTS, _told)


def watch(client: httpx.Client) -> None:
    """Record a client's requests as spans, with their addresses but without the queries."""
    active = telemetry.recording()
    if active is None:
        return
    try:
        from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor  # noqa: PLC0415
    except ImportError:
        telemetry.logger.warning(telemetry.MISSING_EXTRA)
        return
    HTTPXClientInstrumentor.instrument_client(
        client,
        tracer_provider=active.tracers,
        meter_provider=active.meters,
        request_hook=_without_query,
    )


def _without_query(span: Span, request: Any) -> None:
    """Leave filters and positions out of a request's address."""
    address = str(request.url.copy_with(query=None, username="", password=""))
    for name in ("http.url", "url.full"):
        if name in (getattr(span, "attributes", None) or {}):
            span.set_attribute(name, address)


def _told(error: BaseException) -> str:
    """What may be told of an error: its sentence when it is ours, without secrets or records."""
    return str(error) if isinstance(error, WmsError) else type(error).__name__
