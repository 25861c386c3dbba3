"""One entity as a Singer stream: it drives a reading, writes what comes, and keeps the bookmark."""

from __future__ import annotations

import logging
from collections import deque
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.trace import INVALID_SPAN
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.streams import Stream
from typing_extensions import override

from tap_oracle_wms.catalog.fields import ON_REQUEST
from tap_oracle_wms.catalog.selection import FULL_TABLE, INCREMENTAL, Chosen
from tap_oracle_wms.commands.reconcile.healing import Comparable
from tap_oracle_wms.errors import (
    ConfigError,
    ExtractError,
    PermissionDeniedError,
    WmsError,
    is_of_one_entity,
)
from tap_oracle_wms.observing import logs
from tap_oracle_wms.observing.progress import Progress
from tap_oracle_wms.observing.stream_span import StreamSpan
from tap_oracle_wms.output.delivery import Delivery, Tally
from tap_oracle_wms.output.states import StateSchedule
from tap_oracle_wms.output.stream_maps import Emission
from tap_oracle_wms.reading.request import ReadRequest
from tap_oracle_wms.sdk import get_selected_schema

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from opentelemetry.trace import Span
    from singer_sdk import Tap, metrics
    from singer_sdk.singerlib import Catalog, MetadataMapping

    from tap_oracle_wms.catalog.selection import Entity
    from tap_oracle_wms.observing.report import StreamReport
    from tap_oracle_wms.reading.protocol import Reading
    from tap_oracle_wms.run import Run
    from tap_oracle_wms.sdk import BaseBatchFileEncoding, BatchConfig, SDKBatchMessage


