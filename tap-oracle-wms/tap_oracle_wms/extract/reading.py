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

from tap_oracle_wms.catalog.discovery import blank_texts
from tap_oracle_wms.catalog.fields import DELETED_AT
from tap_oracle_wms.errors import ExtractError, WmsError
from tap_oracle_wms.extract.columns import FileColumns
from tap_oracle_wms.extract.files import FileReader
from tap_oracle_wms.extract.json_lines import json_lines
from tap_oracle_wms.extract.planning import PlannedExtract
from tap_oracle_wms.observing import logs, telemetry
from tap_oracle_wms.output import batch_files

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from singer_sdk import metrics

    from tap_oracle_wms.extract.task import (
        Extraction,
    )
    from tap_oracle_wms.output.writer import BufferedWriter
    from tap_oracle_wms.sdk import (
        BaseBatchFileEncoding,
        BatchConfig,
        SDKBatchMessage,
    )

LINES = 8_192
"""Rows that are encoded at once."""

Columns = dict[str, pa.Array]


class ExtractStream(PlannedExtract):
    """One WMS entity that may be extracted."""

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
        most = batch_files.rows_of(self.config.get("batch_config"))
        files = batch_files.BatchFiles(batch_config, self.name, self._numbers)
        for columns in self._checked_pieces():
            if columns is not None:
                files.write(columns)
                self._note(_length(columns))
            manifest = files.manifest() if columns is None or files.rows >= most else []
            if columns is None:
                self._save_bookmark()  # leaves with the message that names the file's last rows
            if manifest:
                yield batch_config.encoding, manifest
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
        yield batch_files.ExtractedBatch(
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
