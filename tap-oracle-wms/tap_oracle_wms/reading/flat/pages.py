"""Read pages by `values_list`, with the rest of their rows by records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.errors import DataError, DifferenceError
from tap_oracle_wms.observing import telemetry
from tap_oracle_wms.reading.flat.shape import FlatRow
from tap_oracle_wms.reading.parts import Slice
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.records import RecordShape

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tap_oracle_wms.api.models import Page
    from tap_oracle_wms.reading.flat.shape import FlatShape
    from tap_oracle_wms.reading.list_requests import EntitySource

BY_IDS = 90
"""Ids of one request: its address stays short."""

MOST_LOOKUPS = 300
"""Rows of a page that may have to be asked for the keys of what they link to."""

MOST_KEYS = 100_000
"""Keys of one link kept in memory."""


def rows_by_ids(source: EntitySource, window: Window, ids: Collection[int]) -> dict[int, Any]:
    """Return the rows of a window with these ids, by id; that there are none is asked again."""
    found: dict[int, Any] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), BY_IDS):
        left = wanted[start : start + BY_IDS]
        while left:
            page = aside(source.among(left), Slice(window, promised=True), len(left) + 1)
            found |= {source.id_of(row): row for row in page.results}
            asked, left = len(left), [each for each in left if each not in found]
            if page.next_page is None or len(left) == asked:
                break
    return found


def aside(source: EntitySource, part: Slice, size: int) -> Page[Any]:
    """Ask for the rows of a slice that no pool reads."""
    try:
        return source.page(part, size)
    finally:
        telemetry.end(part.span)


class FlatPages:
    """Reads the pages of slices; what changes in between is read again by records."""

    def __init__(self, records: EntitySource, shape: FlatShape) -> None:
        self.shape = shape
        self.records = records
        self.flat = records.shaped(shape.columns, attempts=1)
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
        if not page.results:
            return page
        rows = [FlatRow(row.f0, row) for row in page.results]
        torn = self._check_keys(rows) | self._take_rest(part, after, rows, size)
        return msgspec.structs.replace(page, results=self._mended(rows, torn, part.window))

    def _mended(self, rows: list[FlatRow], torn: set[int], window: Window) -> list[Any]:
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

    def _check_keys(self, rows: Sequence[FlatRow]) -> set[int]:
        """Have records tell the keys that are not certain; return the ids of rows that lack any.

        Raises:
            DifferenceError: A path gives another key than records.
            DataError: Too many keys have no path.
        """
        links = self.shape.links
        columns = self.shape.links_of(rows)
        unsure = {link.name: found for link in links if (found := link.unsure(columns))}
        if unsure:
            self._learn(self._rows_with(columns, unsure))
        for link in links:
            if (wrong := link.differing(columns)) is not None:
                raise DifferenceError(_sentence(self.shape.whole.stream, link.key, wrong))
        return {
            row_id
            for link in links
            for row_id, related, key in zip(
                columns["id"], columns[link.name], link.keys(columns), strict=True
            )
            if related is not None and key is None and related not in link.known
        }

    def _rows_with(self, columns: Any, unsure: dict[str, set[int]]) -> set[int]:
        """Return the ids of rows that link to all of these related records.

        Raises:
            DataError: There are too many.
        """
        chosen: set[int] = set()
        for name, wanted in unsure.items():
            places = dict(zip(columns[name], columns["id"], strict=True))
            held = {related for related, row in zip(columns[name], columns["id"], strict=True)
                    if row in chosen}  # fmt: skip
            chosen |= {places[related] for related in wanted - held}
        if len(chosen) > MOST_LOOKUPS:
            msg = f"too many keys of {', '.join(unsure)} would have to be asked for"
            raise DataError(msg)
        return chosen

    def _learn(self, ids: set[int]) -> None:
        """Take the keys of links from the records of rows.

        Raises:
            DataError: There are too many to keep.
        """
        rows = list(rows_by_ids(self._links, Window(), ids).values())
        columns = self._links_shape.columns(rows)
        for link in self.shape.links if rows else ():
            pairs = zip(columns[link.name], columns[link.key], strict=True)
            link.known.update({related: key for related, key in pairs if related is not None})
            if len(link.known) > MOST_KEYS:
                msg = f"there are too many different keys of {link.name}"
                raise DataError(msg)

    # What only records have

    def _take_rest(self, part: Slice, after: int, rows: Sequence[FlatRow], size: int) -> set[int]:
        """Give rows their rest, and return the ids of those that have changed or gone meanwhile."""
        shape = self.shape.rest
        if self._rest is None or shape is None:
            return set()
        here = Slice(part.window, after, rows[-1].f0, promised=True)
        rests = aside(self._rest, here, size).results
        found = {
            shape.id_of(rest): (rest, stamp)
            for rest, stamp in zip(rests, shape.values(self.shape.stamp, rests), strict=True)
        }
        torn = set()
        for row, stamp in zip(rows, self.shape.stamps(rows), strict=True):
            row.rest, then = found.get(row.f0, (None, None))
            if then is None or then != stamp:
                torn.add(row.f0)
        return torn


def _sentence(stream: str, name: str, related: int) -> str:
    return f"a `values_list` of {stream} gives another `{name}` than records, of id {related}"
