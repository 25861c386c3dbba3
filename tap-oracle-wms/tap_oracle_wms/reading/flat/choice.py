"""Choose between two ways to read by what a row costs by each."""

from __future__ import annotations

import threading
from collections import Counter

FLAT, RECORDS = "flat", "records"

AS_CHEAP = 2
"""How many times cheaper flat reading must be: it needs more requests, and comparisons."""

HOPELESS = 1.2
"""Few rows cost so many times as much by records at least, where many cost twice as much."""

TRIES = 3
"""Pages by the other way, too small to measure by, before the likely choice is final."""


class Choice:
    """Takes what is likely by a few rows, and then what is certain by a whole page each.

    A request has a cost of its own, so that with few rows the two ways differ by less than they
    do with many: where flat reading is cheap enough of few, it is likely to be so of many.
    """

    def __init__(self, *, measures: bool) -> None:
        """Without `measures`, flat is taken."""
        self._lock = threading.Lock()
        self._chosen = None if measures else FLAT
        self._likely = RECORDS
        self._is_trying = False
        self._tries = 0
        self._first: dict[str, float] = {}
        self._rows = Counter[str]()
        self._seconds = {FLAT: 0.0, RECORDS: 0.0}
        self._is_told = False

    def compare(self, rows: int, *, flat: float, records: float) -> None:
        """Take in how many seconds the same few rows took.

        The first request of an entity may be slow for other reasons: it makes nothing certain but
        that flat reading is not worth it.
        """
        with self._lock:
            self._first = {FLAT: 1000 * flat / rows, RECORDS: 1000 * records / rows}
            is_cheap = flat * AS_CHEAP <= records
            self._likely = FLAT if is_cheap else RECORDS
            if self._chosen is None and records < flat * HOPELESS:
                self._chosen = RECORDS

    def next_way(self) -> tuple[str, bool]:
        """Return the way of the next page, and whether it is a try of the less likely one.

        Until it is decided, there is one such page at a time.
        """
        with self._lock:
            if self._chosen is not None:
                return self._chosen, False
            other = RECORDS if self._likely == FLAT else FLAT
            if self._is_trying or self._rows[other]:
                return self._likely, False
            self._is_trying = True
            return other, True

    def end_try(self) -> None:
        """Note that a page of the less likely way has come, or failed."""
        with self._lock:
            self._is_trying = False
            self._tries += 1
            if self._chosen is None and self._tries >= TRIES:
                self._chosen = self._likely

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
        whole = {way: 1000 * self._seconds[way] / rows for way, rows in self._rows.items() if rows}
        return self._first | whole

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
