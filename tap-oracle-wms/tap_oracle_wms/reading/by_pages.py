"""Read an entity page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.catalog.fields import DELETED_AT
from tap_oracle_wms.errors import DifferenceError, IncompleteError
from tap_oracle_wms.reading.bookmark import FIRST_ID
from tap_oracle_wms.reading.completeness import Completeness, Earlier
from tap_oracle_wms.reading.parts import ReadPage
from tap_oracle_wms.reading.protocol import Proof
from tap_oracle_wms.reading.record_lines import EncodedRows, around

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_oracle_wms.config.limits import Limits
    from tap_oracle_wms.reading.flat.shape import FlatShape
    from tap_oracle_wms.reading.flat.way import FlatWay
    from tap_oracle_wms.reading.list_requests import EntitySource
    from tap_oracle_wms.reading.plan import ReadPlan, Window
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
    flat: FlatShape | None = None
    """What makes records of rows of a `values_list`, where there may be any."""

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
        records = (self.flat or self.shape).records(self.page.rows)
        if self.marks_deletes:
            for record in records:
                record[DELETED_AT] = None
        return records

    def lines(self, stream: str, version: int | None) -> Iterator[memoryview] | None:
        """Lines of RECORD messages, where the rows came flat and are encoded already."""
        rows = self.page.rows
        return self._messages(rows, stream, version) if isinstance(rows, EncodedRows) else None

    def _messages(
        self, rows: EncodedRows, stream: str, version: int | None
    ) -> Iterator[memoryview]:
        """Yield lines of RECORD messages, made of lines of records; JSON has no breaks within."""
        head, tail = around(stream, version, msgspec.to_builtins(self.extracted))
        between = tail + b"\n" + head
        for block in rows.blocks:
            yield memoryview((head + block).replace(b"\n", between))[: -len(head)]


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

    def __init__(self, terms: Terms, limits: Limits) -> None:
        self.plan: ReadPlan = terms.plan
        self.sweep: Sweep | None = terms.sweep
        self._terms = terms
        self._logger = terms.request.logger
        self._shape = terms.shape
        self._way = flat_way(terms, limits)
        self._waiting: list[tuple[int, int, int, Window | None]] = []
        """What to note in the plan of pages that are written, once a comparison vouches for it."""
        self._rows = 0
        self._pages = self._begin(self._way)

    def _begin(self, way: FlatWay | None) -> PooledPages:
        plan = self.plan
        through = None if way is None else way.through
        slices = self._terms.slices(plan.ranges, cut=plan.is_incremental, through=through)
        return PooledPages(self._terms, [slices], plan.earlier)

    @property
    def total(self) -> int | None:
        """Rows in all, where they were counted."""
        return self._pages.total

    @property
    def proof(self) -> Proof:
        """Tell how far what was read is proved to be all."""
        proof, way = self._pages.proof, self._way
        if way is None:
            return proof
        return replace(proof, read_flat=way.read_flat, ms_a_row=way.ms_a_row)

    def pieces(self) -> Iterator[PageOfRows]:
        """The pages."""
        if self._way is None:
            yield from self._pages
            return
        try:
            yield from self._compared(self._way)
        except DifferenceError as error:
            self._start_over(error)
            yield from self._pages

    def _compared(self, way: FlatWay) -> Iterator[PageOfRows]:
        """Give the pages, of which a sample is compared where they come flat.

        Raises:
            DifferenceError: A `values_list` gives other values than records.
        """
        for piece in self._pages:
            yield piece if way.pages is None else replace(piece, flat=way.pages.shape)
            if way.compare(piece.page.rows):
                self._commit_waiting()
        way.compare_last()
        self._commit_waiting()

    def _start_over(self, error: DifferenceError) -> None:
        """Read everything again by records, which this entity is read by from now on."""
        self._logger.warning(
            "Stream %s: %s. All of it is read again by records, and so it is in the runs to come; "
            "remove `read_by` from its state to try again.",
            self._terms.request.name,
            error,
        )
        self._pages.close()
        self._waiting.clear()
        self.plan.start_over(self._rows)
        self.plan.bookmark.by_records = True
        self._way = None
        self._pages = self._begin(None)

    def commit(self, piece: PageOfRows) -> None:
        """Note in the plan that a page is out, at once unless a comparison has to vouch for it."""
        self._rows += piece.rows
        page, way = piece.page, self._way
        is_certain = not self._waiting and (way is None or not any(map(way.is_flat, page.rows)))
        self._waiting.append((page.after, page.through, piece.rows, page.finished))
        if is_certain:
            self._commit_waiting()

    def _commit_waiting(self) -> None:
        for after, through, rows, finished in self._waiting:
            self.plan.commit(after, through, rows, finished)
        self._waiting.clear()

    @property
    def schema_changes(self) -> dict[str, list[str]]:
        """The fields that were left out, and those that are gone."""
        return self._shape.schema_changes

    def warn(self) -> None:
        """Log the fields that were left out."""
        self._shape.report_unknown(self._logger)

    def close(self) -> None:
        """Ask for nothing more."""
        self._pages.close()


def flat_way(terms: Terms, limits: Limits) -> FlatWay | None:
    """Return the way to read flat; None where only records will do."""
    if terms.request.settings.read_mode not in {"values_list", "auto"}:
        return None
    from tap_oracle_wms.reading.flat.way import FlatWay  # noqa: PLC0415 - seldom needed

    return FlatWay.of(terms, limits)
