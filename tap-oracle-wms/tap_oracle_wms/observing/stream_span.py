"""The span of a stream's read, which begins with the first request, even ahead of its turn."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.trace import INVALID_SPAN, Span

from tap_oracle_wms.observing import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_oracle_wms.observing.report import StreamReport


class StreamSpan:
    """One span for each round of a stream."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._span: Span = INVALID_SPAN

    def begin(self) -> Span:
        """Return the span; the first call begins it."""
        if self._span is INVALID_SPAN:
            self._span = telemetry.begin("stream", INVALID_SPAN, stream=self._stream)
        return self._span

    @contextmanager
    def within(self, report: StreamReport) -> Iterator[None]:
        """Do the block within the span, and end the span with the rows and pages that were read."""
        with telemetry.within(self.begin()) as span:
            try:
                yield
            finally:
                span.set_attributes({"singer.rows": report.read, "singer.pages": report.pages})
                self._span = INVALID_SPAN  # another round has its own
