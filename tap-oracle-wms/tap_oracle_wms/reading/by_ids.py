"""Read rows by their ids, beside the slices of a read: to look something up, and to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_oracle_wms.observing import telemetry
from tap_oracle_wms.reading.completeness import BY_IDS
from tap_oracle_wms.reading.parts import Slice

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_oracle_wms.api.models import Page
    from tap_oracle_wms.reading.list_requests import EntitySource
    from tap_oracle_wms.reading.plan import Window


def rows_by_ids(
    source: EntitySource, window: Window, ids: Collection[int], *, looks: int = 1
) -> dict[int, Any]:
    """Return the rows of a window with these ids, by id; an empty answer is asked for again.

    After `looks` empty answers in a row the rows that lack are taken as gone.
    """
    found: dict[int, Any] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), BY_IDS):
        found |= _rows_of(source, window, wanted[start : start + BY_IDS], looks)
    return found


def _rows_of(source: EntitySource, window: Window, left: list[int], looks: int) -> dict[int, Any]:
    """Return the rows of one request, and of those for what did not come with it."""
    found: dict[int, Any] = {}
    tries, has_more = 0, False
    while left and (tries < looks or has_more):
        page = aside(source.among(left), Slice(window, promised=looks == 1), len(left) + 1)
        found |= {source.id_of(row): row for row in page.results}
        lacking = [each for each in left if each not in found]
        is_in_vain = len(lacking) == len(left)
        tries = tries + 1 if is_in_vain else 1
        has_more = page.next_page is not None and not is_in_vain
        left = lacking
    return found


def aside(source: EntitySource, part: Slice, size: int) -> Page[Any]:
    """Ask for the rows of a slice that no pool reads."""
    try:
        return source.page(part, size)
    finally:
        telemetry.end(part.span)
