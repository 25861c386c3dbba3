"""One stream into one table: the SDK's sink over plan, batch, flush."""

from __future__ import annotations

import copy
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import oracledb
from singer_sdk.exceptions import InvalidJSONSchema
from singer_sdk.sql import SQLSink
from typing_extensions import override

from target_oracle.database import statements
from target_oracle.database.retries import repeated
from target_oracle.database.session import OracleConnector
from target_oracle.errors import LoadError, TableError, sentence
from target_oracle.loading.destination import Destination
from target_oracle.loading.flush import Flush
from target_oracle.observing import logs, telemetry
from target_oracle.observing.report import StreamSummary
from target_oracle.records.buffer import Buffer
from target_oracle.records.decoding import columnar
from target_oracle.records.shaping import Shaper
from target_oracle.records.stamps import stamps
from target_oracle.records.validation import CompiledValidator
from target_oracle.schema import metadata
from target_oracle.schema.json_schema import with_any_document
from target_oracle.schema.metadata import DELETED_AT, TABLE_VERSION
from target_oracle.schema.plan import Plan
from target_oracle.schema.widening import TooNarrowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from singer_sdk import metrics

    from target_oracle.config.settings import Settings
    from target_oracle.loading.loader import Loader
    from target_oracle.records.decoding import SliceDecoder
    from target_oracle.records.slices import Record, Slice
    from target_oracle.schema.tables import Table
    from target_oracle.target import TargetOracle


