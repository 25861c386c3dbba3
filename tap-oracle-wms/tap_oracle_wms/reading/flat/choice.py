"""Choose between two ways to read by what a row costs by each."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

FLAT, RECORDS = "flat", "records"

AS_CHEAP = 2
"""How many times cheaper flat reading must be: it needs more requests, and comparisons."""

HOPELESS = 1.2
"""Few rows cost so many times as much by records at least, where many cost twice as much."""

CLEAR = 2
"""How many times longer than a request for one row one for few rows must take to tell that."""

TRIES = 3
"""Pages by the other way, too small to measure by, before the likely choice is final."""


@dataclass(frozen=True)
class Timing:
    """What a request of so many rows took."""

    rows: int
    seconds: float

    def ms_a_row(self, request: float) -> float:
        """Return the milliseconds of each row, beside the seconds that any request takes."""
        return 1000 * max(0.0, self.seconds - request) / self.rows


class Choice:
    """Takes what is likely by a few rows, and then what is certain by a whole page each."""

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

    def compare(self, *, flat: Timing, records: Timing, request: float) -> None:
        """Take in what few rows took, and how many seconds a request for one row took.

        The first request of an entity may be slow for other reasons: it makes nothing certain but
        that flat reading is not worth it.
        """
        costs = {FLAT: flat.ms_a_row(request), RECORDS: records.ms_a_row(request)}
        with self._lock:
            self._first = costs
            is_cheap = costs[FLAT] * AS_CHEAP < costs[RECORDS]
            self._likely = FLAT if is_cheap else RECORDS
            is_clear = flat.seconds >= CLEAR * request
            if self._chosen is None and is_clear and costs[RECORDS] < costs[FLAT] * HOPELESS:
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
