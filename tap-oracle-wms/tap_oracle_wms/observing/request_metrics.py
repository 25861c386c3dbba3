"""Requests as the SDK's metrics: each one's duration, and their number per stream."""

from __future__ import annotations

import threading
from typing import Any

from singer_sdk import metrics
from singer_sdk.metrics import Status, Tag


class Requests:
    """Measures the requests of all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[str, metrics.Counter] = {}

    def note(self, stream: str, endpoint: str, seconds: float, status: int | None) -> None:
        """Measure a request; `status` is None when there was no answer."""
        code: dict[str, Any] = {} if status is None else {Tag.HTTP_STATUS_CODE: status}
        succeeded = status is not None and (status < 400 or status == 404)  # 404: no rows
        tags: dict[str, Any] = {
            Tag.STREAM: stream,
            Tag.ENDPOINT: endpoint,
            **code,
            Tag.STATUS: Status.SUCCEEDED if succeeded else Status.FAILED,
        }
        point = metrics.Point("timer", metrics.Metric.HTTP_REQUEST_DURATION, seconds, tags)
        metrics.log(metrics.get_metrics_logger(), point)
        with self._lock:
            if stream not in self._counters:
                counter = metrics.http_request_counter(stream, endpoint)
                self._counters[stream] = counter
            self._counters[stream].increment()

    def finish(self, stream: str) -> None:
        """Say how many requests a stream has taken since it was said last."""
        with self._lock:
            if (counter := self._counters.pop(stream, None)) is not None:
                counter.exit()
