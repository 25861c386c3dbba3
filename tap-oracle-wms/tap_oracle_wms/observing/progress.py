"""Log the progress of a stream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

EVERY = 30.0
"""Seconds between two lines on one stream."""


class Progress:
    """Rows, pages and pace of one stream."""

    def __init__(self, logger: logging.Logger, stream: str) -> None:
        self.rows = 0
        self.pages = 0
        self._logger = logger
        self.stream = stream
        self._begun = self._said = time.monotonic()

    @property
    def _pace(self) -> float:
        """Rows per second."""
        return self.rows / max(0.001, time.monotonic() - self._begun)

    def note(self, rows: int, total: int | None) -> None:
        """Count rows that were written, and log them every `EVERY` seconds."""
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
        self._logger.info("%s: %s rows%s, %.0f rows/s.", self.stream, f"{self.rows:,}", known, pace)

    def summarise(self) -> None:
        """Log the rows, pages and pace of the whole stream."""
        self._logger.info(
            "%s: %s rows in %d pages, %s, %.0f rows/s.",
            self.stream,
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
