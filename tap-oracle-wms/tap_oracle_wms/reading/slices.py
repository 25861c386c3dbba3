"""Divide a stream into slices, and decide what to request next.

A stream opens with one small page; where that is full, its greatest id bounds the rest. A stream
with fewer slices than idle threads has its longest slice split, so that uneven ids cost nothing.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.errors import CountError, DataError, SlowAnswerError
from tap_oracle_wms.observing import telemetry
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID
from tap_oracle_wms.reading.deletes import IdSet
from tap_oracle_wms.reading.ledger import Ledger
from tap_oracle_wms.reading.odd_data import place
from tap_oracle_wms.reading.parts import ReadPage, Slice, content_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_oracle_wms.api.models import Page
    from tap_oracle_wms.reading.parts import Answer, Source
    from tap_oracle_wms.reading.plan import Window

FIRST_PAGE = 100
"""Rows of a stream's first request: small entities need no other, large ones lose little by it."""

LEAST_PAGE = 10
SLOW_REQUEST = 60.0
"""Seconds; after a page that took longer, the next ones are smaller."""

WINDOWS = 200
"""The most that a backlog is cut into."""


class Slices:
    """One stream's slices, and its pages that wait to be written.

    Every method but `fetch` is called under the pool's lock.
    """

    def __init__(
        self,
        source: Source,
        window: Window,
        ranges: Sequence[tuple[int, int]],
        page_size: int,
        *,
        cut: bool,
    ) -> None:
        self.cuts = cut
        self.source = source
        self.window = window
        self.seen = IdSet()
        """The ids of all rows that came."""
        self.contents: Counter[int] = Counter()
        """Hashes of all rows that came, where they have no ids."""
        self.highest: int | None = None
        """The greatest id as it was told before the rows were read."""
        self.uncounted: CountError | None = None
        """Why the rows could not be counted."""
        self.pages: deque[ReadPage] = deque()
        self.error: BaseException | None = None
        self.total: int | None = None
        """Rows in all, once they were counted."""
        self.rows = 0
        """Those that came."""
        self._size = self.largest = page_size
        self.cap: int | None = None
        """The most rows that a page has, where WMS gives fewer than asked and links none."""
        self._opening = list(ranges) == [(FIRST_ID, LAST_ID)] or not source.keyed
        self._unknown_top = self.is_large = not self._opening
        """Whether it took more than one page: there is something to compare, then."""
        self._waiting = deque(Slice(window, after, through) for after, through in ranges)
        self._busy: set[Slice] = set()
        self._ledger = Ledger(self._waiting, strict=cut)
        self._too_slow = 0

    def promise(self) -> Slices:
        """Expect rows, so that an answer without any is asked for again."""
        for part in self._waiting:
            part.promised = True
        return self

    @property
    def exhausted(self) -> bool:
        """Nothing is left to ask for; pages may still wait."""
        return self.error is not None or not (self._waiting or self._busy)

    @property
    def load(self) -> int:
        """Pages in memory or on their way."""
        return len(self.pages) + len(self._busy)

    def stop(self, error: BaseException | None = None) -> None:
        """Ask for nothing more."""
        self.error = self.error or error
        for part in [*self._waiting, *self._busy]:
            telemetry.end(part.span, error)
        self._waiting.clear()

    def take(self) -> Slice | None:
        """A slice to fetch from; a part of a busy one when none waits."""
        if self._unknown_top and self._busy:
            return None
        part = self._waiting.popleft() if self._waiting else self._steal()
        if part is not None:
            self._busy.add(part)
        return part

    def _steal(self) -> Slice | None:
        """Split the busy slice with most rows left: the upper half of what comes after its page."""
        if self._opening or not self.source.keyed or self.uncounted:
            return None
        reaches = {part: part.after + int(self._size / part.density) for part in self._busy}
        rows = {part: (part.through - reach) * part.density for part, reach in reaches.items()}
        longest = max(rows, key=rows.__getitem__, default=None)
        if longest is None or rows[longest] < self._size:
            return None
        middle = (reaches[longest] + longest.through) // 2
        stolen = Slice(longest.window, middle, longest.through, longest.density, promised=True)
        longest.through = middle
        self._ledger.split(stolen)
        return stolen

    def fetch(self, part: Slice) -> tuple[Answer, int, float]:
        """One request for a slice: its top when that is unknown, else its next page.

        Returns the answer, the page size asked for and the seconds it took.
        """
        is_small = self._opening and self.source.keyed
        size = part.size = min(self._size, FIRST_PAGE) if is_small else self._size
        part.counts = part.counts or (self._opening and part.uncounted is None)
        begun = time.monotonic()
        answer = self._top(part) if self._unknown_top else self.source.page(part, size)
        return answer, size, time.monotonic() - begun

    def _top(self, part: Slice) -> tuple[int, int] | CountError | None:
        try:
            return self.source.top(part)
        except CountError as error:
            return error

    def shrink(self, part: Slice, error: SlowAnswerError, patience: int) -> None:
        """Ask for the same rows again in smaller pages."""
        self._busy.discard(part)
        if part.size <= LEAST_PAGE:
            self._too_slow += 1
        if self._too_slow > patience:
            self.stop(error)
            return
        self._size = max(LEAST_PAGE, min(self._size, part.size // 2))
        self._waiting.appendleft(part)

    def deliver(self, part: Slice, answer: Answer, size: int, seconds: float) -> None:
        """Take an answer, and queue the requests that follow from it."""
        self._busy.discard(part)
        self._too_slow = 0
        if self._unknown_top:
            self._take_top(part, answer)  # type: ignore[arg-type] # the answer to what was asked
        elif self.source.keyed:
            self._adapt(size, seconds)
            self._deliver_keyed(part, answer, size)  # type: ignore[arg-type] # the answer to what was asked
        else:
            self._deliver_chained(part, answer)  # type: ignore[arg-type] # the answer to what was asked

    def _take_top(self, part: Slice, top: tuple[int, int] | CountError | None) -> None:
        """Go by the greatest id, or where WMS does not tell it, from one page to the next."""
        self._unknown_top = False
        if isinstance(top, CountError):
            self.uncounted = top
            self._waiting.appendleft(part)
        else:
            self._cut(part, top)

    def _cut(self, part: Slice, top: tuple[int, int] | None) -> None:
        """Bound the slices by the greatest id; cut a backlog into windows of about a page."""
        telemetry.end(part.span)
        parts = [part, *self._waiting]
        self._waiting.clear()
        if top is None:
            self._put((), part.after, part.through, self._ledger.close(part))
            return
        highest, count = top
        self.highest = highest
        opened = self.total if self.rows else 0  # the first page may lack rows
        self.total = None if opened is None else max(self.rows + count, opened)
        parts_wanted = min(WINDOWS, count // self._size) if self.cuts else 1
        windows = part.window.cut(parts_wanted)
        # A window is proved by its own count, unless rows of the first page may be missing from it.
        counts = len(windows) > 1 and self.total == self.rows + count
        density = count / (highest - part.after) / len(windows)
        for window in windows:
            for old in parts:
                if old.after < highest:
                    through = min(old.through, highest)
                    promised = counts or density * (through - old.after) >= 1
                    self._waiting.append(
                        Slice(window, old.after, through, density, promised=promised, counts=counts)
                    )
        self._ledger = Ledger(self._waiting, strict=self.cuts)

    def _deliver_keyed(self, part: Slice, page: Page[Any], size: int) -> None:
        ids = [self.source.id_of(row) for row in page.results]
        _check_order(self.source, ids, part)
        rows = page.results
        through = bool(ids) and ids[-1] >= part.through
        if through:  # perhaps beyond: the slice may have been split while this was on its way
            rows = [row for row, key in zip(rows, ids, strict=True) if key <= part.through]
            ids = ids[: len(rows)]
        self.seen.update(ids)
        after = part.after
        self._ledger.take(part, page, len(rows))
        # A short page alone proves nothing, as WMS may cap sizes; nor does a full one without link.
        if through:
            self._finish(part, rows, after, part.through)
            return
        if page.next_page is None and len(ids) < size:
            self._take_count(part, page)
            self._finish(part, rows, after, ids[-1] if ids else part.through)
            return
        if not ids:
            msg = (
                f"Stream {self.source.stream}: WMS answered an empty page with a link to a next "
                f"one, {place(part.after)}; run again, and report it to Oracle if it stays."
            )
            raise DataError(msg)
        part.promised = page.next_page is not None
        self.is_large = True
        part.after = ids[-1]
        part.density = len(rows) / max(1, part.after - after) if after != FIRST_ID else 1.0
        if self._opening:
            self._opening, self._unknown_top, self.total = False, True, page.result_count
        self._waiting.appendleft(part)
        self._put(rows, after, part.after, None)

    def _take_count(self, part: Slice, page: Page[Any]) -> None:
        """Take the number of all rows from the only page; if there are more, they are missing."""
        if not self._opening:
            return
        if page.result_count is None:
            if page.results:
                self.uncounted = part.uncounted or CountError("WMS gives no number of rows.")
        else:
            self.total = page.result_count
            self.is_large = self.total > len(page.results)
            if self.is_large and page.next_page is None and page.results and self.source.keyed:
                self.cap = self._size = self.largest = len(page.results)

    def _deliver_chained(self, part: Slice, page: Page[Any]) -> None:
        if self._opening:
            self._take_count(part, page)
            if self.is_large or page.next_page is not None:
                self._chain(part)
                return
        self.contents.update(map(content_of, page.results))
        if page.next_page is None:
            self._finish(part, page.results, FIRST_ID, FIRST_ID)  # no id tells how far it is
            return
        query = page.next_page.partition("?")[2]
        if query == part.query:
            msg = (
                f"Stream {self.source.stream}: WMS answered a page that names itself as the next "
                f"one, after {self.rows} rows; run again, and report it to Oracle if it stays."
            )
            raise DataError(msg)
        part.query, part.promised = query, True
        self._waiting.appendleft(part)
        self._put(page.results, FIRST_ID, FIRST_ID, None)

    def _chain(self, part: Slice) -> None:
        """Begin again with pages that are linked by a cursor: only the first one is counted."""
        self._opening, self.is_large, part.promised, part.counts = False, True, True, False
        self._waiting.appendleft(part)

    def _finish(self, part: Slice, rows: Sequence[Any], after: int, through: int) -> None:
        telemetry.end(part.span)
        self._put(rows, after, through, self._ledger.close(part))

    def _put(self, rows: Sequence[Any], after: int, through: int, finished: Window | None) -> None:
        self.rows += len(rows)
        self.pages.append(ReadPage(rows, after, through, finished, datetime.now(UTC)))

    def _adapt(self, size: int, seconds: float) -> None:
        """Adapt the page size, so that a request takes no longer than gateways wait."""
        if seconds > SLOW_REQUEST:
            self._size = max(LEAST_PAGE, int(size * SLOW_REQUEST / seconds))
        elif seconds < SLOW_REQUEST / 4 and self._size < self.largest:
            self._size = min(self.largest, self._size * 2)


def _check_order(source: Source, ids: list[int], part: Slice) -> None:
    """Check that the ids of an answer ascend within the slice: paging by id would lose rows.

    Raises:
        DataError: It has not.
    """
    if ids and (ids[0] <= part.after or any(a >= b for a, b in pairwise(ids))):
        msg = (
            f"Stream {source.stream}: WMS answered rows that are not in the order of "
            f"their ids, {place(part.after)}; run again, and report it to Oracle if it stays."
        )
        raise DataError(msg)
