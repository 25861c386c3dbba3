"""One entity read from the files of a data extract: WMS writes them, the tap reads them.

The window, its overlap and the hand-over from full to incremental are those of reading by pages.
A file is out as a whole or not at all: STATE names the files that are.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from tap_oracle_wms import batch_output, logs, telemetry
from tap_oracle_wms.bookmark import FullLoad
from tap_oracle_wms.deletes import DELETED_AT
from tap_oracle_wms.discovery import blank_texts
from tap_oracle_wms.errors import ConfigError, ExtractError, WmsError
from tap_oracle_wms.extract_columns import FileColumns, Part, is_column, parts
from tap_oracle_wms.extract_reading import FileReader
from tap_oracle_wms.extract_store import ExtractStore
from tap_oracle_wms.extract_task import (
    FAILURES,
    Extraction,
    ExtractTask,
    new_identifier,
    since_filter,
)
from tap_oracle_wms.filters import own_filters, scope
from tap_oracle_wms.json_columns import json_lines
from tap_oracle_wms.plan import ReadPlan, Window, scope_digest
from tap_oracle_wms.records import utc
from tap_oracle_wms.related import Lookup
from tap_oracle_wms.schema import Kind
from tap_oracle_wms.streams import EntityStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk import metrics
    from singer_sdk.helpers._batch import (
        BaseBatchFileEncoding,
        BatchConfig,
        SDKBatchMessage,
    )

    from tap_oracle_wms.feed import Feed
    from tap_oracle_wms.messages import BufferedWriter

LINES = 8_192
"""Rows that are encoded at once."""

STATUS_FILTER = "status_id__lt"
"""The one filter beside times that WMS knows."""

Columns = dict[str, pa.Array]


class ExtractStream(EntityStream):
    """One WMS entity that may be extracted."""

    _extraction: Extraction | None = None
    _failure: WmsError | None = None

    # Planning

    @override
    def _feeds(self, asked: Mapping[str, str]) -> list[Feed]:
        """None where an extract is started or gone on with; a failure waits until it is read."""
        self._extraction, self._failure = None, None
        try:
            found = Extraction.read(self._plan.bookmark.extract)
            self._clean_up(found)
            if self._is_bulk():
                self._extraction = self._resumed(found) or self._started()
                return []
        except WmsError as error:
            self._failure = error
            return []
        self._plan.bookmark.extract = None
        return super()._feeds(asked)

    def _is_bulk(self) -> bool:
        """Whether this read is an extract."""
        settings = self._run.settings
        if self._limit is not None:
            return False
        if self._key is None:
            self.logger.info("Stream %s has no time of change: it is read by pages.", self.name)
            return False
        others = own_filters(self.name, self._by_name, settings).keys() - {STATUS_FILTER}
        if others and settings.read_mode == "data_extract":
            msg = (
                f"Setting `filters` for `{self.name}`: a data extract cannot filter by "
                f"`{min(others)}`; leave it out, or read the entity by pages (`extract_entities`)."
            )
            raise ConfigError(msg)
        if others:
            return False
        enough = settings.extract_min_rows if settings.read_mode == "auto" else 0
        return not enough or self._task.count(self._counted) >= enough

    @property
    def _counted(self) -> dict[str, str]:
        """What WMS is asked to extract, and to count."""
        own = own_filters(self.name, self._by_name, self._run.settings)
        status = {name: str(value) for name, value in own.items() if name == STATUS_FILTER}
        return since_filter(str(self._key), self._plan.window.since) | status

    def _started(self) -> Extraction:
        bounds, load = self._counted, self._plan.bookmark.load
        extraction = Extraction(
            new_identifier(),
            self._extract_scope,
            self._task.count(bounds),
            since=_text(self._plan.window.since),
            until=_text(self._plan.window.until),
            mark=utc(load.mark) if load else None,
            version=load.version if load else None,
        )
        self._task.start(extraction.id, self._asked, bounds)
        self.logger.info("Stream %s: WMS extracts it as %s.", self.name, extraction.id)
        return extraction

    def _resumed(self, found: Extraction | None) -> Extraction | None:
        """The extract that an earlier run began, with the window and version that it was for."""
        if found is None or found.finished or found.scope != self._extract_scope:
            return None
        if (found.mark is not None) != (self._plan.bookmark.load is not None):
            return None
        status = self._task.status(found.id)
        if status is None or status[0] in FAILURES:
            return None
        window = Window(*(_instant(text) for text in (found.since, found.until)))
        bookmark = self._plan.bookmark
        if found.mark is not None:
            load = self._plan.bookmark.load
            version = found.version or 0
            bookmark.load = FullLoad(datetime.fromisoformat(found.mark), version,
                                     load.scope if load else "")  # fmt: skip
            bookmark.version = version
        self._plan = ReadPlan(window, bookmark)
        self.logger.info("Stream %s: goes on with the extract %s, of which %d files are out.",
                         self.name, found.id, len(found.files))  # fmt: skip
        return found

    @property
    def _extract_scope(self) -> str:
        asked = {"fields": self._asked, "format": self._run.settings.extract_format}
        return scope_digest({**self._load_scope, **asked})

    def _clean_up(self, found: Extraction | None) -> None:
        """Delete the files of an extract whose rows have arrived, as STATE says."""
        if found is None or not found.finished or not found.prefix:
            return
        self._plan.bookmark.extract = None
        if not self._run.settings.extract_cleanup:
            return
        try:
            self._store.delete(self._store.files(found.prefix))
        except ExtractError as error:
            self.logger.warning("Stream %s: %s", self.name, error)

    @cached_property
    def _task(self) -> ExtractTask:
        return ExtractTask(self._run.client, self.name)

    @cached_property
    def _store(self) -> ExtractStore:
        return ExtractStore(self._run.settings)

    # Columns

    @cached_property
    def _parts(self) -> list[Part]:
        return list(parts(self._fields, self._selected_schema["properties"]))

    @cached_property
    def _numbers(self) -> set[str]:
        return {part.name for part in self._parts if part.field.kind is Kind.DECIMAL}

    @cached_property
    def _asked(self) -> list[str]:
        """The fields that WMS shall write."""
        needed = {"id", str(self._key), *(name.partition("__")[0] for name in self._filters)}
        wanted = needed | {part.field.name for part in self._parts}
        return [f.name for f in self._fields if f.name in wanted and is_column(self.name, f)]

    @cached_property
    def _lookup(self) -> Lookup:
        of_links: dict[str, list[str]] = {}
        of_rows: dict[str, Kind] = {}
        for part in self._parts:
            if part.part != "value":
                of_links.setdefault(part.field.name, []).append(part.name)
            elif not is_column(self.name, part.field):
                of_rows[part.name] = part.field.kind
        return Lookup(self, self._fields, of_links, of_rows)

    @cached_property
    def _codes(self) -> dict[str, pa.Array]:
        """Link -> the ids of the companies or facilities that are read."""
        found = {}
        for name, codes in scope(self._by_name, self._run.settings).items():
            link = name.partition("__")[0]
            target, asked = link.removesuffix("_id"), {"code__in": codes, "fields": "id,code"}
            found[link] = pa.array(self._task.ids_of(target, asked), pa.int64())
        return found

    def _pieces(self, extraction: Extraction) -> Iterator[Columns | None]:
        """The columns of the rows to emit; None when all rows of a file were given."""
        blank = blank_texts(self._run.client, self.name)
        files = FileColumns(self.name, self._fields, self._asked, blank)
        reader = FileReader(self._run.client, self._task, self._store, extraction)
        for batch, name in reader.batches(self._asked, self._counted):
            if batch is None:
                yield None
                continue
            files.check(batch, name)
            columns = self._in_window(files.converted(batch))
            if len(columns["id"]):
                yield self._completed(columns)

    def _in_window(self, columns: Columns) -> Columns:
        """The rows that reading by pages would give: WMS knows no upper bound, and no codes."""
        window, stamps = self._plan.window, columns[str(self._key)]
        if columns["id"].null_count:
            msg = f"Stream {self.name}: an extracted row has no id."
            raise ExtractError(msg)
        masks = [pc.is_in(columns[link], ids) for link, ids in self._codes.items()]
        if window.since is not None:
            masks.append(pc.greater_equal(stamps, pa.scalar(window.since, stamps.type)))
        if window.until is not None:
            masks.append(pc.less(stamps, pa.scalar(window.until, stamps.type)))
        if not masks:
            return columns
        wanted = reduce(pc.and_, masks)
        return {name: column.filter(wanted) for name, column in columns.items()}

    def _completed(self, columns: Columns) -> Columns:
        found = self._lookup.complete(columns)
        made = {part.name: found[part.name] if part.name in found else columns[part.field.name]
                for part in self._parts}  # fmt: skip
        if self.detects_deletes:
            made[DELETED_AT] = pa.nulls(len(columns["id"]), pa.string())
            if (known := self._plan.bookmark.known_ids) is not None:
                known.update(columns["id"].to_pylist())
        return made

    # Output

    @override
    def _read(self, counter: metrics.Counter, *, write: bool) -> Iterator[dict[str, Any]]:
        self._run.open_from(self)
        if self._extraction is None and self._failure is None:
            yield from super()._read(counter, write=write)
            return
        with ExitStack() as stack:
            stack.callback(self._run.let_go, self)
            for columns in self._checked_pieces():
                if columns is None:
                    self._keep_state(write=write)
                    continue
                yield from self._write_out(columns, write=write)
                self._count(columns, counter)
            yield from self._end(counter, write=write)

    def _checked_pieces(self) -> Iterator[Columns | None]:
        """The pieces; an extract that cannot be relied on is not gone on with."""
        if self._failure is not None:
            raise self._failure
        extraction = cast("Extraction", self._extraction)
        try:
            yield from self._pieces(extraction)
        except ExtractError:
            self._extraction = None
            self._plan.bookmark.extract = None
            self._save_bookmark()
            raise
        self._lookup.report()
        extraction.finished = True
        extraction.files = {}

    def _count(self, columns: Columns, counter: metrics.Counter) -> None:
        rows = _length(columns)
        self._note(rows)
        counter.increment(rows)

    def _note(self, rows: int) -> None:
        self._progress.note(rows, None)
        report = self._run.report.stream(self.name)
        report.read += rows
        report.pages += 1
        telemetry.count("rows.read", rows, stream=self.name)
        telemetry.count("pages.read", 1, stream=self.name)

    def _write_out(self, columns: Columns, *, write: bool) -> Iterator[dict[str, Any]]:
        if write and not self._emission.is_mapped:
            for start in range(0, _length(columns), LINES):
                part = {name: column.slice(start, LINES) for name, column in columns.items()}
                self._writer.write_lines(json_lines(part, self._numbers, self._head, self._tail))
            return
        lines = bytes(json_lines(columns, self._numbers)).splitlines()
        records = [_record.decode(line) for line in lines]
        if write:
            self._emission.write(records, self._version, datetime.now(UTC))
        yield from records

    @property
    def _writer(self) -> BufferedWriter:
        return cast("BufferedWriter", self._run.message_writer)

    @cached_property
    def _head(self) -> bytes:
        return b'{"type":"RECORD","stream":%b,"record":' % msgspec.json.encode(self.name)

    @property
    def _tail(self) -> bytes:
        version = b"" if self._version is None else b',"version":%d' % self._version
        return version + b',"time_extracted":"%b"}' % datetime.now(UTC).isoformat().encode()

    @override
    def get_batches(
        self, batch_config: BatchConfig, context: Any = None
    ) -> Iterable[tuple[BaseBatchFileEncoding, list[str]]]:
        self._run.open_from(self)
        is_bulk = self._extraction is not None or self._failure is not None
        if not is_bulk or self._emission.is_mapped:
            yield from super().get_batches(batch_config, context)
            return
        report = self._run.report.stream(self.name)
        report.finished = False
        with logs.about(self.name), report.timed(), self._recorded(), ExitStack() as stack:
            stack.callback(self._run.let_go, self)
            try:
                yield from self._bulk_batches(batch_config)
            except WmsError:
                self._write_state_message()
                raise

    def _bulk_batches(
        self, batch_config: BatchConfig
    ) -> Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        most = batch_output.rows_of(self.config.get("batch_config"))
        files = batch_output.BatchFiles(batch_config, self.name, self._numbers)
        for columns in self._checked_pieces():
            if columns is None:
                self._save_bookmark()  # leaves with the message that names the file's last rows
            else:
                files.write(columns)
                self._note(_length(columns))
            if files.rows and (columns is None or files.rows >= most):
                yield batch_config.encoding, files.manifest()
        with self.get_record_counter() as counter:
            for _ in self._end(counter, write=True):
                pass

    @override
    def _generate_batch_messages(
        self, encoding: BaseBatchFileEncoding, manifest: list[str]
    ) -> Generator[SDKBatchMessage, None, None]:
        if self._extraction is None or self._emission.is_mapped:
            yield from super()._generate_batch_messages(encoding, manifest)
            return
        yield batch_output.ExtractedBatch(
            stream=self.name,
            encoding=encoding,
            manifest=manifest,
            version=self._version,
            time_extracted=datetime.now(UTC).isoformat(),
        )

    @override
    def _save_bookmark(self) -> None:
        if self._extraction is not None:
            self._plan.bookmark.extract = self._extraction.pack()
        super()._save_bookmark()


_record = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc(moment)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