class OracleSink(SQLSink[OracleConnector]):
    """Takes a stream's lines and loads them, a batch at a time."""

    connector_class = OracleConnector
    _validator: CompiledValidator | None

    def __init__(
        self,
        target: TargetOracle,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
        connector: OracleConnector | None = None,
    ) -> None:
        self.settings: Settings = target.settings
        super().__init__(target, stream_name, schema, key_properties, connector)
        self.run = target.current_run
        self.worker = self.run.workers.of(stream_name)
        self.session = self.worker.session
        self.transform: Callable[[Record], Record | None] | None = None
        self.batch = Buffer()
        self.loading: Buffer | None = None
        self.is_ready = False
        self._first_held = 0
        self._flushes = 0
        self._in_doubt = False
        self._flushing: Flush | None = None
        self._deleted = 0
        own_keys = self.settings.stream(stream_name).key_properties
        self._key_properties = self._key_properties if own_keys is None else own_keys
        self.plan = Plan(
            self.settings,
            stream_name,
            self.schema,
            self._key_properties,
            target.bookmarks.get(stream_name),
            self.connector.session.user,
            self.connector.session.dialect,
        )
        shadows = target.shadows(stream_name)
        self.destination = Destination(self.plan, self.worker, shadows)
        self.summary = self.run.reporter.streams.setdefault(
            stream_name,
            StreamSummary(self.table_name, tuple(self.plan.keys), self.plan.replication_key),
        )
        self._rules = self._compiled(self._rule_schema())
        checked = self.settings.validate_records
        self._stamps = stamps(self.sync_started_at, self.run.run_id)
        checks = with_any_document(self.schema)
        self._decoder = cache(lambda names: columnar(checks, names, checked=checked))

    @override
    def _remove_sdc_metadata_from_schema(self) -> None:
        """Remove nothing: what the tap itself declares is data, `_sdc_deleted_at` above all."""

    @override
    def _add_sdc_metadata_to_schema(self) -> None:
        self.schema["properties"].update(copy.deepcopy(metadata.PROPERTIES))

    @override
    def get_validator(self) -> CompiledValidator | None:
        checks = with_any_document(self.schema)
        return self._compiled(checks) if self.settings.validate_records else None

    def _compiled(self, schema: dict[str, Any]) -> CompiledValidator | None:
        try:
            return CompiledValidator(schema) if schema else None
        except InvalidJSONSchema as error:
            msg = f"Stream '{self.stream_name}': {error}"
            raise InvalidJSONSchema(msg) from error

    def _rule_schema(self) -> dict[str, Any]:
        rules = self.settings.rules(self.stream_name)
        return {"allOf": rules} if rules else {}

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
            repeated(self.destination.prepare, [self.session], self.settings.max_retries)
        if self.plan.method == "upsert" and not self.plan.matched:
            self.logger.warning("The stream has no keys: its records are inserted, not matched")
        if self.settings.skip_older and not self.plan.replication_key:
            self.logger.warning(
                "The stream has no replication key: skip_older skips none of its records"
            )
        for name, column in self.plan.renamed.items():
            self.logger.info("Renamed: property '%s' is column %s", name, column)
        for notice in self.plan.notices:
            self.logger.warning("%s", notice)
        if names := self.plan.astray:
            self.logger.warning("The schema lacks what streams names: %s", ", ".join(names))

    @property
    def table(self) -> Table:
        """The table as it is now."""
        return self.destination.table

    @property
    def loader(self) -> Loader:
        """What fills the table as it is now."""
        return self.destination.loader

    @contextmanager
    def _reported(self, verb: str) -> Iterator[None]:
        try:
            with logs.about(self.stream_name):
                yield
        except oracledb.Error as error:
            doing = f"Stream '{self.stream_name}': cannot {verb} table {self.table_name}"
            kind = TableError if verb == "prepare" else LoadError
            raise kind(sentence(error, doing)) from error

    # Batches

    @property
    @override
    def current_size(self) -> int:
        return len(self.batch) + len(self.loading or ())

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
        batch = self.loading or self.batch
        return self._first_held or (batch.first if batch else 0)

    @property
    def is_free(self) -> bool:
        """Whether the table is ready and no batch is on its way into it."""
        return self.is_ready and self.loading is None

    def hand_over(self) -> Buffer:
        """What waits is to be loaded: it counts as waiting until `loading` is None again."""
        self.loading, self.batch = self.batch, Buffer()
        if self.holds_state and not self._first_held:
            self._first_held = self.loading.first
        return self.loading

    @property
    @override
    def batch_processing_timer(self) -> metrics.Timer:
        """One for each batch: the SDK's own keeps the status of its first."""
        return self.get_batch_processing_timer()

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        """Load what waits and COMMIT; nothing of it is loaded when this fails."""
        batch = self.loading or self.hand_over()
        waiting, started = len(batch), time.monotonic()
        self.tally_record_read(waiting)
        self._flushes = self.summary.flushes + 1  # of the run: a new schema makes a new sink
        self._in_doubt = False
        rejected = self.run.rejected(self.stream_name)
        with self._reported("load"), telemetry.span("flush", rows=waiting) as span:
            sessions = [self.session, self.worker.direct]
            repeated(self._flush, sessions, self.settings.max_retries)
            rejected = self.run.rejected(self.stream_name) - rejected
            span.set_attribute("singer.rejected", rejected)
        self._flushing = None  # and with it the batch
        self._count(waiting, rejected, time.monotonic() - started)
        self.record_counter_metric.increment(waiting)
        self.summary.records += waiting
        self.summary.held += waiting if self.holds_state else 0
        self.summary.deleted += self._deleted
        self.summary.flushes += 1
        self.summary.seconds += time.monotonic() - started

    def _count(self, read: int, rejected: int, seconds: float) -> None:
        """Measure a flush; what an overwrite holds is written at its end."""
        stream = self.stream_name
        telemetry.measure("flush.duration", seconds, stream=stream)
        telemetry.count("rows.read", read, stream=stream)
        telemetry.count("rows.rejected", rejected, stream=stream)
        if not self.holds_state:
            telemetry.count("rows.written", read - rejected, stream=stream)

    def _flush(self) -> None:
        if self._flushing and self._was_committed():
            self._flushing.settle()
            return
        self.session.connection.action = self.stream_name[:32]
        self._flushing = self._new_flush()
        try:
            self._flushing.once()
        except TooNarrowError as narrow:
            self.destination.widen(narrow.needed)
            self._flush()
        else:
            self._mention(self._flushing.unknown)

    def _note(self, deleted: int) -> None:
        """Write down, just before COMMIT, what must not be repeated should its answer be lost.

        Keys and shadows make it harmless to repeat rows, but not those of the reject table.
        """
        self._deleted = deleted
        if self._only_inserts or self.worker.rejects.pending:
            self.worker.own_tables.note(self.stream_name, self._flushes)
            self._in_doubt = True

    @property
    def _only_inserts(self) -> bool:
        return not self.loader.keys and not self.holds_state

    def _was_committed(self) -> bool:
        """Whether a COMMIT without an answer took place. LoadError when nobody knows."""
        if not self._in_doubt:
            return False
        committed = self.worker.own_tables.has(self.stream_name, self._flushes)
        if committed is None and self._only_inserts:
            msg = (
                f"Stream '{self.stream_name}': the connection was lost during COMMIT, and whether "
                "its rows were committed is not known: look, and grant CREATE TABLE to know."
            )
            raise LoadError(msg)
        self._in_doubt = False
        return bool(committed)

    def _new_flush(self) -> Flush:
        return Flush(
            self.stream_name,
            self._key_properties,
            self.plan.method,
            self.session,
            self.loader,
            self._new_shaper,
            self.worker.rejects,
            self.loading or self.batch,
            self._note,
            self.destination.can_grow,
        )

    def _new_shaper(self) -> Shaper:
        return Shaper(
            self.loader.columns,
            self.session.dialect,
            self._validator,
            self._refuse,
            self.transform,
            unique=bool(self.loader.keys) and not self.holds_state,
            newer=self.loader.conditions.newer,
            rules=self._rules,
            watch_deletes=self._marks_deletes,
            columnar=self._columnar,
            stamps=self._stamps,
        )

    @property
    def _columnar(self) -> SliceDecoder | None:
        """The quick way through a slice, where records need not be looked at one by one."""
        if self.transform or self._rules:
            return None
        names = [column.source for column in self.loader.columns if not column.stamped]
        return self._decoder(tuple(names))

    @property
    def _marks_deletes(self) -> bool:
        """Whether a record with a deletion time says of its row no more than that."""
        if not self.loader.keys:
            return False
        return self.settings.hard_delete or DELETED_AT in {c.source for c in self.loader.columns}

    def _refuse(self, piece: Slice) -> None:
        for index, problem in sorted(piece.problems.items()):
            record = piece.records[index]
            self.worker.rejects.take(self.stream_name, self._key_properties, problem, record)

    def _mention(self, unknown: set[str]) -> None:
        if new := unknown - self._warned_missing_fields:
            self._warned_missing_fields |= new
            names = ", ".join(sorted(new)[:10])
            self.logger.warning("Properties that the schema lacks are not loaded: %s", names)

    # Versions and the end

    @override
    def activate_version(self, new_version: int) -> None:
        """Delete, or mark as deleted, the rows of older versions."""
        columns = self.plan.found_in(self.table)
        if TABLE_VERSION not in columns or DELETED_AT not in columns:
            self.logger.warning("ACTIVATE_VERSION is ignored: it needs the metadata columns")
            return
        if self.settings.skip_older:
            self.logger.warning("ACTIVATE_VERSION is ignored: skip_older keeps rows of no version")
            return
        version, deleted = columns[TABLE_VERSION], columns[DELETED_AT]
        outdate = statements.outdate(
            self.table.sql, version, deleted, hard=self.settings.hard_delete
        )

        def work() -> None:
            with self.session.cursor() as cursor:
                cursor.execute(outdate, [new_version])
            self.session.commit()

        with self._reported("load"):
            repeated(work, [self.session], self.settings.max_retries)

    def retire(self) -> list[Loader]:
        """Make way for a sink with another schema, which goes on with the shadows returned."""
        if self.holds_state:
            self.destination.keep_shadow()
            return self.destination.earlier
        with self._reported("load"):
            repeated(self.clean_up, [self.session], self.settings.max_retries)
        return []

    def finish(self) -> None:
        """At the end of the input: an overwrite takes the place of the table's rows."""
        if self.holds_state:
            with self._reported("load"), telemetry.span("swap", rows=self.summary.held):
                self._flushes, self._in_doubt = self.summary.flushes + 1, False
                sessions = [self.session, self.worker.direct]
                repeated(self._swap, sessions, self.settings.max_retries)
            telemetry.count("rows.written", self.summary.held, stream=self.stream_name)
            self.summary.deleted += self._deleted
            self._first_held = self.summary.held = 0

    def _swap(self) -> None:
        if self._was_committed():
            self.worker.rejects.settle()
        else:
            self.destination.take_over(self._key_properties, self._note)

    @override
    def clean_up(self) -> None:
        """Remove staging."""
        super().clean_up()
        self.destination.drop()
