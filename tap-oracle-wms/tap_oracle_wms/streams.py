"""One entity as a Singer stream: plan, reader and shape under the SDK's Stream."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from enum import Enum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.streams import Stream
from typing_extensions import override

from tap_oracle_wms.bookmark import FIRST_ID, LAST_ID, Bookmark
from tap_oracle_wms.deletes import DELETED_AT, PROPERTY, IdSet, gone
from tap_oracle_wms.emission import Emission
from tap_oracle_wms.errors import ConfigError, PermissionDeniedError, WmsError
from tap_oracle_wms.feed import Feed, Pulled
from tap_oracle_wms.filters import own_filters, parameters, scope
from tap_oracle_wms.plan import Window, plan_full, plan_incremental
from tap_oracle_wms.progress import Progress
from tap_oracle_wms.records import RecordShape, utc
from tap_oracle_wms.schema import ON_REQUEST, EntityField
from tap_oracle_wms.source import EntitySource

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from singer_sdk import metrics
    from singer_sdk.singerlib import Catalog, MetadataMapping

    from tap_oracle_wms.messages import BufferedWriter
    from tap_oracle_wms.tap import TapOracleWMS

INCREMENTAL = "INCREMENTAL"
FULL_TABLE = "FULL_TABLE"

SWEEP_PAGE = 1250
"""The most rows that WMS gives; ids alone are cheap."""

STATE_SECONDS = 5.0
"""A STATE is due this long after the last one."""


class Chosen(Enum):
    """How an entity came to be read."""

    BY_NAME = "name"
    """In settings or catalog: that it cannot be read is an error."""
    BY_GLOB = "glob"
    """Or by default: skipped when it cannot be read."""
    NOT = "not"
    """Offered only."""


class EntityStream(Stream):
    """One WMS entity."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(
        self,
        tap: TapOracleWMS,
        name: str,
        schema: dict[str, Any],
        fields: tuple[EntityField, ...],
        *,
        chosen: Chosen,
    ) -> None:
        super().__init__(tap, schema, name)
        self.selected_by_default = chosen is not Chosen.NOT
        self._is_required = chosen is Chosen.BY_NAME
        self._run = tap
        self._fields = fields
        self._by_name = {field.name: field for field in fields}
        self.primary_keys = ["id"] if "id" in self._by_name else []
        if tap.settings.enable_incremental and not tap.settings.force_full_table:
            self.replication_key = self._key
        if self.detects_deletes:
            self.schema["properties"].setdefault(DELETED_AT, PROPERTY)

    @cached_property
    def _key(self) -> str | None:
        """The field that changes are found by."""
        key = self._run.settings.replication_key
        return key if {key, "id"} <= self._by_name.keys() else None

    @property
    def _limit(self) -> int | None:
        """The most records to emit."""
        limits = (self.ABORT_AT_RECORD_COUNT, self._run.settings.record_limit)
        return min((limit for limit in limits if limit is not None), default=None)

    @cached_property
    def _filters(self) -> dict[str, Any]:
        settings = self._run.settings
        return scope(self._by_name, settings) | own_filters(self.name, self._by_name, settings)

    # Catalog

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        super().apply_catalog(catalog)
        if self.detects_deletes:
            self.effective_schema["properties"].setdefault(DELETED_AT, PROPERTY)
            self._register()
        if self._run.settings.force_full_table or not self._run.settings.enable_incremental:
            self.replication_key, self.forced_replication_method = None, FULL_TABLE
        if self.replication_method not in {INCREMENTAL, FULL_TABLE}:
            msg = f"Stream {self.name} asks for {self.replication_method}; WMS has no change log."
            raise ConfigError(msg)
        if self.replication_method == INCREMENTAL and self.replication_key != self._key:
            msg = (
                f"Stream {self.name} cannot be read incrementally by `{self.replication_key}`; set "
                f"its replication key to `{self._key}`, or its replication method to FULL_TABLE."
            )
            raise ConfigError(msg)

    @property
    @override
    def metadata(self) -> MetadataMapping:
        fresh = self._metadata is None
        metadata = super().metadata
        if fresh and self._tap_input_catalog is None:
            for name in ON_REQUEST & self._by_name.keys():
                metadata["properties", name].selected_by_default = False
        return metadata

    @property
    def selected(self) -> bool:
        """Whether the stream is read."""
        return self.mask.get((), True)

    @selected.setter
    def selected(self, value: bool | None) -> None:
        """Select, and tell the mapper, which has registered the stream as it was before."""
        self.metadata.root.selected = value
        self._mask = self.metadata.resolve_selection()
        self._register()

    def _register(self) -> None:
        self._run.mapper.register_raw_stream_schema(
            self.name, self._selected_schema, self.primary_keys
        )

    @property
    def _selected_schema(self) -> dict[str, Any]:
        return get_selected_schema(self.name, self.effective_schema, self.mask)

    # Reading

    def open(self) -> Feed:
        """Plan the read, from the bookmark on, and make it ready for the pool."""
        settings, client = self._run.settings, self._run.client
        self._progress = Progress(self.logger, self.name)
        self._rows_at_state, self._state_at = 0, time.monotonic()
        state = self.tap_state.get("bookmarks", {}).get(self.name, {})
        bookmark = Bookmark.read(self.name, state, self._key)
        if not self.detects_deletes:
            bookmark.known_ids = None
        elif bookmark.is_blank:
            bookmark.known_ids = IdSet()
        filters = self._filters
        now = client.clock.now()
        if self.replication_method == INCREMENTAL:
            self._plan = plan_incremental(bookmark, settings, now=now, filters=filters)
        else:
            self._plan = plan_full(bookmark, Window(), now, filters=filters)
        needed = {name for name in ("id", self.replication_key) if name in self._by_name}
        self._shape = RecordShape(
            self.name,
            self._fields,
            self._selected_schema["properties"],
            needed,
            flat=settings.read_mode == "values_list",
        )
        asked = parameters(filters, now)
        source = EntitySource(client, self._shape, asked, self._key)
        size = settings.page_size if self._limit is None else min(settings.page_size, self._limit)
        return Feed(
            source, self._plan.window, self._plan.ranges, size, cut=self._plan.is_incremental
        )

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        for pulled in self._run.pages(self):
            yield from self._shape.records(pulled.rows)

    @override
    def _sync_records(
        self, context: Any = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Emit the records page by page; the bookmark follows each page that is out."""
        with self.get_record_counter() as counter, self.get_sync_timer():
            try:
                yield from self._read(counter, write=write_messages)
            except PermissionDeniedError as error:
                if self._is_required or self._progress.rows:
                    raise
                self.logger.warning("Stream %s is skipped: %s", self.name, error)
            except WmsError:
                if self._progress.rows:
                    self._save_bookmark()
                if write_messages:
                    self._write_state_message()
                raise
        if write_messages:
            self._write_state_message()

    def _read(self, counter: metrics.Counter, *, write: bool) -> Iterator[dict[str, Any]]:
        with closing(self._run.pages(self)) as pages:
            for pulled in pages:
                left = None if self._limit is None else self._limit - self._progress.rows
                yield from self._emit(pulled, counter, left, write=write)
                if left is None or left >= len(pulled.rows):
                    self._plan.commit(pulled.after, pulled.through, pulled.finished)
                    self._keep_state(write=write)
                if left is not None and left <= len(pulled.rows):
                    self._save_bookmark()
                    self._check_max_record_limit(self._progress.rows)
                    return
        if write and self._version is not None:
            self._write_activate_version_message(self._version)
        self._plan.complete()
        if self.detects_deletes:
            yield from self._emit_deleted(counter, write=write)
        self._save_bookmark()
        self._shape.report_unknown(self.logger)
        self._progress.summarise()

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
        counter.increment(len(records))
        yield from records

    @property
    def _version(self) -> int | None:
        """The version of a full load that reads everything there is: what lacks it is gone."""
        load, settings = self._plan.bookmark.load, self._run.settings
        is_whole = not self._filters and self._plan.window == Window() and self._limit is None
        return load.version if load and is_whole and settings.activate_version else None

    @cached_property
    def _emission(self) -> Emission:
        return Emission(self, cast("BufferedWriter", self._run.message_writer))

    # Deletes

    @cached_property
    def detects_deletes(self) -> bool:
        """Whether rows that are gone are looked for."""
        patterns = self._run.settings.detect_deletes
        return "id" in self._by_name and any(fnmatchcase(self.name, p) for p in patterns)

    def _emit_deleted(self, counter: metrics.Counter, *, write: bool) -> Iterator[dict[str, Any]]:
        """Emit a record for each known row that a sweep over all ids no longer finds."""
        now = self._run.client.clock.now()
        ids = RecordShape(self.name, self._fields, {"id"}, flat=True)
        asked = parameters(self._filters, now)
        source = EntitySource(self._run.client, ids, asked, None)
        feed = Feed(source, Window(), [(FIRST_ID, LAST_ID)], SWEEP_PAGE, cut=False)
        present = IdSet()
        for pulled in self._run.extra_pages(feed):
            present.update(map(ids.id_of, pulled.rows))
        if (known := self._plan.bookmark.known_ids) is not None:
            missing = gone(self.name, known, present, self._run.settings.max_deleted_share)
            records = [{"id": key, DELETED_AT: utc(now)} for key in missing]
            if write:
                self._emission.write(records, None, now)
            counter.increment(len(records))
            yield from records
            present = known.minus(missing)
        self._plan.bookmark.known_ids = present

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Leave errors to the command, which says each once; the SDK announces them here first."""
        if level < logging.ERROR:
            super().log(message, *args, level=level, **kwargs)

    # State

    @override
    def get_replication_key_signpost(self, context: Any = None) -> None:
        """None: windows are closed by the server's clock."""

    def _save_bookmark(self) -> None:
        self._plan.bookmark.write(self.stream_state, self._key)
        self.state_manager.is_flushed = False

    def _keep_state(self, *, write: bool) -> None:
        """Save the bookmark when a STATE is due, and write it; BATCH writes its own after each."""
        due = (
            self._progress.rows - self._rows_at_state >= self.STATE_MSG_FREQUENCY
            or time.monotonic() - self._state_at >= STATE_SECONDS
        )
        if due or not write:
            self._save_bookmark()
        if due and write:
            self._rows_at_state, self._state_at = self._progress.rows, time.monotonic()
            self._write_state_message()
