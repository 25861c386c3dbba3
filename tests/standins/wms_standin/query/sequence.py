"""Sequenced pages by position: the value of the first ordering field, and ties beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wms_standin.query.paging import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Sequence:
    """Rows cut from a list at a cursor; the last cell of each row is its position.

    `found` are up to `size + 1` rows in the direction of the cursor.
    """

    cursor: Cursor
    size: int
    found: list[Any]

    @property
    def page(self) -> list[Any]:
        """The rows of the page in the list's own order."""
        rows = self.found[: self.size]
        return rows[::-1] if self.cursor.reverse else rows

    @property
    def ahead(self) -> Cursor | None:
        """The cursor of the page further in the cursor's direction."""
        if len(self.found) <= self.size:
            return None
        rows, boundary = self.found[: self.size], self.found[self.size][-1]
        edge = _edge(reversed(rows), boundary)
        if edge is None:  # the whole page holds one value: count on from the same position
            cursor = self.cursor
            return Cursor(cursor.position, cursor.offset + self.size, cursor.reverse)
        return Cursor(*edge, reverse=self.cursor.reverse)

    @property
    def behind(self) -> Cursor | None:
        """The cursor of the page the reader came from; None at the start of the list."""
        cursor = self.cursor
        if cursor.position is None and cursor.offset == 0:
            return None
        rows = self.found[: self.size]
        boundary = rows[0][-1] if rows and cursor.offset else cursor.position
        edge = _edge(rows, boundary)
        if edge is None:
            return Cursor(cursor.position, 0, not cursor.reverse)
        return Cursor(*edge, reverse=not cursor.reverse)


def _edge(rows: Iterable[Any], boundary: Any) -> tuple[str, int] | None:
    """Return the first position that differs from the boundary, and the rows passed before it."""
    for passed, row in enumerate(rows):
        if str(row[-1]) != str(boundary):
            return str(row[-1]), passed
    return None
