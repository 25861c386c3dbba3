"""The source of an entity that is read flat where that is proved to be the same, and cheaper."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.errors import (
    DifferenceError,
    RequestError,
    WmsError,
    is_of_one_entity,
)
from tap_oracle_wms.reading.flat.choice import FLAT, RECORDS, Choice
from tap_oracle_wms.reading.flat.pages import FlatPages
from tap_oracle_wms.reading.flat.samples import Samples
from tap_oracle_wms.reading.flat.verification import Basis, UnfitError, Verification
from tap_oracle_wms.reading.parts import Slice
from tap_oracle_wms.reading.request import STAMP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from tap_oracle_wms.api.models import Page
    from tap_oracle_wms.config.limits import Limits
    from tap_oracle_wms.reading.list_requests import EntitySource
    from tap_oracle_wms.reading.request import Terms

LEAST_PAGES = 2
"""Pages for each connection, without which all is read before anything is chosen."""

FAILURES = 3
"""Flat requests in a row that may fail before no more are made."""


class FlatWay:
    """Reads pages by records until the choice falls on flat ones."""

    stream: str
    keyed: bool
    id_of: Callable[[Any], int]

    def __init__(self, terms: Terms, limits: Limits) -> None:
        request = terms.request
        settings = request.settings
        self._logger = request.logger
        self._whole = terms.shape
        self._needed = frozenset({"id", STAMP, request.replication_key or STAMP})
        self._marks_deletes = request.detects_deletes
        self._is_forced = settings.read_mode == "values_list"
        at_once = settings.max_concurrency * settings.page_size
        self._least = max(limits.flat_rows, LEAST_PAGES * at_once)
        self._choice = Choice(measures=not self._is_forced)
        self._lock = threading.Lock()
        self._basis: Basis | None = None
        self._rows: int | None = None
        self._request = 0.0
        """The seconds that a request for one row took."""
        self._is_closed = False
        self._failures = 0
        self.read_flat = 0
        """Rows that came flat."""
        self.pages: FlatPages | None = None
        """What reads flat, once it is proved to give the same."""

    @classmethod
    def of(cls, terms: Terms, limits: Limits) -> FlatWay | None:
        """Return the way of a read; None where only records will do."""
        request = terms.request
        if request.limit is not None:
            return None
        if request.state.get("read_by") == "records":
            reason = "a run before has found that a `values_list` gives other values (`read_by`)"
        elif not {"id", STAMP} <= request.entity.by_name.keys():
            reason = f"without id and {STAMP}, a changed row cannot be told from a wrong one"
        else:
            return cls(terms, limits)
        if request.settings.read_mode == "values_list":
            request.logger.info("Stream %s is read by records: %s.", request.name, reason)
        return None

    def through(self, records: EntitySource) -> Self:
        """Return the source of the rows that `records` reads."""
        self._records = records
        self.stream, self.keyed, self.id_of = records.stream, records.keyed, records.id_of
        return self

    def compare(self, rows: Sequence[Any]) -> bool:
        """Pick rows of a page, and compare those that wait where it is time; return whether.

        Raises:
            DifferenceError: A `values_list` gives other values than records.
        """
        if self.pages is None:
            return False
        self._samples.note(rows)
        if is_due := self._samples.are_due:
            self._samples.compare()
        return is_due

    def compare_last(self) -> None:
        """Compare rows of the last pages, and what else waits.

        Raises:
            DifferenceError: A `values_list` gives other values than records.
        """
        if self.pages is not None:
            self._samples.compare_last()

    @cached_property
    def _samples(self) -> Samples:
        return Samples(self.pages)  # type: ignore[arg-type] # asked for where they are

    def is_flat(self, row: Any) -> bool:
        """Whether a row came flat."""
        return self.pages is not None and self.pages.shape.is_flat(row)

    @property
    def ms_a_row(self) -> dict[str, float]:
        """Way -> the milliseconds of a row, as far as measured."""
        return self._choice.ms_a_row

    def top(self, part: Slice) -> tuple[int, int] | None:
        """Return the greatest id after a slice's start, and the number of rows; None for none."""
        begun = time.monotonic()
        found = self._records.top(part)
        self._request = time.monotonic() - begun
        self._rows = found[1] if found else 0
        self._verify()
        return found

    def page(self, part: Slice, size: int) -> Page[Any]:
        """Return the next rows of a slice."""
        self._verify()
        if self.pages is None or self._is_closed:
            return self._measured(RECORDS, part, size)
        way, is_try = self._choice.next_way()
        try:
            return self._measured(way, part, size)
        finally:
            if is_try:
                self._choice.end_try()

    def _measured(self, way: str, part: Slice, size: int) -> Page[Any]:
        begun = time.monotonic()
        page = self._flat_page(part, size) if way == FLAT else None
        if page is None:
            way, begun = RECORDS, time.monotonic()
            page = self._page_by_records(part, size)
        if self._rows is not None and len(page.results) > size / 2:
            self._choice.note(way, len(page.results), time.monotonic() - begun)
            self._tell()
        return page

    def _page_by_records(self, part: Slice, size: int) -> Page[Any]:
        after, begun = part.after, time.monotonic()
        page = self._records.page(part, size)
        is_wanted = self._basis is None and self.pages is None and not self._is_closed
        if is_wanted and page.results:
            here, took = Slice(part.window, after), time.monotonic() - begun
            self._basis = Basis.of(self._records, here, page.results, took)
        return page

    def _flat_page(self, part: Slice, size: int) -> Page[Any] | None:
        """Return the next rows of a slice, read flat; None where that fails.

        Raises:
            DifferenceError: A `values_list` is found to give other values than records.
            WmsError: The run cannot go on.
        """
        try:
            page = self.pages.page(part, size)  # type: ignore[union-attr] # asked for where it is
        except DifferenceError:
            self._is_closed = True
            raise
        except WmsError as error:
            if not is_of_one_entity(error):
                raise
            self._note_failure(error)
            return None
        with self._lock:
            self._failures = 0
            self.read_flat += len(page.results)
        return page

    def _note_failure(self, error: WmsError) -> None:
        with self._lock:
            self._failures += 1
            if self._is_closed or (self._failures < FAILURES and isinstance(error, RequestError)):
                return
            self._is_closed = True
        self._logger.warning(
            "Stream %s is read by records from here on, for a `values_list` fails: %s",
            self.stream,
            error,
        )

    # To choose

    def _verify(self) -> None:
        """Compare the first rows with what a `values_list` gives, once, where it is worth it."""
        if self.pages is not None or self._is_closed or not self._is_worth_it():
            return
        if self._lock.acquire(blocking=False):
            try:
                self._prove()
            finally:
                self._lock.release()

    def _is_worth_it(self) -> bool:
        if self._basis is None:
            return False
        return self._is_forced or (self._rows or 0) >= self._least

    def _prove(self) -> None:
        if self.pages is not None or self._is_closed or self._basis is None:
            return
        proof = Verification(self._records, self._whole, STAMP, self._needed, self._marks_deletes)
        basis = replace(self._basis, part=replace(self._basis.part))
        try:
            pages = FlatPages(self._records, proof.shape(basis))
        except UnfitError as error:
            self._is_closed = True
            self._logger.info("Stream %s is read by records: %s.", self.stream, error)
        else:
            self._choice.compare(flat=proof.took, records=basis.took, request=self._request)
            self.pages = pages
            self._tell()
        self._basis = None

    def _tell(self) -> None:
        way = self._choice.news()
        if way is None:
            return
        costs = self.ms_a_row
        self._logger.info(
            "Stream %s: %.1f ms a row flat, %.1f ms by records; it is read %s.",
            self.stream,
            costs[FLAT],
            costs[RECORDS],
            "flat" if way == FLAT else "by records",
        )
