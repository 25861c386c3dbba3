"""One stream into one table: the SDK's sink over plan, buffer, flush."""

from __future__ import annotations

import copy
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import oracledb
from singer_sdk.sql import SQLSink
from typing_extensions import override

from target_oracle.database.retries import Retrier
from target_oracle.database.session import OracleConnector
from target_oracle.errors import LoadError, TableError, sentence
from target_oracle.loading.commit_record import CommitRecord
from target_oracle.loading.destination import Destination
from target_oracle.loading.flush import Flush
from target_oracle.loading.rejects import StreamRejects
from target_oracle.loading.swap import Swap
from target_oracle.loading.versions import Outdating
from target_oracle.observing import logs, telemetry
from target_oracle.observing.report import StreamSummary
from target_oracle.records.buffer import Buffer
from target_oracle.records.shaping import Shaping
from target_oracle.records.stamps import stamps
from target_oracle.records.stream_maps import RecordMap
from target_oracle.records.validation import CompiledValidator, compiled
from target_oracle.schema import metadata
from target_oracle.schema.json_schema import with_any_document
from target_oracle.schema.plan import Plan, declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Target, metrics
    from singer_sdk.mapper import StreamMap

    from target_oracle.loading.loader import Loader
    from target_oracle.run import Run
    from target_oracle.schema.tables import Table


