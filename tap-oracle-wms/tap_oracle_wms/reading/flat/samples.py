"""Compare rows that came flat with their records, as long as a read goes on."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.errors import DifferenceError, WmsError, is_of_one_entity
from tap_oracle_wms.reading.by_ids import rows_by_ids
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.values import instants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_oracle_wms.reading.flat.pages import FlatPages
    from tap_oracle_wms.reading.flat.shape import FlatShape
    from tap_oracle_wms.reading.values import Column

FIRST_PAGES = 20
"""Flat pages of a run of which each gives a row to compare."""

ROWS = 10_000
"""Of the flat rows after those, one in so many is compared."""

LEAST = 20
"""Rows that are compared at least, where there are as many."""

LAST_PAGES = 8
"""Pages at the end of which each gives a row in any case."""

KEPT = 50
"""The last rows of each of those pages, which are kept for it; whole pages cost more time."""

AT_ONCE = 90
"""Rows that are compared by one request."""

SECONDS = 60.0
"""After which those that there are are compared, as STATE waits for it, ..."""

PAGES = 110
"""... if so many pages have come: comparisons are less than a hundredth of the requests."""

STRIDE = 37
"""Rows by which the row that is picked moves from page to page."""


class Samples:
    """Picks rows of pages, and compares them before STATE says that they are out."""

    def __init__(self, pages: FlatPages) -> None:
        self._flat = pages
        self._shape = pages.shape
        self._pages = self._rows = self._waiting = self._compared = 0
        self._picked: dict[int, Any] = {}
        self._witnesses: dict[str, Any] = {}
        """Property -> the latest row seen to hold a value of it."""
        self._newest: Sequence[Any] = ()
        self._last: deque[Sequence[Any]] = deque(maxlen=LAST_PAGES)
        self._compared_at = time.monotonic()

    def note(self, rows: Sequence[Any]) -> None:
        """Pick a row of a page, if it is its turn."""
        kind = self._shape.rows.row
        flats = [row for row in rows if type(row) is kind]
        if not flats:
            return
        self._newest = flats
        self._pages += 1
        self._waiting += 1
        self._rows += len(flats)
        if self._pages <= FIRST_PAGES or self._rows >= ROWS:
            self._rows = 0
            self._pick(flats)
        else:
            self._last.append(flats[-KEPT:])

    def _pick(self, rows: Sequence[Any]) -> None:
        """Pick a row, and the last one that holds a value of each property."""
        self._take(rows[self._pages * STRIDE % len(rows)])
        last = rows[-1]
        for name in self._shape.compared:
            if self._shape.rows.column(name, [last]) != [None]:
                self._witnesses[name] = last
                continue
            column = self._shape.rows.column(name, rows)
            place = next((n for n in reversed(range(len(rows))) if column[n] is not None), None)
            if place is not None:
                self._witnesses[name] = rows[place]

    def _take(self, row: Any) -> None:
        self._picked[row.f0] = row

    @property
    def are_due(self) -> bool:
        """Whether there are enough, or the oldest have waited long enough."""
        waited = time.monotonic() - self._compared_at
        return len(self._picked) >= AT_ONCE or (waited > SECONDS and self._waiting >= PAGES)

    def compare_last(self) -> None:
        """Compare what is left, with rows of the last pages.

        Raises:
            DifferenceError: A row differs from its record.
        """
        while self._last:
            self._pages += 1
            self._pick(self._last.popleft())
        for row in self._newest:
            if self._compared + len(self._picked) >= LEAST:
                break
            self._take(row)
        self.compare()

    def compare(self) -> None:
        """Compare what was picked.

        Raises:
            DifferenceError: A row differs from its record.
            WmsError: The run cannot go on.
        """
        flats = self._chosen()
        if not flats:
            return
        found = rows_by_ids(self._flat.records, Window(), flats)
        comparison = _Comparison(self._shape, found)
        if changed := comparison.check(list(flats.values())):
            self._compare_again(comparison, changed)

    def _chosen(self) -> dict[int, Any]:
        """Return what is to be compared now, by id, and begin anew."""
        while self._flat.unproven:
            self._take(self._flat.unproven.popleft())
        for row in self._witnesses.values():
            self._take(row)
        flats, self._picked, self._witnesses = self._picked, {}, {}
        self._waiting, self._compared_at = 0, time.monotonic()
        self._compared += len(flats)
        return flats

    def _compare_again(self, comparison: _Comparison, changed: Sequence[int]) -> None:
        try:
            again, keyless = self._flat.again(changed)
        except WmsError as error:
            if not is_of_one_entity(error):
                raise
            return  # what has changed stays uncompared; the pages tell of the failure
        comparison.check_later([row for row in again if row.f0 not in keyless])


class _Comparison:
    """Compares rows with their records by the values that a `values_list` carries."""

    def __init__(self, shape: FlatShape, found: Mapping[int, Any]) -> None:
        """`found`: id -> record as it was read."""
        self._shape = shape
        self._found = found
        stamps = instants(self._shape.whole.values(self._shape.stamp, list(found.values())))
        self._stamps = dict(zip(found, stamps, strict=True))

    def check(self, flats: Sequence[Any]) -> list[int]:
        """Compare rows with later records; return the ids of those that changed in between.

        Raises:
            DifferenceError: One differs, or was changed after its later record.
        """
        return self._check(flats, is_later=False)

    def check_later(self, flats: Sequence[Any]) -> None:
        """Compare rows with earlier records, as far as they have not changed again.

        Raises:
            DifferenceError: One differs, or was changed before its earlier record.
        """
        self._check(flats, is_later=True)

    def _check(self, flats: Sequence[Any], *, is_later: bool) -> list[int]:
        changed, same = [], []
        there = [row for row in flats if row.f0 in self._found]
        stamps = self._shape.rows.column(self._shape.stamp, there)
        for row, stamp in zip(there, stamps, strict=True):
            then = self._stamps[row.f0]
            if stamp == then:
                same.append(row)
            elif stamp is None or then is None or (stamp > then) == is_later:
                changed.append(row.f0)
            else:
                raise DifferenceError(self._sentence(self._shape.stamp, row.f0))
        if same:
            self._compare(same)
        return changed

    def _compare(self, flats: Sequence[Any]) -> None:
        wanted = self._shape.whole.columns([self._found[row.f0] for row in flats])
        names = wanted.keys() & set(self._shape.compared)
        for name, column in self._shape.rows.columns(names, flats).items():
            for row, one, other in zip(flats, column, wanted[name], strict=True):
                if repr(one) != repr(other):
                    raise DifferenceError(self._sentence(name, row.f0))
        self._learn(wanted)

    def _learn(self, wanted: Mapping[str, Column]) -> None:
        for link in self._shape.links:
            if {link.name, link.key} <= wanted.keys():
                link.learn(wanted[link.name], wanted[link.key])

    def _sentence(self, name: str, row_id: int) -> str:
        return f"a `values_list` gives another `{name}` than the record of id {row_id}"
