"""Read an entity page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.fields import DELETED_AT
from tap_oracle_wms.errors import IncompleteError
from tap_oracle_wms.reading.bookmark import FIRST_ID
from tap_oracle_wms.reading.completeness import Completeness, Earlier
from tap_oracle_wms.reading.parts import ReadPage
from tap_oracle_wms.reading.protocol import Proof

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_oracle_wms.reading.list_requests import EntitySource
    from tap_oracle_wms.reading.plan import ReadPlan
    from tap_oracle_wms.reading.records import RecordShape
    from tap_oracle_wms.reading.request import Terms
    from tap_oracle_wms.reading.slices import Slices
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
    """The pages of slices, which the run's pool reads from now on, and of what they lack."""

    def __init__(
        self,
        terms: Terms,
        parts: Sequence[tuple[EntitySource, Slices]],
        earlier: Sequence[Earlier] = (),
    ) -> None:
        """`earlier`: what a run before has read of the only part."""
        self._pool, self._shape, self._parts = terms.pool, terms.shape, parts
        self._marks_deletes = terms.request.detects_deletes
        self._earlier = earlier
        self._plan, self._logger = terms.plan, terms.request.logger
        self._proofs: list[Completeness] = []
        for _, slices in parts:
            self._pool.add(slices)

    @property
    def proof(self) -> Proof:
        """Tell how far what was read is proved to be all."""
        counted = [p.counted for p in self._proofs if p.counted is not None]
        is_counted = all(counted) if counted else None
        return Proof(
            is_counted,
            sum(p.rows_counted or 0 for p in self._proofs) if is_counted else None,
            sum(len(source.doubts) for source, _ in self._parts),
        )

    @property
    def total(self) -> int | None:
        """Rows in all, where they were counted."""
        totals = [slices.total for _, slices in self._parts]
        return sum(total or 0 for total in totals) if any(totals) else None

    def __iter__(self) -> Iterator[PageOfRows]:
        """Give the pages, to the proof that they are all.

        Raises:
            IncompleteError: Rows are missing; the plan counts none as read, then.
        """
        try:
            for source, slices in self._parts:
                yield from self._proved(source, slices)
        except IncompleteError:
            self._plan.take_back()
            raise

    def _proved(self, source: EntitySource, slices: Slices) -> Iterator[PageOfRows]:
        for page in self._pool.pages(slices):
            yield self._piece(page if slices.cuts else replace(page, finished=None))
        proof = Completeness(source, slices, self._pool, self._earlier)
        self._proofs.append(proof)
        for page in proof.pages():
            yield self._piece(page)
        if slices.uncounted is not None:
            self._logger.warning(
                "Stream %s: its rows are not counted, so that what was read is not proved to "
                "be all: %s",
                source.stream,
                slices.uncounted,
            )
        if not slices.cuts:
            end = ReadPage([], FIRST_ID, FIRST_ID, slices.window, datetime.now(UTC))
            yield replace(self._piece(end), pages=0)

    def _piece(self, page: ReadPage) -> PageOfRows:
        return PageOfRows(page, self._shape, self._marks_deletes)

    def close(self) -> None:
        """Ask for nothing more."""
        for _, slices in self._parts:
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
        self._pages = PooledPages(terms, [slices], self.plan.earlier)

    @property
    def total(self) -> int | None:
        """Rows in all, where they were counted."""
        return self._pages.total

    @property
    def proof(self) -> Proof:
        """Tell how far what was read is proved to be all."""
        return self._pages.proof

    def pieces(self) -> Iterator[PageOfRows]:
        """The pages."""
        return iter(self._pages)

    def commit(self, piece: PageOfRows) -> None:
        """Note in the plan that a page is out."""
        page = piece.page
        self.plan.commit(page.after, page.through, piece.rows, page.finished)

    def warn(self) -> None:
        """Log the fields that were left out."""
        self._shape.report_unknown(self._logger)

    def close(self) -> None:
        """Ask for nothing more."""
        self._pages.close()
