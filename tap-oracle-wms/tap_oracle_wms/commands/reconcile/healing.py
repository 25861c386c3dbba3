"""Write what makes Oracle equal: records of rows it lacks or has older, deletions of others."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.messages import SchemaMessage, StateMessage

from tap_oracle_wms.catalog.fields import DELETED_AT, DELETED_AT_PROPERTY
from tap_oracle_wms.config.limits import Limits
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import DataError, DifferenceError
from tap_oracle_wms.observing.report import STATE_KEY
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID
from tap_oracle_wms.reading.by_pages import PageOfRows, flat_way
from tap_oracle_wms.reading.completeness import BY_IDS
from tap_oracle_wms.reading.deletes import IdSet, check_share
from tap_oracle_wms.reading.filters import all_filters
from tap_oracle_wms.reading.request import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.commands.reconcile.differences import Differences
    from tap_oracle_wms.output.writer import BufferedWriter
    from tap_oracle_wms.reading.flat.way import FlatWay
    from tap_oracle_wms.reading.parts import ReadPage
    from tap_oracle_wms.reading.pool import Pool
    from tap_oracle_wms.reading.request import ReadRequest
    from tap_oracle_wms.reading.slices import Slices


@dataclass(frozen=True)
class Comparable:
    """An entity as a run would read it."""

    request: ReadRequest
    schema: Mapping[str, Any]
    """That of its SCHEMA message."""
    is_mapped: bool
    """Whether its records are changed on their way out."""


@dataclass
class Healer:
    """Writes SCHEMA and RECORD messages, or a STATE that says that there is nothing to write."""

    client: WmsClient
    pool: Pool
    writer: BufferedWriter

    def heal(
        self, entity: Comparable, found: Differences, gaps: Sequence[tuple[int, int]], held: int
    ) -> tuple[dict[str, int], str | None]:
        """Write the records; return how many of each kind, and what could not be healed.

        `gaps` are ranges of ids of which Oracle has none, `held` is how many rows it has.
        """
        wanted = IdSet()
        wanted.take(found.missing)
        wanted.take(found.stale)
        extra, refused = self._deletable(entity, found, held)
        marks = bool(extra) or entity.request.entity.detects_deletes
        if wanted or extra:
            self._write_schema(entity, marks=marks)
        got = self._write_rows(entity, wanted, gaps, marks=marks)
        self._write_deleted(entity, extra)
        self.writer.flush()
        problems = [refused] if refused else []
        if left := wanted.minus(got):
            problems.append(f"{len(left)} rows are no longer given by WMS")
        if found.newer:
            problems.append(f"{len(found.newer)} rows are newer in Oracle and are left alone")
        counts = {"upserted": len(wanted) - len(left), "deleted": len(extra)}
        return counts, "; ".join(problems) or None

    def tell_end(self, run_id: str) -> None:
        """Tell a target that nothing was to be healed: silence is what it hears of a dead tap."""
        ended: dict[str, Any] = {"status": "finished", "error": None, "streams": {}}
        self.writer.write_message(StateMessage({STATE_KEY: {"run_id": run_id, **ended}}))
        self.writer.flush()

    @staticmethod
    def _deletable(entity: Comparable, found: Differences, held: int) -> tuple[IdSet, str | None]:
        try:
            share = entity.request.settings.max_deleted_share
            check_share(entity.request.name, len(found.extra), held, share)
        except DataError as error:
            return IdSet(), str(error)
        return found.extra, None

    def _write_schema(self, entity: Comparable, *, marks: bool) -> None:
        schema, key = dict(entity.schema), entity.request.replication_key
        if marks:
            schema["properties"] = {**schema["properties"], DELETED_AT: DELETED_AT_PROPERTY}
        bookmarks = [key] if key else None
        self.writer.write_message(SchemaMessage(entity.request.name, schema, ["id"], bookmarks))

    def _write_rows(
        self, entity: Comparable, wanted: IdSet, gaps: Sequence[tuple[int, int]], *, marks: bool
    ) -> IdSet:
        """Write full records of rows: ranges where many lie together, the others by their ids."""
        terms, got = self._terms(entity.request), IdSet()
        ranges = [(a, b) for a, b in gaps if wanted.number_to(b) - wanted.number_to(a) > BY_IDS]
        if ranges:
            got.take(self._write_ranges(terms, ranges, marks=marks))
        left = list(wanted.minus(got))
        single = (
            terms.slices(
                [(FIRST_ID, LAST_ID)],
                cut=False,
                more={"id__in": ",".join(map(str, left[n : n + BY_IDS]))},
            )[1]
            for n in range(0, len(left), BY_IDS)
        )
        got.take(self._write_pages(terms, single, marks=marks))
        terms.shape.report_unknown(terms.request.logger)
        return got

    def _terms(self, request: ReadRequest) -> Terms:
        whole = replace(request, is_incremental=False, detects_deletes=False, limit=None, state={})
        filters = all_filters(request.name, request.entity.by_name, request.settings)
        return Terms.of(whole, self.client, self.pool, filters)

    def _write_ranges(
        self, terms: Terms, ranges: Sequence[tuple[int, int]], *, marks: bool
    ) -> IdSet:
        """Write what lies together, by the way that is chosen as for a run; return the ids."""
        way = flat_way(terms, Limits())
        slices = terms.slices(ranges, cut=False, through=None if way is None else way.through)[1]
        try:
            got = self._write_pages(terms, [slices], marks=marks, way=way)
            if way is not None:
                way.compare_last()
        except DifferenceError as error:
            terms.request.logger.warning(
                "Stream %s: %s. All of it is read again by records.", terms.request.name, error
            )
            return self._write_pages(terms, [terms.slices(ranges, cut=False)[1]], marks=marks)
        return got

    def _write_pages(
        self,
        terms: Terms,
        parts: Iterable[Slices],
        *,
        marks: bool,
        way: FlatWay | None = None,
    ) -> IdSet:
        got = IdSet()
        for page in self._read(parts):
            flat = None if way is None or way.pages is None else way.pages.shape
            piece = PageOfRows(page, terms.shape, marks, flat=flat)
            got.update(piece.ids())
            self.writer.write_records(
                terms.request.name, piece.records(), None, page.time_extracted
            )
            if way is not None:
                way.compare(page.rows)
        return got

    def _read(self, parts: Iterable[Slices]) -> Iterator[ReadPage]:
        """Read several slices at once, and give their pages one after the other."""
        ahead: deque[Slices] = deque()
        try:
            for slices in parts:
                self.pool.add(slices)
                ahead.append(slices)
                if len(ahead) > self.client.settings.max_concurrency:
                    yield from self._finish(ahead)
            while ahead:
                yield from self._finish(ahead)
        finally:
            for slices in ahead:
                self.pool.drop(slices)

    def _finish(self, ahead: deque[Slices]) -> Iterator[ReadPage]:
        yield from self.pool.pages(ahead[0])
        self.pool.drop(ahead.popleft())

    def _write_deleted(self, entity: Comparable, extra: IdSet) -> None:
        at = self.client.clock.now()
        records = [{"id": row_id, DELETED_AT: utc(at)} for row_id in extra]
        self.writer.write_records(entity.request.name, records, None, at)
