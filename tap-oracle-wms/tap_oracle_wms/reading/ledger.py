"""Tell when a window is read, so that the bookmark may follow: all rows that WMS counts have come.

The first page of each slice of a backlog tells how many rows the slice has. A window of which rows
lack, or of which WMS gave no number, waits for the proof of the whole read.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.reading.bookmark import FIRST_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_oracle_wms.api.models import Page
    from tap_oracle_wms.reading.parts import Slice
    from tap_oracle_wms.reading.plan import Window


class Ledger:
    """Keeps account of the slices of each window, and of their rows."""

    def __init__(self, parts: Iterable[Slice], *, strict: bool) -> None:
        """`strict`: a window counts as read only when all of its rows have come."""
        self._strict = strict
        self._open: Counter[Window] = Counter()
        self._uncounted: Counter[Window] = Counter()
        self._lacking: Counter[Window] = Counter()
        for part in parts:
            self.begin(part)

    def begin(self, part: Slice) -> None:
        """Expect a slice."""
        self._open[part.window] += 1
        self._uncounted[part.window] += 1

    def split(self, part: Slice) -> None:
        """Expect a part of a slice that has begun: its rows are counted there."""
        self._open[part.window] += 1

    def take(self, part: Slice, page: Page[Any], rows: int) -> None:
        """Note that rows came; an empty first page of all proves nothing."""
        self._lacking[part.window] -= rows
        counted = page.result_count if page.results else 0
        if part.counts and counted is not None and (page.results or part.after != FIRST_ID):
            self._lacking[part.window] += counted
            self._uncounted[part.window] -= 1
        part.counts = False

    def close(self, part: Slice) -> Window | None:
        """Note that a slice has ended; return its window if that is read."""
        window = part.window
        self._open[window] -= 1
        is_proved = self._uncounted[window] == 0 and self._lacking[window] <= 0
        return window if self._open[window] == 0 and (is_proved or not self._strict) else None
