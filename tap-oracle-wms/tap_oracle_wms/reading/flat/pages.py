"""Read pages by `values_list`, with the rest of their rows by records."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.errors import DataError, DifferenceError
from tap_oracle_wms.reading.by_ids import aside, rows_by_ids
from tap_oracle_wms.reading.parts import Slice
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.records import RecordShape

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tap_oracle_wms.api.models import Page
    from tap_oracle_wms.reading.flat.keys import KeysOfRows
    from tap_oracle_wms.reading.flat.shape import FlatShape
    from tap_oracle_wms.reading.list_requests import EntitySource

MOST_LOOKUPS = 300
"""Rows of a page that may have to be asked for the keys of what they link to."""

MOST_KEYS = 100_000
"""Keys of one link kept in memory."""


class FlatPages:
    """Reads the pages of slices; what changes in between is read again by records."""

    def __init__(self, records: EntitySource, shape: FlatShape) -> None:
        self.shape = shape
        self.records = records
        self.flat = records.shaped(shape.rows, attempts=1)
        self.unproven: deque[Any] = deque()
        """Rows with keys that are yet to be compared."""
        self._rest = None if shape.rest is None else records.shaped(shape.rest)
        whole = shape.whole
        links = {name for link in shape.links for name in (link.name, link.key)}
        self._links_shape = RecordShape(whole.stream, whole.fields, {"id", *links}, {"id"})
        self._links = records.shaped(self._links_shape)

    def page(self, part: Slice, size: int) -> Page[Any]:
        """Return the next rows of a slice.

        Raises:
            DifferenceError: A path gives another key than records.
            RequestError: WMS refuses, or keeps failing.
            DataError: A value does not fit, or too many keys have no path.
        """
        after = part.after
        page = self.flat.page(part, size)
        rows = page.results
        if not rows:
            return page
        keys = self.shape.keys(rows)
        torn = self._complete(rows, keys) | self._take_rest(part, after, rows, size)
        done = self.shape.finish(rows, keys)
        self._await(rows, keys)
        return msgspec.structs.replace(page, results=self._mended(done, torn, part.window))

    def again(self, ids: Collection[int]) -> tuple[list[Any], set[int]]:
        """Read rows again; return them, without their rest, and the ids of those without a key."""
        rows = list(rows_by_ids(self.flat, Window(), ids).values())
        keys = self.shape.keys(rows)
        self.shape.finish(rows, keys)
        return rows, {rows[n].f0 for each in keys for n in each.lacking()}

    def _await(self, rows: Sequence[Any], keys: Sequence[KeysOfRows]) -> None:
        """Have a row compared for each key that must be, for the path to be relied on."""
        for each in keys:
            if new := each.unproven():
                places = dict(zip(each.ids, rows, strict=True))
                self.unproven.extend(places[related] for related in new)

    def _mended(self, rows: Sequence[Any], torn: set[int], window: Window) -> Sequence[Any]:
        """Read rows by records that changed between two requests, and leave out what went.

        Raises:
            DataError: All of them went.
        """
        if not torn:
            return rows
        again = rows_by_ids(self.records, window, torn)
        mended = [again.get(row.f0) if row.f0 in torn else row for row in rows]
        kept = [row for row in mended if row is not None]
        if not kept:
            msg = "all rows of a page changed while it was read"
            raise DataError(msg)
        return kept

    # Keys of related records

    def _complete(self, rows: Sequence[Any], keys: Sequence[KeysOfRows]) -> set[int]:
        """Have records tell the keys that no path has; return the ids of rows that still lack any.

        Raises:
            DifferenceError: A path gives another key than records.
            DataError: Too many keys have no path.
        """
        unsure = {each.link.name: each for each in keys if each.unsure()}
        if not unsure:
            return set()
        self._learn(_rows_with(rows, unsure.values()))
        for each in keys:
            if (wrong := each.differing()) is not None:
                raise DifferenceError(_sentence(self.shape.whole.stream, each.link.key, wrong))
        return {rows[n].f0 for each in keys for n in each.lacking()}

    def _learn(self, ids: set[int]) -> None:
        """Take the keys of links from the records of rows.

        Raises:
            DataError: There are too many to keep.
        """
        rows = list(rows_by_ids(self._links, Window(), ids).values())
        columns = self._links_shape.columns(rows)
        for link in self.shape.links if rows else ():
            link.learn(columns[link.name], columns[link.key])
            if len(link.known) > MOST_KEYS:
                msg = f"there are too many different keys of {link.name}"
                raise DataError(msg)

    # What only records have

    def _take_rest(self, part: Slice, after: int, rows: Sequence[Any], size: int) -> set[int]:
        """Give rows their rest, and return the ids of those that have changed or gone meanwhile."""
        shape = self.shape.rest
        if self._rest is None or shape is None:
            return set()
        here = Slice(part.window, after, rows[-1].f0, promised=True)
        rests = aside(self._rest, here, size).results
        stamp = self.shape.stamp
        found = dict(zip(map(shape.id_of, rests), range(len(rests)), strict=True))
        stamps = shape.values(stamp, rests)
        whole, places, torn = [], [], set()
        for row, then in zip(rows, self.shape.rows.column(stamp, rows), strict=True):
            place = found.get(row.f0)
            if place is None or then is None or stamps[place] != then:
                torn.add(row.f0)
            else:
                whole.append(row)
                places.append(place)
        for name, column in shape.columns(rests).items():
            self.shape.rows.put(name, whole, [column[n] for n in places])
        return torn


def _rows_with(rows: Sequence[Any], unsure: Collection[KeysOfRows]) -> set[int]:
    """Return the ids of rows that link to all related records whose keys are unsure.

    Raises:
        DataError: There are too many.
    """
    chosen: set[int] = set()
    for each in unsure:
        places = {related: row.f0 for related, row in zip(each.ids, rows, strict=True)}
        held = {related for related, row in zip(each.ids, rows, strict=True) if row.f0 in chosen}
        chosen |= {places[related] for related in each.unsure() - held}
    if len(chosen) > MOST_LOOKUPS:
        names = ", ".join(each.link.name for each in unsure)
        msg = f"too many keys of {names} would have to be asked for"
        raise DataError(msg)
    return chosen


def _sentence(stream: str, name: str, related: int) -> str:
    return f"a `values_list` of {stream} gives another `{name}` than records, of id {related}"
