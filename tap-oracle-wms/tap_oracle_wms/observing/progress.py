"""Log the progress of a run that no terminal shows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tap_oracle_wms.observing.terminal import Moving, is_terminal, span

if TYPE_CHECKING:
    import logging

EVERY = 30.0
"""Seconds between two lines of a run on its progress."""


class Pace:
    """Decides when a run says how far it is: every `EVERY` seconds, whichever stream moves."""

    def __init__(self) -> None:
        self._is_silent = is_terminal()  # which shows the progress
        self._said = time.monotonic()

    def is_due(self) -> bool:
        """Whether it is time for a line; then the next one is due later."""
        if self._is_silent or time.monotonic() - self._said < EVERY:
            return False
        self._said = time.monotonic()
        return True


class Progress:
    """Rows, pages and pace of one stream."""

    def __init__(self, logger: logging.Logger, stream: str, pace: Pace) -> None:
        self.rows = 0
        self.pages = 0
        self.stream = stream
        self._logger = logger
        self._pace = pace
        self._begun = time.monotonic()

    def _moving(self, total: int | None) -> Moving:
        return Moving(self.stream, self.rows, time.monotonic() - self._begun, total)

    def note(self, rows: int, total: int | None) -> None:
        """Count rows that were written, and log them when it is time."""
        self.rows += rows
        self.pages += 1
        if not self._pace.is_due():
            return
        moving = self._moving(total)
        known = ""
        if moving.total and moving.left is not None:
            known = f" of about {total:,} ({moving.share:.0%}), {span(moving.left)} left"
        self._logger.info(
            "%s: %s rows%s, %.0f rows/s.", self.stream, f"{self.rows:,}", known, moving.pace
        )

    def summarise(self) -> None:
        """Log the rows, pages and pace of the whole stream."""
        whole = self._moving(None)
        self._logger.debug(
            "%s: %s rows in %d pages, %s, %.0f rows/s.",
            self.stream,
            f"{self.rows:,}",
            self.pages,
            span(whole.seconds),
            whole.pace,
        )
