"""What is asked for and what comes: a slice, its source, and the page of one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import msgspec
from opentelemetry.trace import INVALID_SPAN, Span

from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tap_oracle_wms.api.models import Page
    from tap_oracle_wms.errors import CountError
    from tap_oracle_wms.reading.plan import Window


@dataclass(eq=False)
class Slice:
    """The ids in (after, through] of a window, read page by page."""

    window: Window
    after: int = FIRST_ID
    through: int = LAST_ID
    density: float = 1.0
    """Rows per id, as far as known."""
    size: int = 0
    """Rows that were asked for last."""
    read: int = 0
    """Rows that came so far."""
    promised: bool = False
    """Whether something says that there are more: a link, a count, or what STATE knows."""
    counts: bool = False
    """Whether the next page is to tell the number of all rows."""
    uncounted: CountError | None = None
    """Why it cannot."""
    span: Span = INVALID_SPAN
    query: str | None = None
    """The next page's own query, for entities without an id."""


@dataclass(frozen=True)
class ReadPage:
    """A page on its way out: its rows, and what has been read once they are out."""

    rows: Sequence[Any]
    after: int
    through: int
    finished: Window | None
    """The window of which this is the last page."""
    time_extracted: datetime


class Source(Protocol):
    """Where the pages of slices come from."""

    stream: str
    keyed: bool
    """Whether rows have an id to page by."""

    def page(self, part: Slice, size: int) -> Page[Any]:
        """The next `size` rows of a slice by id; none when there are none."""

    def top(self, part: Slice) -> tuple[int, int] | None:
        """Return the greatest id after a slice's start, and the number of rows; None for none.

        Raises:
            CountError: WMS cannot tell.
        """

    def id_of(self, row: Any) -> int:
        """A row's id."""


Answer: TypeAlias = "Page[Any] | tuple[int, int] | CountError | None"
"""A page, or the greatest id with the number of rows."""


def content_of(row: Any) -> int:
    """Return a hash of all that a row holds."""
    return hash(msgspec.json.encode(row))
