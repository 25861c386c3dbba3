"""Requests of a run: counted for its report, and measured as the SDK's metrics."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from singer_sdk import metrics
from singer_sdk.metrics import Status, Tag


class Requests:
    """Counts and measures the requests of all threads."""

    def __init__(self) -> None:
        self.sent = 0
        self._retries: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._counters: dict[str, metrics.Counter] = {}

    @property
    def retries(self) -> int:
        """Attempts that followed a failed one."""
        return self._retries.total()

    def retries_of(self, name: str) -> int:
        """Return the retries of one request, such as `GET /entity/item/`."""
        return self._retries[name]

    def send(self) -> None:
        """Count an attempt."""
        with self._lock:
            self.sent += 1

    def retry(self, name: str) -> None:
        """Count a failed attempt that another one follows."""
        with self._lock:
            self._retries[name] += 1

    def measure(self, stream: str, endpoint: str, seconds: float, status: int | None) -> None:
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

    def log_count(self, stream: str) -> None:
        """Log how many requests a stream has taken since this was logged last."""
        with self._lock:
            if (counter := self._counters.pop(stream, None)) is not None:
                counter.exit()
