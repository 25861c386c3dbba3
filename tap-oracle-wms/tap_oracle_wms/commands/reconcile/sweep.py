"""Sweep one entity of WMS along the keys that Oracle holds, to the proof that no row is missed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_oracle_wms.commands.reconcile.chunks import KEYS, Chunks
from tap_oracle_wms.commands.reconcile.differences import Differences, Scope
from tap_oracle_wms.commands.reconcile.key_lines import regrouped
from tap_oracle_wms.config.times import moment
from tap_oracle_wms.errors import CountError, RequestError
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID
from tap_oracle_wms.reading.completeness import ID_PAGE, Completeness, read
from tap_oracle_wms.reading.filters import all_filters, parameters
from tap_oracle_wms.reading.list_requests import EntitySource
from tap_oracle_wms.reading.parts import Slice
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.records import RecordShape
from tap_oracle_wms.reading.slices import Slices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.commands.reconcile.key_lines import Block, Keys
    from tap_oracle_wms.reading.pool import Pool
    from tap_oracle_wms.reading.request import ReadRequest

MARGIN = timedelta(minutes=1)
"""Oracle may have been looked at so long before the tap began."""


@dataclass
class Start:
    """The moment at which the comparison began, by the clock of WMS.

    A single wrong `Date` sets the clock back at most for a while: of several looks at it, the one
    that tells the latest moment is believed.
    """

    client: WmsClient
    _at: datetime = field(init=False)
    _begun: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun = time.monotonic()
        self._at = self.client.clock.server()

    def look(self) -> datetime:
        """The moment, as far as the answers so far tell."""
        passed = timedelta(seconds=time.monotonic() - self._begun)
        self._at = max(self._at, self.client.clock.server() - passed)
        return self._at


@dataclass
class Terms:
    """How one entity is asked for."""

    request: ReadRequest
    client: WmsClient
    asked: Mapping[str, str]
    """The filters of the settings, as WMS takes them."""

    @classmethod
    def of(cls, request: ReadRequest, client: WmsClient) -> Terms:
        """The terms under the settings of now."""
        entity = request.entity
        filters = all_filters(entity.name, entity.by_name, request.settings)
        return cls(request, client, parameters(filters, client.clock.now()))

    @property
    def key(self) -> str | None:
        """The field that tells when a row was changed."""
        return self.request.entity.key

    def source(self) -> EntitySource:
        """Where ids and times come from: `values_list` where the tenant knows it, else records.

        Raises:
            RequestError: WMS refuses for another reason.
        """
        flat = self._source(flat=True)
        try:
            flat.page(Slice(Window()), 1)
        except RequestError as error:
            if type(error) is not RequestError:
                raise
            return self._source(flat=False)
        return flat

    def _source(self, *, flat: bool) -> EntitySource:
        names = [name for name in ("id", self.key) if name]
        fields = tuple(self.request.entity.by_name[name] for name in names)
        shape = RecordShape(self.request.name, fields, names, names, flat=flat)
        return EntitySource(self.client, shape, self.asked, None, self.request.span)


class Sweep:
    """Compares one entity."""

    def __init__(self, terms: Terms, keys: Keys, pool: Pool, start: Start) -> None:
        self._keys, self._pool, self._start = keys, pool, start
        self.source = terms.source()
        self.rows: int | None = None
        """As many as WMS has, by its last count."""
        self.held = 0
        """As many as Oracle has."""
        self.gaps: list[tuple[int, int]] = []
        """Ranges of ids of which Oracle has none, and WMS perhaps many."""
        self.uncounted: str | None = None
        """Why WMS does not count its rows: it is not proved, then, that all were compared."""
        self.gone = 0
        """Rows that WMS counted at the beginning, and gave no more."""
        self._top = self._look_at_top()
        self.differences = Differences(self._scope(terms), terms.key is not None)

    def _look_at_top(self) -> tuple[int, int] | None:
        """Return the greatest id and the number of rows; None where there are none, or no count."""
        try:
            return self.source.top(Slice(Window(), promised=True))
        except CountError as error:
            self.uncounted = str(error)
            return None

    def _scope(self, terms: Terms) -> Scope:
        """What is judged: all but what the next run reads again, as it may have come since."""
        settings, start = terms.request.settings, self._start.look()
        until = min(start - MARGIN, self._keys.loaded_until or start)
        until -= timedelta(minutes=settings.incremental_overlap_minutes)
        if settings.end_date:
            until = min(until, moment(settings.end_date, start))
        since = moment(settings.start_date, start) if settings.start_date else None
        if self.uncounted:
            return Scope(since, until)
        return Scope(since, until, self._top[0] if self._top else FIRST_ID)

    def compare(self, blocks: Iterable[Block]) -> Differences:
        """Compare all rows.

        Raises:
            KeysError: What Oracle holds is not told to its end.
            IncompleteError: WMS counts rows that it does not give.
            DataError: A value has the wrong type.
            RequestError: WMS refuses.
        """
        chunks = Chunks(self.source)
        self._pool.add(chunks)
        try:
            last = self._follow(chunks, blocks)
        finally:
            self._pool.drop(chunks)
        greatest = LAST_ID if self.uncounted else self._top[0] if self._top else FIRST_ID
        self.gaps = [gap for gap in chunks.gaps if gap[0] < gap[1]]
        if greatest > last:
            self.gaps.append((last, LAST_ID))
        self._read_rest(chunks)
        return self.differences

    def _follow(self, chunks: Chunks, blocks: Iterable[Block]) -> int:
        """Compare along the keys, and return the last of them."""
        last = FIRST_ID
        for block in regrouped(blocks, KEYS):
            self.held += len(block)
            with self._pool.changing():
                chunks.add(last, block)
            last = block.ids[-1]
            self._take_pages(chunks, 1)
        self._take_pages(chunks, 0)
        return last

    def _take_pages(self, chunks: Chunks, most: int) -> None:
        """Compare pages while more than `most` ranges wait to be read."""
        pages = self._pool.pages(chunks)
        while len(chunks.waiting) > most or not (most or self._is_done(chunks)):
            page = next(pages, None)
            if page is None:
                return
            left = self.differences.take(page)
            if left is not None:
                with self._pool.changing():
                    chunks.add(page.after, left, again=True)

    @staticmethod
    def _is_done(chunks: Chunks) -> bool:
        return chunks.error is None and chunks.exhausted and not chunks.pages

    def _read_rest(self, chunks: Chunks) -> None:
        """Read where Oracle has no rows, and what WMS counts beyond all that came."""
        slices = Slices(self.source, Window(), self.gaps, ID_PAGE, cut=False)
        slices.is_large = True
        if self.gaps:
            for page in read(self._pool, slices.promise()):
                self.differences.take_unknown(page.rows)
        slices.seen.take(chunks.seen)
        if not self.uncounted:
            slices.highest, slices.total = self._top or (FIRST_ID, 0)
        else:
            slices.uncounted = slices.uncounted or CountError(self.uncounted)
        proof = Completeness(self.source, slices, self._pool)
        for page in proof.pages():
            self.differences.take_unknown(page.rows)
        self.uncounted = str(slices.uncounted) if slices.uncounted else None
        self.rows = None if self.uncounted else proof.rows_counted
        highest, total = self._top or (FIRST_ID, 0)
        self.gone = max(0, total - slices.seen.number_to(highest))
        if self.gone:  # or the greatest id was none
            self.differences.judge_later()
