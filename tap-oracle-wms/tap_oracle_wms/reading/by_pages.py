"""Read an entity page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.fields import DELETED_AT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from tap_oracle_wms.reading.plan import ReadPlan
    from tap_oracle_wms.reading.records import RecordShape
    from tap_oracle_wms.reading.request import Terms
    from tap_oracle_wms.reading.slices import ReadPage, Slices
    from tap_oracle_wms.reading.sweep import Sweep


@dataclass(frozen=True)
class PageOfRows:
    """A page on its way out."""

    page: ReadPage
    shape: RecordShape
    marks_deletes: bool = False
    """Whether records carry the time of their deletion: none, here."""
    is_milestone: bool = True
    pages: int = 1

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.page.rows)

    @property
    def extracted(self) -> datetime:
        """When they were read."""
        return self.page.time_extracted

    def ids(self) -> Iterable[int]:
        """The ids of the rows."""
        return map(self.shape.id_of, self.page.rows)

    def first(self, rows: int) -> PageOfRows:
        """The first rows alone."""
        return replace(self, page=replace(self.page, rows=self.page.rows[:rows]))

    def records(self) -> list[dict[str, Any]]:
        """Singer records."""
        records = self.shape.records(self.page.rows)
        if self.marks_deletes:
            for record in records:
                record[DELETED_AT] = None
        return records

    def lines(self, stream: str, version: int | None) -> None:
        """None: records are made."""


class PooledPages:
    """The pages of slices, which the run's pool reads from now on."""

    def __init__(self, terms: Terms, parts: Sequence[Slices]) -> None:
        self._pool, self._shape, self._parts = terms.pool, terms.shape, parts
        self._marks_deletes = terms.request.detects_deletes
        for slices in parts:
            self._pool.add(slices)

    @property
    def total(self) -> int | None:
        """Rows in all, where they were counted."""
        totals = [slices.total for slices in self._parts]
        return sum(total or 0 for total in totals) if any(totals) else None

    def __iter__(self) -> Iterator[PageOfRows]:
        for slices in self._parts:
            for page in self._pool.pages(slices):
                yield PageOfRows(page, self._shape, self._marks_deletes)

    def close(self) -> None:
        """Ask for nothing more."""
        for slices in self._parts:
            self._pool.drop(slices)


class PagesReading:
    """Reads slices of ids and of time; the plan follows each page."""

    numbers = None

    def __init__(self, terms: Terms) -> None:
        self.plan: ReadPlan = terms.plan
        self.sweep: Sweep | None = terms.sweep
        self._logger = terms.request.logger
        self._shape = terms.shape
        slices = terms.slices(self.plan.ranges, cut=self.plan.is_incremental)
        self._pages = PooledPages(terms, [slices])

    @property
    def total(self) -> int | None:
        """Rows in all, where they were counted."""
        return self._pages.total

    def pieces(self) -> Iterator[PageOfRows]:
        """The pages."""
        return iter(self._pages)

    def commit(self, piece: PageOfRows) -> None:
        """Note in the plan that a page is out."""
        page = piece.page
        self.plan.commit(page.after, page.through, page.finished)

    def warn(self) -> None:
        """Log the fields that were left out."""
        self._shape.report_unknown(self._logger)

    def close(self) -> None:
        """Ask for nothing more."""
        self._pages.close()
