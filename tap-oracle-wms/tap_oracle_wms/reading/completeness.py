"""The proof that all rows were read: they are compared with what WMS itself counts.

The number of rows is known twice: from before the slices were cut (with the greatest id), and from
after the last page. What was read since the first one adds to it; as many rows as both say are all.
Anything else is no failure yet: rows may have come, gone or left the window in the meantime. Then
all ids are listed, which is cheap, and those that did not come are asked for by their ids. It is
proved once a list of ids, itself as long as a count says, holds none that did not come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.errors import CountError, IncompleteError
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID
from tap_oracle_wms.reading.deletes import IdSet
from tap_oracle_wms.reading.parts import ReadPage, Slice, content_of
from tap_oracle_wms.reading.slices import Slices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_oracle_wms.reading.list_requests import EntitySource
    from tap_oracle_wms.reading.pool import Pool

ID_PAGE = 1250
"""The most rows that WMS gives; ids alone are cheap."""

BY_IDS = 90
"""Ids of one request: its address stays short, and its answer is a page that is not full."""

MANY = 900
"""Ids from which on a range is read rather than single ids."""

ROUNDS = 4
"""Lists of ids: the first finds what lacks, the others judge while rows come and go."""


Earlier = tuple[int, int, int | None]
"""Ids in (after, through], and how many of them were there, as far as STATE tells."""


class Completeness:
    """Compares what slices gave with counts, and reads what lacks."""

    def __init__(
        self, source: EntitySource, slices: Slices, pool: Pool, earlier: Sequence[Earlier] = ()
    ) -> None:
        """`earlier`: ranges of ids that a run before has read, with their numbers of rows."""
        self._source, self._slices, self._pool = source, slices, pool
        self._earlier = list(earlier)
        self.counted: bool | None = None
        """Whether there was a count to compare with; None where there was not one row."""
        self.rows_counted: int | None = None

    def pages(self) -> Iterator[ReadPage]:
        """Read what lacks, after all other pages.

        Raises:
            IncompleteError: WMS counts rows that it does not give.
        """
        slices = self._slices
        if slices.uncounted is not None:
            self.counted = False
            yield from self._without_count()
        elif slices.is_large or self._earlier:
            self.counted = False
            yield from self._keyed() if slices.source.keyed else self._unkeyed()
        elif slices.total is not None:
            self.counted, self.rows_counted = True, slices.total

    def _keyed(self) -> Iterator[ReadPage]:
        slices, seen = self._slices, self._slices.seen
        expected = slices.total
        try:
            top = self._source.top(Slice(slices.window))
        except CountError as error:
            slices.uncounted = error
            yield from self._without_count()
            return
        self.counted, self.rows_counted = True, top[1] if top else 0
        earlier = [through for _, through, _ in self._earlier]
        known = max(slices.highest or FIRST_ID, seen.greatest or FIRST_ID, *earlier)
        if top is not None and top[0] > known:
            before = len(seen)
            yield from self._read(self._source, (known, top[0]))
            expected = None if expected is None else expected + len(seen) - before
            known = top[0]
        if not self._agrees(expected):
            yield from self._compare_ids(known)

    def _agrees(self, expected: int | None) -> bool:
        """Return whether there are as many rows as before and after the read."""
        rows, counted = len(self._slices.seen), self.rows_counted or 0
        if self._earlier:
            earlier = [found for _, _, found in self._earlier]
            return None not in earlier and rows + sum(filter(None, earlier)) == counted
        return rows >= counted and expected is not None and rows >= expected

    def _compare_ids(self, through: int) -> Iterator[ReadPage]:
        """List all ids, and read the rows that did not come, until no list holds another one.

        Raises:
            IncompleteError: After the last list, some rows still lack.
        """
        bare, lacking, present = self._source.bare(), IdSet(), IdSet()
        for _ in range(ROUNDS):
            present = IdSet()
            for _ in self._read(bare, (FIRST_ID, through), present):
                pass
            lacking = self._unread(present)
            counted = self._source.count(Slice(self._slices.window, through=through))
            if not lacking and len(present) >= counted:
                return
            yield from self._read_lacking(list(lacking))
            self.rows_counted = max(counted, len(present))
        ids, rows = list(lacking), self.rows_counted or 0
        where = f" (ids {ids[0]} to {ids[-1]})" if ids else ""
        raise IncompleteError(self._sentence(len(ids) or rows - len(present), rows, where))

    def _read_lacking(self, ids: list[int]) -> Iterator[ReadPage]:
        if len(ids) > MANY:
            yield from self._read(self._source, (ids[0] - 1, ids[-1]))
            return
        for start in range(0, len(ids), BY_IDS):
            among = self._source.among(ids[start : start + BY_IDS])
            yield from self._read(among, (FIRST_ID, LAST_ID))

    def _unread(self, present: IdSet) -> IdSet:
        """Return the ids that did not come; all of an earlier range that has more than it gave."""
        lacking = present.minus(self._slices.seen)
        for span in list(self._earlier):
            after, through, rows = span
            within = IdSet(found for found in present if after < found <= through)
            if rows is not None and len(within) > rows:
                self._earlier.remove(span)
            else:
                lacking = lacking.minus(within)
        return lacking

    def _sentence(self, rows: int, counted: int, where: str) -> str:
        return (
            f"Stream {self._source.stream}: {rows:,} of {counted:,} rows were not given by "
            f"WMS{where}, though it counts them; run again, and report it to Oracle if it stays."
        )

    def _read(
        self, source: EntitySource, bounds: tuple[int, int], seen: IdSet | None = None
    ) -> Iterator[ReadPage]:
        """Read a range; its ids count as seen."""
        slices = self._slices
        size = slices.largest if seen is None else slices.cap or ID_PAGE
        part = Slices(source, slices.window, [bounds], size, cut=False)
        for page in read(self._pool, part.promise()):
            yield replace(page, after=FIRST_ID, through=FIRST_ID, finished=None)
        (slices.seen if seen is None else seen).take(part.seen)

    def _unkeyed(self) -> Iterator[ReadPage]:
        """Compare the number of rows without ids with those from before and after the read.

        Where there are fewer than both, all are read again; rows may come and go meanwhile.
        """
        slices = self._slices
        try:
            after = self._source.count(Slice(slices.window))
        except CountError as error:
            slices.uncounted = error
            yield from self._without_count()
            return
        self.counted, self.rows_counted = True, after
        yield from self._at_least(min(after, after if slices.total is None else slices.total))

    def _without_count(self) -> Iterator[ReadPage]:
        """Read what lacks by an earlier number of rows, where no later one is to be had."""
        slices = self._slices
        if not slices.source.keyed:
            yield from self._at_least(slices.total or 0)
        elif self._earlier or len(slices.seen) < (slices.total or 0):
            present = IdSet()
            for _ in self._read(self._source.bare(), (FIRST_ID, LAST_ID), present):
                pass
            yield from self._read_lacking(list(self._unread(present)))

    def _at_least(self, least: int) -> Iterator[ReadPage]:
        """Read all rows without ids again, where there are fewer than so many.

        Raises:
            IncompleteError: There are fewer still, or others than before.
        """
        slices = self._slices
        if slices.rows >= least:
            return
        missed, gone = self._second_reading()
        if gone or slices.rows + len(missed) < least:
            raise IncompleteError(self._sentence(least - slices.rows, least, ""))
        yield ReadPage(missed, FIRST_ID, FIRST_ID, None, datetime.now(UTC))

    def _second_reading(self) -> tuple[list[Any], int]:
        """Read all rows again; return those that did not come before, and how many came no more."""
        again = Slices(
            self._source,
            self._slices.window,
            [(FIRST_ID, LAST_ID)],
            self._slices.largest,
            cut=False,
        )
        known, missed = Counter(self._slices.contents), list[Any]()
        for page in read(self._pool, again.promise()):
            for row in page.rows:
                content = content_of(row)
                if known[content]:
                    known[content] -= 1
                else:
                    missed.append(row)
        return missed, known.total()


def read(pool: Pool, slices: Slices) -> Iterator[ReadPage]:
    """Read slices at once, and give their pages."""
    pool.add(slices)
    try:
        yield from pool.pages(slices)
    finally:
        pool.drop(slices)
