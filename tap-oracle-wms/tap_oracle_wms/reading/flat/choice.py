"""Choose between two ways to read by what a row costs by each."""

from __future__ import annotations

import threading
from collections import Counter

FLAT, RECORDS = "flat", "records"

AS_CHEAP = 2
"""How many times cheaper flat reading must be: it needs more requests, and comparisons."""


class Choice:
    """Measures both ways on a page each, and takes flat where it is cheap enough."""

    def __init__(self, *, measures: bool) -> None:
        """Without `measures`, flat is taken."""
        self._lock = threading.Lock()
        self._chosen = None if measures else FLAT
        self._is_trying = False
        self._rows = Counter[str]()
        self._seconds = {FLAT: 0.0, RECORDS: 0.0}
        self._is_told = False

    def next_way(self) -> str:
        """Return the way of the next page: until it is decided, one is read flat at a time."""
        with self._lock:
            if self._chosen is not None:
                return self._chosen
            if self._is_trying or self._rows[FLAT]:
                return RECORDS
            self._is_trying = True
            return FLAT

    def end_try(self) -> None:
        """Note that a flat page has come, or failed."""
        with self._lock:
            self._is_trying = False

    def note(self, way: str, rows: int, seconds: float) -> None:
        """Take in what a whole page took."""
        with self._lock:
            self._rows[way] += rows
            self._seconds[way] += seconds
            if self._chosen is None and self._rows[FLAT] and self._rows[RECORDS]:
                costs = self._costs()
                is_cheap = costs[FLAT] * AS_CHEAP <= costs[RECORDS]
                self._chosen = FLAT if is_cheap else RECORDS

    def _costs(self) -> dict[str, float]:
        return {
            way: 1000 * self._seconds[way] / self._rows[way]
            for way in (FLAT, RECORDS)
            if self._rows[way]
        }

    @property
    def ms_a_row(self) -> dict[str, float]:
        """Way -> the milliseconds of a row, as far as measured."""
        with self._lock:
            return {way: round(cost, 2) for way, cost in self._costs().items()}

    def news(self) -> str | None:
        """Return the way that was decided, once."""
        with self._lock:
            if self._is_told or self._chosen is None or len(self._costs()) < 2:
                return None
            self._is_told = True
            return self._chosen
