"""Compare rows that came flat with their records, as long as a read goes on."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.errors import DifferenceError, WmsError, is_of_one_entity
from tap_oracle_wms.reading.flat.pages import rows_by_ids
from tap_oracle_wms.reading.flat.shape import FlatRow
from tap_oracle_wms.reading.plan import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_oracle_wms.reading.flat.pages import FlatPages

FIRST_PAGES = 20
"""Flat pages of a run of which each gives rows to compare."""

ROWS = 10_000
"""Of the flat rows after those, one page in so many gives rows to compare."""

LAST_PAGES = 8
"""Pages at the end of which rows are compared in any case."""

AT_ONCE = 90
"""Rows that are compared by one request."""

SECONDS = 60.0
"""After which those that there are are compared: STATE waits for it."""

STRIDE = 37
"""Rows by which the first row that is picked moves from page to page."""


class Samples:
    """Picks rows of pages, and compares them before STATE says that they are out."""

    def __init__(self) -> None:
        self._pages = self._since = 0
        self._picked: dict[int, FlatRow] = {}
        self._last: deque[list[FlatRow]] = deque(maxlen=LAST_PAGES)
        self._compared_at = time.monotonic()

    def note(self, pages: FlatPages, rows: Sequence[Any]) -> None:
        """Pick rows of a page, so that each column that holds anything is among them."""
        flats = [row for row in rows if type(row) is FlatRow]
        if not flats:
            return
        self._pages += 1
        self._since += len(flats)
        start = self._pages * STRIDE % len(flats)
        turned = flats[start:] + flats[:start]
        if self._pages <= FIRST_PAGES or self._since >= ROWS:
            self._since = 0
            self._pick(pages, turned)
        else:
            self._last.append(turned)

    def _pick(self, pages: FlatPages, rows: list[FlatRow]) -> None:
        picked = _cover(rows, pages.shape.carried(rows))
        self._picked.update((row.f0, row) for row in picked)

    @property
    def are_due(self) -> bool:
        """Whether there are enough, or the oldest have waited long enough."""
        waited = time.monotonic() - self._compared_at
        return len(self._picked) >= AT_ONCE or (bool(self._picked) and waited > SECONDS)

    def compare_last(self, pages: FlatPages) -> None:
        """Compare what is left, with rows of the last pages.

        Raises:
            DifferenceError: A row differs from its record.
        """
        while self._last:
            self._pick(pages, self._last.pop())
        self.compare(pages)

    def compare(self, pages: FlatPages) -> None:
        """Compare what was picked.

        Raises:
            DifferenceError: A row differs from its record.
            WmsError: The run cannot go on.
        """
        flats, self._picked = self._picked, {}
        self._compared_at = time.monotonic()
        if not flats:
            return
        comparison = _Comparison(pages)
        found = rows_by_ids(pages.records, Window(), flats)
        changed = comparison.check(flats.values(), found)
        if not changed:
            return
        try:
            again = rows_by_ids(pages.flat, Window(), changed)
        except WmsError as error:
            if not is_of_one_entity(error):
                raise
            return  # what has changed stays uncompared; the pages tell of the failure
        comparison.check_later([FlatRow(row_id, row) for row_id, row in again.items()], found)


def _cover(rows: list[FlatRow], columns: Mapping[str, Sequence[Any]]) -> list[FlatRow]:
    """Return the first row, and a row with a value of each column that holds any."""
    chosen = {0}
    for column in columns.values():
        places = [n for n, found in enumerate(column) if found is not None]
        if places and chosen.isdisjoint(places):
            chosen.add(places[0])
    return [rows[n] for n in sorted(chosen)]


class _Comparison:
    """Compares rows by the values that a `values_list` carries."""

    def __init__(self, pages: FlatPages) -> None:
        self._shape = pages.shape
        self._stamp = pages.shape.stamp

    def check(self, flats: Iterable[FlatRow], found: Mapping[int, Any]) -> list[int]:
        """Compare rows with later records; return the ids of those that changed in between.

        Raises:
            DifferenceError: One differs, or was changed after its later record.
        """
        there = [row for row in flats if row.f0 in found]
        changed = []
        same = []
        for row, stamp, then in self._stamped(there, found):
            if stamp == then:
                same.append(row)
            elif stamp is None or then is None or stamp < then:
                changed.append(row.f0)
            else:
                raise DifferenceError(self._sentence(self._stamp, row.f0))
        self._compare(same, found)
        return changed

    def check_later(self, flats: Sequence[FlatRow], found: Mapping[int, Any]) -> None:
        """Compare rows with earlier records, as far as they have not changed again.

        Raises:
            DifferenceError: One differs, or was changed before its earlier record.
        """
        same = []
        for row, stamp, then in self._stamped(flats, found):
            if stamp == then:
                same.append(row)
            elif stamp is not None and then is not None and stamp < then:
                raise DifferenceError(self._sentence(self._stamp, row.f0))
        self._compare(same, found)

    def _stamped(
        self, flats: Sequence[FlatRow], found: Mapping[int, Any]
    ) -> Iterable[tuple[FlatRow, Any, Any]]:
        records = [found[row.f0] for row in flats]
        stamps = self._shape.stamps(flats)
        return zip(flats, stamps, self._shape.whole.values(self._stamp, records), strict=True)

    def _compare(self, flats: Sequence[FlatRow], found: Mapping[int, Any]) -> None:
        if not flats:
            return
        wanted = self._shape.whole.columns([found[row.f0] for row in flats])
        columns = self._shape.carried(flats)
        for name in wanted.keys() & columns.keys():
            for row, one, other in zip(flats, columns[name], wanted[name], strict=True):
                if repr(one) != repr(other):
                    raise DifferenceError(self._sentence(name, row.f0))

    def _sentence(self, name: str, row_id: int) -> str:
        return f"a `values_list` gives another `{name}` than the record of id {row_id}"
