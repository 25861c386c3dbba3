"""Plan what to read, from settings, state and the time at WMS, without input or output."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.config.times import moment, utc
from tap_oracle_wms.errors import DataError
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID, Bookmark, FullLoad, Spans
from tap_oracle_wms.reading.deletes import check_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_oracle_wms.config.settings import Settings


@dataclass(frozen=True)
class Window:
    """A half-open range of the replication key: [since, until); None sets no bound."""

    since: datetime | None = None
    until: datetime | None = None

    def params(self, key: str) -> dict[str, str]:
        """The filters that ask for it."""
        bounds = {f"{key}__gte": self.since, f"{key}__lt": self.until}
        return {name: utc(bound) for name, bound in bounds.items() if bound is not None}

    def cut(self, parts: int) -> list[Window]:
        """Windows of equal length that cover it exactly, in order."""
        if self.since is None or self.until is None or parts < 2:
            return [self]
        length = (self.until - self.since) / parts
        inner = [self.since + n * length for n in range(1, parts)]
        edges = sorted({self.since, *inner, self.until})
        return [Window(a, b) for a, b in pairwise(edges)]


@dataclass
class ReadPlan:
    """What is to be read of one stream: a window, the ranges of ids in it, and the bookmark.

    A full load (`bookmark.load`) moves along the ids, incremental reading along the window.
    """

    window: Window
    bookmark: Bookmark
    ranges: list[tuple[int, int]] = field(default_factory=lambda: [(FIRST_ID, LAST_ID)])
    activates: bool = False
    """Whether it reads under no filter, so that rows without its version are gone."""
    _finished: set[Window] = field(default_factory=set, init=False)

    @property
    def is_incremental(self) -> bool:
        """Whether the window may be cut: a full load goes by ids alone."""
        return self.bookmark.load is None

    @property
    def expects_rows(self) -> bool:
        """Whether an answer without rows is a surprise."""
        return self.bookmark.load is not None or self.bookmark.expects_rows

    @property
    def version(self) -> int | None:
        """The version of a full load that reads everything there is: what lacks it is gone.

        Under a limit it has one, too: the run that ends it counts all rows without as gone.
        """
        load = self.bookmark.load
        return load.version if load and self.activates and self.window == Window() else None

    def __post_init__(self) -> None:
        self._rows = 0
        self._begun_at = self.bookmark.value
        self._whole = self.window
        self._repeated = 0
        self.earlier = [] if self.bookmark.load is None else self.bookmark.load.done.counted
        """The ranges that a run before has read, with their numbers of rows."""

    def commit(self, after: int, through: int, rows: int, finished: Window | None) -> None:
        """Note that the rows with ids in (after, through], or of a whole window, are written."""
        if self.bookmark.load is not None:
            self.bookmark.load.done.add(after, through, rows)
            return
        self._rows += rows
        if finished is not None:
            self._finished.add(finished)
        reached = self.window.since
        while following := next((w for w in self._finished if w.since == reached), None):
            self._finished.remove(following)
            reached = following.until
            self.window = Window(reached, self.window.until)
            self._advance(reached)

    def check_share(self, stream: str, rows: int, max_share: float) -> None:
        """Check that a full load has about as many rows as the last one; note how many.

        `rows` have left in this run.

        Raises:
            DataError: Too many of the last one's are gone.
        """
        earlier = [found for _, _, found in self.earlier]
        if self.version is None or None in earlier or self.bookmark.extract is not None:
            return
        rows += sum(filter(None, earlier)) - self._repeated
        known = self.bookmark.rows or 0
        try:
            check_share(stream, known - rows, known, max_share)
        except DataError:
            self.take_back()
            raise
        self.bookmark.rows = rows

    def take_back(self) -> None:
        """Forget all that is written, for rows are missing among it."""
        self.bookmark.value = self._begun_at
        if self.bookmark.load is not None:
            self.bookmark.load.done = Spans()

    def start_over(self, rows: int) -> None:
        """Plan to read everything again; so many rows have left in vain."""
        self.take_back()
        self.window, self.ranges, self.earlier = self._whole, [(FIRST_ID, LAST_ID)], []
        self._finished.clear()
        self._rows = 0
        self._repeated += rows

    def complete(self) -> None:
        """Note that everything is out."""
        if self.bookmark.load is not None:
            self._advance(self.bookmark.load.mark)
            self.bookmark.load = None
        else:
            self._advance(self.window.until)
            is_found = self._rows or self.bookmark.extract is not None
            self.bookmark.empty_since = None if is_found else self._begun_at

    def _advance(self, reached: datetime | None) -> None:
        known = [moment for moment in (self.bookmark.value, reached) if moment is not None]
        self.bookmark.value = max(known, default=None)


def scope_digest(filters: Mapping[str, Any]) -> str:
    """Return a digest of filters: a full load resumes only under the same filters."""
    return hashlib.sha256(json.dumps(filters, sort_keys=True).encode()).hexdigest()[:12]


SECONDS_A_DAY = 86_400


def next_version(last: int, own_time: datetime) -> int:
    """Return a version above the last one, and above those of runs since that left no STATE.

    It is this machine's time in ms, which no `Date` of WMS and no setting moves back. Where that is
    not above the last version, the seconds of the day tell two runs apart.
    """
    version = int(own_time.timestamp() * 1000)
    return version if version > last else last + 1 + version // 1000 % SECONDS_A_DAY


def plan_full(
    bookmark: Bookmark,
    window: Window,
    mark: datetime,
    *,
    filters: Mapping[str, Any],
    own_time: datetime,
) -> ReadPlan:
    """Plan a full load of a window, or the rest of one that was interrupted.

    `mark`, the server's time before the first request, is where incremental reading takes over. A
    load goes on only under the filters that it began with, and only when ids tell how far it is.
    """
    scope = scope_digest(filters)
    load = bookmark.load
    if load is not None and load.version < bookmark.version:
        load = None  # an ended one, which a merge of states has brought back
    if load is None or load.scope != scope or not list(load.done):
        load = FullLoad(mark, next_version(bookmark.version, own_time), scope)
    begun = replace(bookmark, load=load, version=load.version)
    return ReadPlan(window, begun, load.done.gaps())


def plan_backfill(window: Window, mark: datetime) -> ReadPlan:
    """Plan to read a window again, along the ids, with a bookmark that nobody keeps."""
    return ReadPlan(window, Bookmark(load=FullLoad(mark, version=0, scope="")))


def plan_incremental(
    bookmark: Bookmark,
    settings: Settings,
    *,
    now: datetime,
    filters: Mapping[str, Any],
    own_time: datetime,
) -> ReadPlan:
    """Plan the window since the bookmark, or a full load when there is no bookmark.

    A forced full load that broke off is forgotten: the bookmark's value is the one from before it.
    """
    start = moment(settings.start_date, now) if settings.start_date else None
    end = moment(settings.end_date, now) if settings.end_date else None
    until = now - timedelta(seconds=settings.incremental_lag_seconds)
    until = min(until, end) if end else until
    if bookmark.value is None:
        given = {**filters, "start_date": settings.start_date, "end_date": settings.end_date}
        return plan_full(bookmark, Window(start, end), until, filters=given, own_time=own_time)
    proved = min(bookmark.value, bookmark.empty_since or bookmark.value)
    since = proved - timedelta(minutes=settings.incremental_overlap_minutes)
    since = max(since, start) if start else since
    return ReadPlan(Window(since, max(since, until)), replace(bookmark, load=None))
