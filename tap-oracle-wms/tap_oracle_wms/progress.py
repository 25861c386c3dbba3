"""How far a stream is, for people; who runs, for every log line."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_oracle_wms.settings import Settings

EVERY = 30.0
"""Seconds between two lines on one stream."""


class Progress:
    """Rows, pages and pace of one stream."""

    def __init__(self, logger: logging.Logger, stream: str) -> None:
        self.rows = 0
        self.pages = 0
        self._logger = logger
        self._stream = stream
        self._begun = self._said = time.monotonic()

    @property
    def _pace(self) -> float:
        """Rows per second."""
        return self.rows / max(0.001, time.monotonic() - self._begun)

    def note(self, rows: int, total: int | None) -> None:
        """Count a page that is out, and say so now and then; `total` when it is known."""
        self.rows += rows
        self.pages += 1
        if time.monotonic() - self._said < EVERY:
            return
        self._said = time.monotonic()
        if total:
            share = min(1.0, self.rows / total)
            left = (total - self.rows) / max(0.001, self._pace)
            known = f" of about {total:,} ({share:.0%}), {_span(max(0.0, left))} left"
        else:
            known = ""
        pace = self._pace
        self._logger.info(
            "%s: %s rows%s, %.0f rows/s.", self._stream, f"{self.rows:,}", known, pace
        )

    def summarise(self) -> None:
        """Say what it was in the end."""
        self._logger.info(
            "%s: %s rows in %d pages, %s, %.0f rows/s.",
            self._stream,
            f"{self.rows:,}",
            self.pages,
            _span(time.monotonic() - self._begun),
            self._pace,
        )


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


class RunContext(logging.Filter):
    """Marks every log record with the run, its company and its facility."""

    def __init__(self, run_id: str, settings: Settings) -> None:
        super().__init__()
        self._marks = {
            "run_id": run_id,
            "company": ",".join(settings.company_code) or "*",
            "facility": ",".join(settings.facility_code) or "*",
        }

    @contextmanager
    def on_all_logs(self) -> Iterator[None]:
        """Mark what every handler gets, for a while."""
        handlers = logging.getLogger().handlers
        for handler in handlers:
            handler.addFilter(self)
        try:
            yield
        finally:
            for handler in handlers:
                handler.removeFilter(self)

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.update(self._marks)
        return True

    @override
    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self._marks.items())
