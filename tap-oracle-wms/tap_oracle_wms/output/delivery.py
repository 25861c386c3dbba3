"""Write the pieces of a reading, and count them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.observing import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk import metrics

    from tap_oracle_wms.observing.progress import Progress
    from tap_oracle_wms.observing.report import StreamReport
    from tap_oracle_wms.output.stream_maps import Emission
    from tap_oracle_wms.reading.protocol import Piece, Reading
    from tap_oracle_wms.reading.sweep import Missing
    from tap_oracle_wms.sdk import BatchConfig


@dataclass(frozen=True)
class Tally:
    """Counts the rows of a stream for the report, the log and the SDK's metrics."""

    report: StreamReport
    progress: Progress
    counter: metrics.Counter

    def count(self, piece: Piece, total: int | None) -> None:
        """Count a piece, unless it only marks an end."""
        if not piece.pages:
            return
        rows = piece.rows
        self.report.expected = total
        self.progress.note(rows, total)
        self.counter.increment(rows)
        self.report.read += rows
        self.report.pages += piece.pages
        telemetry.count("rows.read", rows, stream=self.progress.stream)
        telemetry.count("pages.read", piece.pages, stream=self.progress.stream)

    def count_deleted(self, rows: int) -> None:
        """Count records of rows that are gone."""
        self.counter.increment(rows)
        self.report.deleted += rows


class Delivery:
    """Delivers the pieces of one reading: writes them, or returns their records."""

    def __init__(
        self, reading: Reading[Any], emission: Emission, tally: Tally, *, writes: bool
    ) -> None:
        """`writes`: messages are written here; else records are handed on to the SDK's batches."""
        self.reading = reading
        self.tally = tally
        self.writes = writes
        self._emission = emission

    @property
    def rows(self) -> int:
        """Rows that were delivered."""
        return self.tally.progress.rows

    def emit(self, piece: Piece) -> Iterator[dict[str, Any]]:
        """Write a piece, or yield its records."""
        self._note_ids(piece)
        records: list[dict[str, Any]] = []
        if self.writes:
            self._emission.write(piece, self.reading.plan.version)
        else:
            records = piece.records()
        self.tally.count(piece, self.reading.total)
        yield from records

    def emit_missing(self, missing: Missing) -> Iterator[dict[str, Any]]:
        """Write the records of deleted rows, or yield them."""
        records = missing.records()
        if self.writes:
            self._emission.write_records(records, None, missing.found_at)
        self.tally.count_deleted(len(records))
        yield from records
        if self.reading.sweep is not None:
            self.reading.sweep.settle(missing)

    def save(self, state: dict[str, Any], key: str | None, now: datetime) -> None:
        """Write the bookmark into the stream's state."""
        self.reading.plan.bookmark.write(state, key)
        reached = state.get("replication_key_value")
        self.tally.report.bookmark_after = reached
        if reached:
            lag = now - datetime.fromisoformat(reached)
            stream = self.tally.progress.stream
            telemetry.measure("bookmark.lag", max(0.0, lag.total_seconds()), stream=stream)

    def batches(
        self, batch_config: BatchConfig, given: Mapping[str, object]
    ) -> Iterator[tuple[Any, list[str]]]:
        """Pieces that are in files, each with the addresses of the files that are whole with it."""
        from tap_oracle_wms.output.batch_files import BatchFiles, rows_of  # noqa: PLC0415 - an extra

        most = rows_of(given)
        stream, numbers = self.tally.progress.stream, self.reading.numbers or set()
        files = BatchFiles(batch_config, stream, numbers)
        for piece in self.reading.pieces():
            self._note_ids(piece)
            manifest = files.take(piece.columns, most, is_last=piece.is_milestone)
            self.tally.count(piece, self.reading.total)
            yield piece, manifest

    def _note_ids(self, piece: Piece) -> None:
        if self.reading.sweep is not None:
            self.reading.sweep.note(piece.ids())