class OracleSink(SQLSink[OracleConnector]):
    """Takes a stream's lines and loads them, a buffer at a time."""

    connector_class = OracleConnector
    _validator: CompiledValidator | None

    def __init__(
        self,
        target: Target,
        run: Run,
        stream_map: StreamMap,
        bookmark: str | None,
        shadows: list[Loader],
    ) -> None:
        self.settings, self.run = run.settings, run
        stream_name = stream_map.stream_alias
        super().__init__(
            target,
            stream_name,
            stream_map.transformed_schema,
            stream_map.transformed_key_properties,
            OracleConnector(dict(target.config), run.session),
        )
        own_keys = self.settings.stream(stream_name).key_properties
        self._key_properties = self._key_properties if own_keys is None else own_keys
        self.worker = run.workers.of(stream_name)
        self._retrier = Retrier(self.settings.max_retries, run.limits)
        self.buffer = Buffer(run.limits)
        self.loading: Buffer | None = None
        self.is_ready = False
        self._first_held = 0
        self.plan = Plan(
            self.settings,
            stream_name,
            run.session.user,
            run.session.dialect,
            self.schema,
            self._key_properties,
            bookmark,
        )
        counted = run.reporter.streams
        summary = StreamSummary(self.table_name, tuple(self.plan.keys), self.plan.replication_key)
        self.summary = counted.setdefault(stream_name, summary)
        self.summary.declare(declared(self.plan))
        self.destination = Destination(self.plan, self.worker, shadows, self.summary.changes)
        rules = self.settings.rules(stream_name)
        self._shaping = Shaping(
            with_any_document(self.schema),
            run.session.dialect,
            self._validator,
            compiled(stream_name, {"allOf": rules}) if rules else None,
            RecordMap.of(stream_map),
            stamps(self.sync_started_at, run.run_id),
        )

    @override
    def _remove_sdc_metadata_from_schema(self) -> None:
        """Remove nothing: what the tap itself declares is data, `_sdc_deleted_at` above all."""

    @override
    def _add_sdc_metadata_to_schema(self) -> None:
        self.schema["properties"].update(copy.deepcopy(metadata.PROPERTIES))

    @override
    def get_validator(self) -> CompiledValidator | None:
        validates = self.settings.validate_records and bool(self.schema)
        checked = with_any_document(self.schema)
        return compiled(self.stream_name, checked) if validates else None

    # Names: the SDK's view of the plan

    @override
    def conform_name(self, name: str, object_type: str | None = None) -> str:
        return self.plan.naming.identifier(name)

    @property
    @override
    def table_name(self) -> str:
        return self.plan.table_name

    @property
    @override
    def schema_name(self) -> str:
        return self.plan.owner

    # The table

    @override
    def setup(self) -> None:
        """Make or complete the table, in the stream's worker; others may be at work in theirs."""
        self.run.workers.give(self.worker, self._prepare)

    def _prepare(self) -> None:
        # Nothing is pending: DDL commits.
        with self._reported("prepare"), telemetry.span("prepare"):
            self._retrier.call(self.destination.prepare, [self.worker.session])
        if self.plan.method == "upsert" and not self.plan.matched:
            self.logger.warning(
                "Stream '%s' has no keys: its records are inserted, not matched", self.stream_name
            )
        if self.settings.skip_older and not self.plan.replication_key:
            self.logger.warning(
                "Stream '%s' has no replication key: `skip_older` skips none of its records",
                self.stream_name,
            )
        for name, column in self.plan.renamed.items():
            self.logger.info(
                "Stream '%s': property '%s' is renamed to column %s", self.stream_name, name, column
            )
        for notice in self.plan.notices:
            self.logger.warning("Stream '%s': %s", self.stream_name, notice)
        if names := self.plan.astray:
            self.logger.warning(
                "Stream '%s': the schema lacks what `streams` names: %s",
                self.stream_name,
                ", ".join(names),
            )

    def known_table(self) -> Table:
        """Return the table as it is now."""
        return self.destination.table

    @contextmanager
    def _reported(self, verb: str) -> Iterator[None]:
        """Turn the driver's errors into sentences that name the stream and its table."""
        try:
            with logs.about(self.stream_name):
                yield
        except oracledb.Error as error:
            doing = f"Stream '{self.stream_name}': cannot {verb} table {self.table_name}"
            kind = TableError if verb == "prepare" else LoadError
            raise kind(sentence(error, doing)) from error

    # What waits

    @property
    @override
    def current_size(self) -> int:
        return len(self.buffer) + len(self.loading or ())

    @property
    @override
    def max_size(self) -> int:
        return self.settings.batch_size_rows

    @property
    def holds_state(self) -> bool:
        """Whether committed rows are not in the table yet: an overwrite before its end."""
        return self.destination.overwrites

    @property
    def first_waiting(self) -> int:
        """The position of the first record that is not in the table yet; 0 for none."""
        buffer = self.loading or self.buffer
        return self._first_held or (buffer.first if buffer else 0)

    @property
    def is_free(self) -> bool:
        """Whether the table is ready and nothing is on its way into it."""
        return self.is_ready and self.loading is None

    def hand_over(self) -> Buffer:
        """Take what waits to be loaded: it counts as waiting until `loading` is None again."""
        self.loading, self.buffer = self.buffer, Buffer(self.run.limits)
        if self.holds_state and not self._first_held:
            self._first_held = self.loading.first
        return self.loading

    # Flushes

    @property
    @override
    def batch_processing_timer(self) -> metrics.Timer:
        """One for each flush: the SDK's own keeps the status of its first."""
        return self.get_batch_processing_timer()

    def drain(self) -> None:
        """Load the records that the sink holds, with the SDK's bookkeeping around it."""
        context = self.start_drain()
        with self.batch_processing_timer:
            self.process_batch(context)
        self.mark_drained()

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        """Load what waits and COMMIT; nothing of it is loaded when this fails."""
        buffer = self.loading or self.hand_over()
        waiting, started = len(buffer), time.monotonic()
        self.tally_record_read(waiting)
        before = self.run.workers.rejected(self.stream_name)
        flush = Flush(self.destination, self._shaping, self._rejects, buffer, self._new_record())
        with self._reported("load"), telemetry.span("flush", rows=waiting) as span:
            self._retrier.call(flush.attempt, [self.worker.session, self.worker.direct])
            rejected = self.run.workers.rejected(self.stream_name) - before
            span.set_attribute("singer.rejected", rejected)
            self._mention(flush.unknown)
        self._count(waiting, rejected, flush.deleted, time.monotonic() - started)

    @property
    def _rejects(self) -> StreamRejects:
        return StreamRejects(self.worker.rejects, self.stream_name, self._key_properties)

    def _new_record(self) -> CommitRecord:
        only_inserts = not self.destination.loader.keys and not self.holds_state
        number = self.summary.flushes + 1  # of the run: a new schema makes a new sink
        return CommitRecord(self.stream_name, self.worker, number, only_inserts)

    def _count(self, read: int, rejected: int, deleted: int, seconds: float) -> None:
        """Measure a flush; what an overwrite holds is written at its end."""
        stream = self.stream_name
        telemetry.measure("flush.duration", seconds, stream=stream)
        telemetry.count("rows.read", read, stream=stream)
        telemetry.count("rows.rejected", rejected, stream=stream)
        if not self.holds_state:
            telemetry.count("rows.written", read - rejected, stream=stream)
        self.record_counter_metric.increment(read)
        self.summary.records += read
        self.summary.held += read if self.holds_state else 0
        self.summary.deleted += deleted
        self.summary.flushes += 1
        self.summary.seconds += seconds

    def _mention(self, unknown: set[str]) -> None:
        if new := unknown - self._warned_missing_fields:
            self._warned_missing_fields |= new
            names = ", ".join(sorted(new)[:10])
            self.logger.warning(
                "Stream '%s': properties that the schema lacks are not loaded: %s",
                self.stream_name,
                names,
            )
            self.summary.changes.leave_out(new)

    # Versions and the end

    @override
    def activate_version(self, new_version: int) -> None:
        """Delete, or mark as deleted, the rows of older versions."""
        outdating = Outdating(self.destination, new_version)
        if why := outdating.obstacle:
            if outdating.is_missed:
                self.run.reporter.unversioned.setdefault(why, set()).add(self.stream_name)
            else:
                self.logger.debug("ACTIVATE_VERSION is ignored: %s", why)
            return
        with self._reported("load"):
            self._retrier.call(outdating.attempt, [self.worker.session])

    def retire(self) -> list[Loader]:
        """Make way for a sink with another schema, which goes on with the shadows returned."""
        if self.holds_state:
            self.destination.keep_shadow()
            return self.destination.earlier
        with self._reported("load"):
            self._retrier.call(self.clean_up, [self.worker.session])
        return []

    def finish(self) -> None:
        """At the end of the input: an overwrite takes the place of the table's rows."""
        if not self.holds_state:
            return
        swap = Swap(self.destination, self._rejects, self._new_record())
        with self._reported("load"), telemetry.span("swap", rows=self.summary.held):
            self._retrier.call(swap.attempt, [self.worker.session, self.worker.direct])
        telemetry.count("rows.written", self.summary.held, stream=self.stream_name)
        self.summary.deleted += swap.deleted
        self._first_held = self.summary.held = 0

    @override
    def clean_up(self) -> None:
        """Remove staging."""
        super().clean_up()
        self.destination.drop()
