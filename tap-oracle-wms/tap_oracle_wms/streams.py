"""One entity as a Singer stream: plan, reader and shape under the SDK's Stream."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.trace import INVALID_SPAN, Span
from typing_extensions import override

from tap_oracle_wms.catalog.fields import DELETED_AT
from tap_oracle_wms.catalog.selection import INCREMENTAL, CatalogStream
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import PermissionDeniedError, WmsError
from tap_oracle_wms.observing import logs, telemetry
from tap_oracle_wms.observing.progress import Progress
from tap_oracle_wms.output.stream_maps import Emission
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID, Bookmark
from tap_oracle_wms.reading.deletes import IdSet, gone
from tap_oracle_wms.reading.filters import own_filters, parameters, scope
from tap_oracle_wms.reading.pages import EntitySource
from tap_oracle_wms.reading.plan import Window, plan_full, plan_incremental, scope_digest
from tap_oracle_wms.reading.records import RecordShape
from tap_oracle_wms.reading.slices import Feed, Pulled

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from singer_sdk import metrics

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.output.writer import BufferedWriter
    from tap_oracle_wms.sdk import BaseBatchFileEncoding, BatchConfig

SWEEP_PAGE = 1250
"""The most rows that WMS gives; ids alone are cheap."""

STATE_SECONDS = 5.0
"""A STATE is due this long after the last one."""


class EntityStream(CatalogStream):
    """One WMS entity."""

    _span: Span = INVALID_SPAN

    @property
    def client(self) -> WmsClient:
        """The run's connection to WMS."""
        return self._run.client

    @property
    def _limit(self) -> int | None:
        """The most records to emit."""
        limits = (self.ABORT_AT_RECORD_COUNT, self._run.settings.record_limit)
        return min((limit for limit in limits if limit is not None), default=None)

    @cached_property
    def _filters(self) -> dict[str, Any]:
        settings = self._run.settings
        return scope(self._by_name, settings) | own_filters(self.name, self._by_name, settings)

    @property
    def _load_scope(self) -> dict[str, Any]:
        """What an interrupted full load must not change in order to go on."""
        return self._filters

    # Reading

    def open(self) -> list[Feed]:
        """Plan the read, from the bookmark on, and make its feeds ready for the pool."""
        settings, client = self._run.settings, self._run.client
        self._begin()
        self._progress = Progress(self.logger, self.name)
        self._rows_at_state, self._state_at = 0, time.monotonic()
        state = self.tap_state.get("bookmarks", {}).get(self.name, {})
        bookmark = Bookmark.read(self.name, state, self._key)
        report = self._run.report.stream(self.name)
        if report.bookmark_after is None:  # else a later round of the same run
            report.bookmark_before = state.get("replication_key_value")
        if not self.detects_deletes:
            bookmark.known_ids = None
        elif bookmark.is_blank and bookmark.known_ids is None:
            bookmark.known_ids = IdSet()
        filters = self._load_scope
        self._compare_scope(bookmark, scope_digest(filters))
        if not settings.activate_version:
            filters = {**filters, "activate_version": False}  # its rows have no version
        now = client.clock.now()
        if self.replication_method == INCREMENTAL:
            self._plan = plan_incremental(bookmark, settings, now=now, filters=filters)
        else:
            self._plan = plan_full(bookmark, Window(), now, filters=filters)
        self._warn_of_gaps(state, bookmark)
        needed = {name for name in ("id", self.replication_key) if name in self._by_name}
        self._shape = RecordShape(
            self.name,
            self._fields,
            self._selected_schema["properties"],
            needed,
            flat=settings.read_mode == "values_list",
        )
        return self._feeds(parameters(self._filters, now))

    def _warn_of_gaps(self, state: Mapping[str, Any], bookmark: Bookmark) -> None:
        """Say of a state that it counts for nothing, and of a `start_date` that it leaves a gap."""
        if state and "format" not in state:
            self.logger.warning(
                "Stream %s: its state is another tap's, perhaps ahead of the rows that arrived: it "
                "is not taken over.",
                self.name,
            )
        reached, since = bookmark.value, self._plan.window.since
        if self._plan.is_incremental and reached and since and reached < since:
            self.logger.warning(
                "Stream %s: `start_date` leaves out what changed between the last run, %s, and %s.",
                self.name,
                utc(reached),
                utc(since),
            )

    def _compare_scope(self, bookmark: Bookmark, scope: str) -> None:
        """Warn where other filters hold than those that the bookmark was reached under."""
        if bookmark.value is not None and bookmark.scope not in {None, scope}:
            self.logger.warning(
                "Stream %s: its filters have changed since the last run; rows that match only now "
                "are read when they change, or all by a run with `force_full_table`.",
                self.name,
            )
        bookmark.scope = scope

    def _feeds(self, asked: Mapping[str, str]) -> list[Feed]:
        return [self._feed(asked, self._plan.ranges, cut=self._plan.is_incremental)]

    def _feed(
        self, asked: Mapping[str, str], ranges: Sequence[tuple[int, int]], *, cut: bool
    ) -> Feed:
        most = self._run.settings.page_size
        size = most if self._limit is None else min(most, self._limit)
        source = EntitySource(self._run.client, self._shape, asked, self._key, self._span)
        return Feed(source, self._plan.window, ranges, size, cut=cut)

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        for pulled in self._run.pages(self):
            yield from self._shape.records(pulled.rows)

    @override
    def _sync_records(
        self, context: Any = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Emit the records page by page; the bookmark follows each page that is out."""
        report = self._run.report.stream(self.name)
        report.finished = False
        with (
            logs.about(self.name),
            self.get_record_counter() as counter,
            self.get_sync_timer(),
            report.timed(),
            self._recorded(),
        ):
            try:
                yield from self._read(counter, write=write_messages)
            except PermissionDeniedError as error:
                if self._is_required or self._progress.rows:
                    raise
                self.logger.warning("Stream %s is skipped: %s", self.name, error)
            except WmsError:
                if write_messages:
                    if self._progress.rows:
                        self._save_bookmark()
                    self._write_state_message()
                raise
            finally:
                self._run.client.requests.log_count(self.name)
        if write_messages:
            self._write_state_message()

    def _begin(self) -> None:
        """Begin the stream's span, unless it was begun when the stream was read ahead."""
        if self._span is INVALID_SPAN:
            self._span = telemetry.begin("stream", INVALID_SPAN, stream=self.name)

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """What is done is within the stream's span, which ends with what the read came to."""
        self._begin()
        report = self._run.report.stream(self.name)
        with telemetry.within(self._span) as span:
            try:
                yield
            finally:
                span.set_attributes({"singer.rows": report.read, "singer.pages": report.pages})
                self._span = INVALID_SPAN  # another round has its own

    def _read(self, counter: metrics.Counter, *, write: bool) -> Iterator[dict[str, Any]]:
        with closing(self._run.pages(self)) as pages:
            for pulled in pages:
                left = None if self._limit is None else self._limit - self._progress.rows
                yield from self._emit(pulled, counter, left, write=write)
                if left is None or left >= len(pulled.rows):
                    self._commit(pulled)
                    self._keep_state(write=write)
                if left is not None and left <= len(pulled.rows):
                    self._finish(write=write)
                    self._check_max_record_limit(self._progress.rows)
                    return
        yield from self._end(counter, write=write)

    def _end(self, counter: metrics.Counter, *, write: bool) -> Iterator[dict[str, Any]]:
        """Close a read of which everything is out; targets drop nothing that the guard forbids."""
        swept = self._swept() if self.detects_deletes else None
        if write and self._version is not None:
            self._write_activate_version_message(self._version)
        self._plan.complete()
        if swept is not None:
            yield from self._emit_deleted(*swept, counter, write=write)
        self._finish(write=write)
        self._shape.report_unknown(self.logger)
        self._progress.summarise()

    def _finish(self, *, write: bool) -> None:
        """Note that all that the run wants of the stream has left."""
        self._run.report.stream(self.name).finished = True
        if write:
            self._save_bookmark()

    def _commit(self, pulled: Pulled) -> None:
        """Note that a page is out."""
        self._plan.commit(pulled.after, pulled.through, pulled.finished)

    def _emit(
        self, pulled: Pulled, counter: metrics.Counter, left: int | None, *, write: bool
    ) -> Iterator[dict[str, Any]]:
        rows = pulled.rows[:left]
        records = self._shape.records(rows)
        if self.detects_deletes:
            if (known := self._plan.bookmark.known_ids) is not None:
                known.update(map(self._shape.id_of, rows))
            for record in records:
                record[DELETED_AT] = None
        if write:
            self._emission.write(records, self._version, pulled.time_extracted)
        self._progress.note(len(records), self._run.total_of(self))
        report = self._run.report.stream(self.name)
        report.read += len(records)
        report.pages += 1
        telemetry.count("rows.read", len(records), stream=self.name)
        telemetry.count("pages.read", 1, stream=self.name)
        counter.increment(len(records))
        yield from records

    @override
    def get_batches(
        self, batch_config: BatchConfig, context: Any = None
    ) -> Iterable[tuple[BaseBatchFileEncoding, list[str]]]:
        """Batches of records; the bookmark follows each that is whole, not the pages in it."""
        for batch in super().get_batches(batch_config, context):
            self._save_bookmark()
            yield batch
        if self._run.report.stream(self.name).finished:
            self._save_bookmark()

    @property
    def _version(self) -> int | None:
        """The version of a full load that reads everything there is: what lacks it is gone.

        Under a limit it has one, too: the run that ends it counts all rows without as gone.
        """
        load, settings = self._plan.bookmark.load, self._run.settings
        is_whole = not self._filters and self._plan.window == Window()
        return load.version if load and is_whole and settings.activate_version else None

    @cached_property
    def _emission(self) -> Emission:
        return Emission(self, cast("BufferedWriter", self._run.message_writer))

    # Deletes

    def _swept(self) -> tuple[IdSet, IdSet]:
        """The known rows that a sweep over all ids no longer finds, and those known from now on."""
        ids = RecordShape(self.name, self._fields, {"id"}, flat=True)
        asked = parameters(self._filters, self._run.client.clock.now())
        source = EntitySource(self._run.client, ids, asked, None, self._span)
        feed = Feed(source, Window(), [(FIRST_ID, LAST_ID)], SWEEP_PAGE, cut=False)
        present = IdSet()
        for pulled in self._run.extra_pages(feed):
            present.update(map(ids.id_of, pulled.rows))
        if (known := self._plan.bookmark.known_ids) is None:
            return IdSet(), present
        missing = gone(self.name, known, present, self._run.settings.max_deleted_share)
        return missing, known.minus(missing)

    def _emit_deleted(
        self, missing: IdSet, known: IdSet, counter: metrics.Counter, *, write: bool
    ) -> Iterator[dict[str, Any]]:
        """Emit a record for each row that is missing."""
        now = self._run.client.clock.now()
        records = [{"id": key, DELETED_AT: utc(now)} for key in missing]
        if write:
            self._emission.write(records, None, now)
        counter.increment(len(records))
        self._run.report.stream(self.name).deleted += len(records)
        yield from records
        self._plan.bookmark.known_ids = known

    # State

    def _save_bookmark(self) -> None:
        self._plan.bookmark.write(self.stream_state, self._key)
        reached = self.stream_state.get("replication_key_value")
        self._run.report.stream(self.name).bookmark_after = reached
        if reached:
            lag = self._run.client.clock.now() - datetime.fromisoformat(reached)
            telemetry.measure("bookmark.lag", max(0.0, lag.total_seconds()), stream=self.name)
        self.state_manager.is_flushed = False

    def _keep_state(self, *, write: bool) -> None:
        """Save the bookmark when a STATE is due, and write it; BATCH writes its own after each."""
        due = (
            self._progress.rows - self._rows_at_state >= self.STATE_MSG_FREQUENCY
            or time.monotonic() - self._state_at >= STATE_SECONDS
        )
        if due and write:
            self._save_bookmark()
            self._rows_at_state, self._state_at = self._progress.rows, time.monotonic()
            self._write_state_message()