class EntityStream(Stream):
    """One WMS entity."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    _delivery: Delivery | None = None
    """The delivery of the stream's last read."""

    def __init__(self, tap: Tap, run: Run, entity: Entity) -> None:
        super().__init__(tap, entity.schema, entity.name)
        self.selected_by_default = entity.chosen is not Chosen.NOT
        self._run = run
        self._entity = entity
        self._span = StreamSpan(entity.name)
        self.primary_keys = ["id"] if "id" in entity.by_name else []
        if run.settings.enable_incremental and not run.settings.force_full_table:
            self.replication_key = entity.key

    # Catalog

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        super().apply_catalog(catalog)
        self._input_schema = self.schema  # made from the catalog's, for these settings
        self._register()
        if self._run.settings.force_full_table or not self._run.settings.enable_incremental:
            self.replication_key, self.forced_replication_method = None, FULL_TABLE
        if self.replication_method not in {INCREMENTAL, FULL_TABLE}:
            msg = f"Stream {self.name} asks for {self.replication_method}; WMS has no change log."
            raise ConfigError(msg)
        if self.replication_method == INCREMENTAL:
            self.replication_key = self._entity.required_key(self.replication_key)

    @property
    @override
    def metadata(self) -> MetadataMapping:
        fresh = self._metadata is None
        metadata = super().metadata
        if fresh and self._tap_input_catalog is None:
            for name in ON_REQUEST & self._entity.by_name.keys():
                metadata["properties", name].selected_by_default = False
        return metadata

    @property
    def selected(self) -> bool:
        """Whether the stream is read."""
        return self.mask.get((), True)

    @selected.setter
    def selected(self, value: bool | None) -> None:
        """Select the stream, and register it anew: the mapper knows it as it was before."""
        self.metadata.root.selected = value
        self._mask = self.metadata.resolve_selection()
        self._register()

    def _register(self) -> None:
        self._tap.mapper.register_raw_stream_schema(
            self.name, self.selected_schema, self.primary_keys
        )

    @property
    def selected_schema(self) -> dict[str, Any]:
        """That of the properties that are selected."""
        return get_selected_schema(self.name, self.effective_schema, self.mask)

    @override
    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """Do nothing: there are no progress markers, and the SDK would write a STATE."""

    @override
    def get_replication_key_signpost(self, context: Any = None) -> None:
        """No signpost: the window already ends at the server's time."""

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Leave errors to the command, which says each once; the SDK announces them here first.

        That a stream begins is for DEBUG: its progress and its end are told.
        """
        if level < logging.ERROR:
            level = logging.DEBUG if level == logging.INFO else level
            super().log(message, *args, level=level, **kwargs)

    # Reading

    @property
    def _report(self) -> StreamReport:
        return self._run.report.stream(self.name)

    @property
    def _limit(self) -> int | None:
        """The most records to emit."""
        limits = (self.ABORT_AT_RECORD_COUNT, self._run.settings.record_limit)
        return min((limit for limit in limits if limit is not None), default=None)

    def open_reading(self) -> Reading[Any]:
        """Begin a read, from the bookmark on."""
        state = self.tap_state.get("bookmarks", {}).get(self.name, {})
        if self._report.bookmark_after is None:  # else a later round of the same run
            self._report.bookmark_before = state.get("replication_key_value")
        seen = self._run.eligibility.seen(self.tap_state)
        return self._run.open(replace(self._request(state, self._span.begin()), seen=seen))

    def _request(self, state: Mapping[str, Any], span: Span) -> ReadRequest:
        return ReadRequest(
            self._entity,
            self.selected_schema["properties"],
            self.replication_method == INCREMENTAL,
            self.replication_key,
            self._entity.detects_deletes,
            self._limit,
            state,
            span,
        )

    @property
    def comparable(self) -> Comparable:
        """What a comparison with Oracle takes of the stream."""
        is_mapped = self._emission.is_mapped
        return Comparable(self._request({}, INVALID_SPAN), self.selected_schema, is_mapped)

    def _begin_delivery(self, counter: metrics.Counter, *, writes: bool) -> Delivery:
        """Begin the stream's turn."""
        reading = self._run.ahead.reading_of(self)
        tally = Tally(self._report, Progress(self.logger, self.name, self._run.pace), counter)
        self._delivery = Delivery(reading, self._emission, tally, writes=writes)
        return self._delivery

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        with closing(self._sync_records(context, write_messages=False)) as records:
            yield from records

    @override
    def _sync_records(
        self, context: Any = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Emit the records page by page; the bookmark follows each page that is out."""
        with (
            logs.about(self.name),
            self.get_record_counter() as counter,
            self.get_sync_timer(),
            self._at_turn(writes=write_messages),
        ):
            yield from self._read(self._begin_delivery(counter, writes=write_messages))
        rows = 0 if self._delivery is None else self._delivery.rows
        if write_messages and rows and self._run.ends.is_due(0):
            self._write_state_message()  # of idle streams the run's last one tells

    @contextmanager
    def _at_turn(self, *, writes: bool) -> Iterator[None]:
        """Log, time and trace the block as the stream's; after a failure, save what was written.

        Raises:
            WmsError: The read fails, and the run cannot go on without the stream.
        """
        self._report.finished, self._delivery = False, None
        with self._report.timed(), self._span.within(self._report):
            try:
                yield
            except WmsError as error:
                if not self._is_spared(error, writes=writes):
                    raise
            finally:
                self._run.ahead.close(self)
                self._run.client.requests.log_count(self.name)

    def _is_spared(self, error: WmsError, *, writes: bool) -> bool:
        """Keep what is out in STATE; whether the run goes on without the stream."""
        delivery, is_named = self._delivery, self._entity.chosen is Chosen.BY_NAME
        rows = 0 if delivery is None else delivery.rows
        is_denied = isinstance(error, PermissionDeniedError)
        if is_denied and not (is_named or rows):
            self.logger.warning("Stream %s is skipped: %s", self.name, error)
            return True
        if writes:
            if delivery and (rows or isinstance(error, ExtractError)):
                self._save_bookmark(delivery)
            self._write_state_message()
        if is_named or is_denied or not is_of_one_entity(error):
            return False
        self._run.report.leave_out(self.name, error)
        return True

    def _read(self, delivery: Delivery) -> Iterator[dict[str, Any]]:
        states = StateSchedule(self.STATE_MSG_FREQUENCY, self._run.limits.state_seconds)
        for piece in delivery.reading.pieces():
            left = None if self._limit is None else self._limit - delivery.rows
            if left is not None and left < piece.rows:
                yield from delivery.emit(piece.first(left))
            else:
                yield from delivery.emit(piece)
                delivery.reading.commit(piece)
                if delivery.writes and piece.is_milestone and states.is_due(delivery.rows):
                    self._save_bookmark(delivery)
                    self._write_state_message()  # the SDK itself writes one after each BATCH
            if left is not None and left <= piece.rows:
                self._finish(delivery)
                self._check_max_record_limit(delivery.rows)
                return
        self._run.ahead.close(self)
        yield from self._end(delivery)

    def _end(self, delivery: Delivery) -> Iterator[dict[str, Any]]:
        """End a complete read: ACTIVATE_VERSION, deleted rows, and the final bookmark."""
        reading = delivery.reading
        share = self._run.settings.max_deleted_share
        reading.plan.check_share(self.name, delivery.rows, share)
        missing = None if reading.sweep is None else reading.sweep.look()
        version = reading.plan.version
        if delivery.writes and version is not None:
            self._write_activate_version_message(version)
        reading.plan.complete()
        if missing is not None:
            yield from delivery.emit_missing(missing)
        self._finish(delivery)
        reading.warn()
        delivery.tally.progress.summarise()

    def _finish(self, delivery: Delivery) -> None:
        """Note that the stream is finished, and save its bookmark."""
        proof, report = delivery.reading.proof, self._report
        report.finished = True
        report.counted, report.rows_counted = proof.counted, proof.rows
        report.asked_again += proof.asked_again
        report.read_flat += proof.read_flat
        report.ms_a_row = dict(proof.ms_a_row)
        report.schema_changes = delivery.reading.schema_changes
        self._run.report.left_out.pop(self.name, None)
        if delivery.writes:
            self._save_bookmark(delivery)

    @cached_property
    def _emission(self) -> Emission:
        return Emission(self, self._run.writer)

    # Batches

    @override
    def get_batches(
        self, batch_config: BatchConfig, context: Any = None
    ) -> Iterable[tuple[BaseBatchFileEncoding, list[str]]]:
        """Yield batches of records; the bookmark moves after each batch, not after each page."""
        if self._has_columns():
            yield from self._column_batches(batch_config)
            return
        for batch in super().get_batches(batch_config, context):
            if self._delivery is not None:
                self._save_bookmark(self._delivery)
            yield batch
        if self._delivery is not None and self._report.finished:
            self._save_bookmark(self._delivery)

    def _has_columns(self) -> bool:
        """Whether BATCH files can be written from columns. Errors here come again in the read."""
        if not self._entity.is_extracted or self._emission.is_mapped:
            return False
        with suppress(WmsError):
            return self._run.ahead.reading_of(self).numbers is not None
        return False

    def _column_batches(
        self, batch_config: BatchConfig
    ) -> Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        with (
            logs.about(self.name),
            self.get_record_counter() as counter,
            self._at_turn(writes=True),
        ):
            delivery = self._begin_delivery(counter, writes=True)
            for piece, manifest in delivery.batches(batch_config, self.config["batch_config"]):
                delivery.reading.commit(piece)
                if piece.is_milestone:
                    self._save_bookmark(delivery)  # leaves with the message of the last rows
                if manifest:
                    yield batch_config.encoding, manifest
            deque(self._end(delivery), maxlen=0)

    @override
    def _generate_batch_messages(
        self, encoding: BaseBatchFileEncoding, manifest: list[str]
    ) -> Generator[SDKBatchMessage, None, None]:
        delivery = self._delivery
        if delivery is None or delivery.reading.numbers is None or self._emission.is_mapped:
            yield from super()._generate_batch_messages(encoding, manifest)
            return
        from tap_oracle_wms.output.batch_files import batch_message  # noqa: PLC0415 - an extra

        yield batch_message(self.name, encoding, manifest, delivery.reading.plan.version)

    # State

    def _save_bookmark(self, delivery: Delivery) -> None:
        if self._run.settings.backfill:
            is_told = not delivery.reading.plan.bookmark.write_way(self.stream_state)
        else:
            delivery.save(self.stream_state, self._entity.key, self._run.client.clock.now())
            self._run.eligibility.note(cast("dict[str, Any]", self.tap_state))
            is_told = False
        self.state_manager.is_flushed &= is_told
