"""One stream into one table: the SDK's sink over batch, shaper and loader."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import oracledb
from singer_sdk.exceptions import InvalidJSONSchema
from singer_sdk.sql import SQLSink
from typing_extensions import override

from target_oracle import tables
from target_oracle.batch import Batch, Column, Message, Shaper
from target_oracle.connection import OracleConnector
from target_oracle.errors import LoadError, TableError, TooNarrowError, sentence
from target_oracle.load import Loader, Stage
from target_oracle.names import shortened
from target_oracle.rejects import rejected
from target_oracle.tables import Table
from target_oracle.types import column_type, converter, to_utc
from target_oracle.validation import CompiledValidator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from target_oracle.batch import Record, Row, Slice
    from target_oracle.settings import Settings
    from target_oracle.target import TargetOracle

STAGING_BYTES = 30  # names of our own tables fit every release


class OracleSink(SQLSink[OracleConnector]):
    """Takes a stream's lines and loads them, a batch at a time."""

    connector_class = OracleConnector

    def __init__(
        self,
        target: TargetOracle,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
        connector: OracleConnector | None = None,
    ) -> None:
        self.settings: Settings = target.settings
        self.run_id = target.run_id
        super().__init__(target, stream_name, schema, key_properties, connector)
        self.session = self.connector.session
        self.transform: Callable[[Record], Record | None] | None = None
        self.batch = Batch()
        self._check_keys()

    _validator: CompiledValidator | None

    @override
    def get_validator(self) -> CompiledValidator | None:
        if not self.settings.validate_records:
            return None
        try:
            return CompiledValidator(self.schema)
        except InvalidJSONSchema as error:
            raise InvalidJSONSchema(f"Stream '{self.stream_name}': {error}") from error

    @override
    def conform_name(self, name: str, object_type: str | None = None) -> str:
        return self.settings.naming.identifier(name)

    @cached_property
    def column_names(self) -> dict[str, str]:
        """Property -> identifier of its column."""
        return self.settings.naming.columns(self.stream_name, self.schema["properties"])

    @property
    @override
    def table_name(self) -> str:
        settings = self.settings
        return settings.naming.table(self.stream_name, settings.table_prefix, settings.table_suffix)

    @property
    @override
    def schema_name(self) -> str:
        wanted = self.settings.default_target_schema
        return self.conform_name(wanted) if wanted else self.session.user

    @property
    def upserts(self) -> bool:
        """Whether rows are matched by key; without keys every method but overwrite appends."""
        return self.settings.load_method == "upsert" and bool(self.key_properties)

    def _check_keys(self) -> None:
        if not self.schema["properties"]:
            raise TableError(f"Stream '{self.stream_name}' has no properties to make columns of.")
        if absent := [key for key in self._key_properties if key not in self.column_names]:
            raise TableError(
                f"Stream '{self.stream_name}': the key property '{absent[0]}' is not in the schema."
            )

    @override
    def setup(self) -> None:
        """Make or complete the table; nothing is pending, as DDL commits."""
        keys = self.key_properties
        wanted = {
            column: column_type(
                self.schema["properties"][name], self.session.dialect, key=column in keys
            )
            for name, column in self.column_names.items()
        }
        try:
            with self.session.cursor() as cursor:
                self.table = tables.prepare(
                    cursor, self.schema_name, self.table_name, wanted, keys if self.upserts else []
                )
        except oracledb.Error as error:
            doing = f"Stream '{self.stream_name}': cannot prepare table {self.table_name}"
            raise TableError(sentence(error, doing)) from error
        self._arrange()

    def _arrange(self) -> None:
        """Follow the table as it is now."""
        self.columns = list(self._columns())
        self.loader = Loader(self.session, self.table, self.columns, self._new_stage())

    def _columns(self) -> Iterator[Column]:
        stamps = self._stamps() if self.include_sdc_metadata_properties else {}
        for name, identifier in self.column_names.items():
            column = self.table.column_for(identifier)
            if column is None or (existing := self.table.columns[column]).generated:
                continue
            yield Column(
                column,
                name,
                existing.type,
                converter(self.schema["properties"][name], existing.type),
                key=identifier in self.key_properties,
                stamp=stamps.get(name),
            )

    def _new_stage(self) -> Stage:
        name = shortened(f"SDC${self.run_id}${self.table_name}", STAGING_BYTES)
        return Stage(self.session, Table(self.schema_name, name), self.columns)

    def _stamps(self) -> dict[str, Callable[[Sequence[Message]], list[Any]]]:
        """The SDK's metadata properties, made for a whole slice at once."""
        started = self.sync_started_at
        return {
            "_sdc_extracted_at": _extracted,
            "_sdc_received_at": lambda messages: [_now()] * len(messages),
            "_sdc_batched_at": lambda messages: [_now()] * len(messages),
            "_sdc_deleted_at": _deleted,
            "_sdc_sequence": lambda messages: [int(_now().timestamp() * 1000)] * len(messages),
            "_sdc_table_version": lambda messages: [message.version for message in messages],
            "_sdc_sync_started_at": lambda messages: [started] * len(messages),
        }

    @property
    @override
    def current_size(self) -> int:
        return len(self.batch.lines)

    @property
    @override
    def max_size(self) -> int:
        return self.settings.batch_size_rows

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        """Load what waits and COMMIT; nothing of it is loaded when this fails."""
        waiting = len(self.batch.lines)
        self.tally_record_read(waiting)
        try:
            self._load()
        except oracledb.Error as error:
            doing = f"Stream '{self.stream_name}': cannot load table {self.table_name}"
            raise LoadError(sentence(error, doing)) from error
        finally:
            self.session.rollback()
        self.record_counter_metric.increment(waiting)
        self.batch = Batch()

    def _load(self) -> None:
        while True:
            try:
                if self.upserts:
                    self.loader.upsert(self._slices(), len(self.batch.lines))
                else:
                    self.loader.append(self._slices())
            except TooNarrowError as narrow:
                self.session.rollback()
                self._widen(narrow)
            else:
                return

    def _slices(self) -> Iterator[list[Row]]:
        shaper = Shaper(
            self.columns,
            self.session.dialect,
            self._validator,
            self._refuse,
            self.transform,
            unique=self.upserts,
        )
        for lines in self.batch.slices():
            yield shaper.rows(lines)
        self._mention(shaper.unknown)

    def _refuse(self, piece: Slice) -> None:
        index, problem = min(piece.problems.items())
        raise rejected(self.stream_name, self._key_properties, problem, piece.records[index])

    def _mention(self, unknown: set[str]) -> None:
        new = unknown - self._warned_missing_fields
        if new:
            self._warned_missing_fields |= new
            names = ", ".join(sorted(new)[:10])
            self.logger.warning("Properties that the schema lacks are not loaded: %s", names)

    def _widen(self, narrow: TooNarrowError) -> None:
        self.loader.stage.drop()
        with self.session.cursor() as cursor:
            for column, wider in narrow.needed.items():
                if self.table.columns[column].type == wider:
                    raise TableError(
                        f"Stream '{self.stream_name}': a value does not fit into "
                        f"{self.table_name}.{column} and the column cannot grow beyond {wider.ddl}."
                    )
                tables.widen(cursor, self.table, column, wider)
            found = tables.describe(cursor, self.schema_name, self.table_name)
        self.table = found or self.table
        self._arrange()

    @override
    def clean_up(self) -> None:
        """Remove staging at the end of the run, or when the stream's schema changes."""
        super().clean_up()
        self.loader.stage.drop()


def _now() -> datetime:
    return datetime.now(UTC)


def _extracted(messages: Sequence[Message]) -> list[datetime | None]:
    # Taps stamp a page or a second at a time: most texts repeat.
    known = {text: to_utc(text) for text in {m.time_extracted for m in messages} if text}
    return [known.get(message.time_extracted or "") for message in messages]


def _deleted(messages: Sequence[Message]) -> list[datetime | None]:
    texts = [message.record.get("_sdc_deleted_at") for message in messages]
    return [to_utc(text) if text else None for text in texts]
