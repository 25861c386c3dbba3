"""Report what a run read, loaded and rejected, and how it ended.

What the tap knows alone (pages, retries, whether it came to its end) is taken from where
`tap-oracle-wms` puts it: `report` in its STATE. Without it, those parts stay empty.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_oracle.json_text import decode, encode_ascii
from target_oracle.observing import closing
from target_oracle.observing.closing import counted
from target_oracle.observing.outcome import Outcome, outcome
from target_oracle.observing.schema_changes import SchemaChanges, as_text
from target_oracle.observing.terminal import span

if TYPE_CHECKING:
    from collections.abc import Mapping


logger = logging.getLogger("target-oracle")

STATE_KEY = "report"


@dataclass
class StreamSummary:
    """Counters of one stream, of flushes that are committed."""

    table: str
    keys: tuple[str, ...] = ()
    replication_key: str | None = None
    records: int = 0
    held: int = 0
    """Records that an overwrite keeps aside."""
    deleted: int = 0
    flushes: int = 0
    seconds: float = 0.0
    begun: float = field(default_factory=time.monotonic)
    """When the stream's first SCHEMA came, by the monotonic clock."""
    fields: dict[str, str] = field(default_factory=dict)
    """Its properties with the types of their columns."""
    changes: SchemaChanges = field(default_factory=SchemaChanges)

    def declare(self, fields: dict[str, str]) -> None:
        """Take the properties of a SCHEMA, which may differ from those of the one before."""
        self.changes.compare(self.fields or fields, fields)
        self.fields = fields


@dataclass
class Reporter:
    """Makes the report of a run, and follows the tap's report in STATE."""

    run_id: str
    environment: str | None = None
    """The environment of Meltano, or of `log_fields`."""
    streams: dict[str, StreamSummary] = field(default_factory=dict)
    unversioned: dict[str, set[str]] = field(default_factory=dict)
    """Why ACTIVATE_VERSION was ignored, and for which streams."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _before: dict[str, Any] = field(default_factory=dict)
    _tap: dict[str, Any] = field(default_factory=dict)
    _last: str | None = None
    _heard: bool = False

    def hear(self, value: Any) -> None:
        """Take a STATE that came in; one before any stream tells where the tap began."""
        value = value if isinstance(value, dict) else {}
        if not self._heard and not self.streams:
            self._before = _bookmarks(value)
        self._heard = True
        self._tap = _told(value.get(STATE_KEY)) or self._tap

    def release(self, state: str) -> None:
        """Take a STATE that was written."""
        self._last = state

    def log_unversioned(self) -> None:
        """Log, once a run, that rows which are gone from the source stay."""
        for why, streams in self.unversioned.items():
            logger.info(
                "ACTIVATE_VERSION is ignored for %d streams, rows that are gone from the source "
                "stay: %s.",
                len(streams),
                why,
            )

    @property
    def tap_status(self) -> str | None:
        """The status in the tap's report; None without one."""
        return self._tap.get("status")

    def unfinished(self, stream: str) -> bool:
        """Whether the tap reports that it has not finished a stream."""
        told = self._tap["streams"].get(stream) if self._tap else None
        return told is not None and not told.get("finished")

    def report(
        self,
        error: BaseException | None,
        waiting: Mapping[str, int],
        rejected: Mapping[str, tuple[int, int]],
    ) -> dict[str, Any]:
        """Make the report of a run, from its records by stream that were not loaded.

        `rejected` are those of committed flushes, and those among the waiting that are kept apart.
        """
        ending = self._ending(outcome(error))
        last = decode(self._last) if self._last else None
        after = _bookmarks(last)
        ended_at = datetime.now(UTC)
        return {
            "plugin": "target-oracle",
            "run_id": self.run_id,
            "environment": self.environment,
            "status": ending.status,
            "exit_code": ending.exit_code,
            "error": ending.error,
            "started_at": self.started_at.isoformat(timespec="milliseconds"),
            "ended_at": ended_at.isoformat(timespec="milliseconds"),
            "seconds": round((ended_at - self.started_at).total_seconds(), 3),
            "tap": {k: v for k, v in self._tap.items() if k != "streams"} or None,
            "streams": {
                name: self._stream(name, ending.status, waiting.get(name, 0), *rejected[name])
                | {"bookmark_before": _value(self._before, name)}
                | {"bookmark_after": _value(after, name)}
                for name in self.streams
            },
            "state": {k: v for k, v in last.items() if k != STATE_KEY}
            if isinstance(last, dict)
            else last,
        }

    def _ending(self, own: Outcome) -> Outcome:
        """Return the run's outcome: `incomplete` when the tap reports that it was not done."""
        if own.status != "finished":
            return own
        if not self._heard and not self.streams:
            return replace(own, status="incomplete", error="The tap sent nothing.")
        if self.tap_status in {None, "finished"}:
            return own
        said = self._tap.get("error") or f"its last STATE says that it is {self.tap_status}"
        return replace(own, status="incomplete", error=f"The tap broke off: {said}")

    def _stream(
        self, name: str, status: str, waiting: int, rejected: int, kept: int
    ) -> dict[str, Any]:
        counted = self.streams[name]
        told = self._tap["streams"].get(name, {}) if self._tap else {}
        counted.changes.hear(told.get("schema_changes"))
        return {
            "table": counted.table,
            "key_properties": list(counted.keys),
            "replication_key": counted.replication_key,
            "status": self._stream_status(told, status, waiting + counted.held),
            "read": counted.records + waiting,
            "written": counted.records - rejected - counted.held,
            "rejected": rejected + kept,
            "deleted": counted.deleted,
            "flushes": counted.flushes,
            "seconds": round(counted.seconds, 3),
            "rows_per_second": round(counted.records / counted.seconds)
            if counted.seconds
            else None,
            "pages": told.get("pages"),
            "retries": told.get("retries"),
            "schema_changes": counted.changes.as_dict(),
        }

    @staticmethod
    def _stream_status(told: Mapping[str, Any], status: str, missing: int) -> str:
        """A stream is finished when the tap read it to its end and nothing of it waits."""
        if missing or not told:
            return status
        if told.get("finished"):
            return "finished"
        return "incomplete" if status == "finished" else status


def publish(report: dict[str, Any], summary_file: str | None) -> None:
    """Log the report, and append it to a file; a file that fails takes nothing else along."""
    line = encode_ascii(report)
    logger.debug("Load summary: %s", line)
    _log(report)
    if summary_file:
        try:
            with Path(summary_file).open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            logger.error(  # noqa: TRY400 - the sentence is all there is to say
                "Setting 'summary_file': %s cannot be written: %s.", summary_file, error.strerror
            )


def _log(report: dict[str, Any]) -> None:
    """Log a line for each stream with news, and one for the run; or why it did not finish."""
    figures = {"rows": "read", "loaded": "written", "rejected": "rejected"}
    if any(each["deleted"] for each in report["streams"].values()):
        figures["deleted"] = "deleted"
    streams = [_closing(name, each, figures) for name, each in report["streams"].items()]
    read, written, rejected = (
        sum(each[figure] for each in report["streams"].values())
        for figure in ("read", "written", "rejected")
    )
    closing.log(
        streams,
        f"Run {report['run_id']} {report['status']}: {written:,} of {counted(read, 'row')} of "
        f"{counted(len(streams), 'stream')} loaded, {rejected:,} rejected, "
        f"in {span(report['seconds'])}.",
    )
    for name, each in report["streams"].items():
        if changes := each["schema_changes"]:
            said = as_text(changes)
            logger.warning("Stream '%s': the schema is not as it was: %s.", name, said)
    if report["status"] == "incomplete":
        logger.error("%s", report["error"])


def _closing(name: str, stream: dict[str, Any], figures: dict[str, str]) -> closing.Stream:
    remarks = [
        "" if stream["status"] == "finished" else stream["status"],
        "rows were rejected" if stream["rejected"] else "",
    ]
    return closing.Stream(
        name,
        {what: stream[figure] for what, figure in figures.items()},
        stream["seconds"],
        stream["bookmark_after"],
        ", ".join(filter(None, remarks)),
    )


def is_report_alone(state: Any) -> bool:
    """Whether a STATE says how a tap ended that had nothing to send, and nothing to go on from."""
    return isinstance(state, dict) and state.keys() == {STATE_KEY} and bool(_told(state[STATE_KEY]))


def _told(report: Any) -> dict[str, Any]:
    """Return the tap's report in a STATE; empty when another tap keeps something else there."""
    if not isinstance(report, dict) or not isinstance(report.get("status"), str):
        return {}
    streams = report.get("streams")
    is_ours = isinstance(streams, dict) and all(isinstance(s, dict) for s in streams.values())
    return report if is_ours else {}


def _bookmarks(state: Any) -> dict[str, Any]:
    found = state.get("bookmarks") if isinstance(state, dict) else None
    return found if isinstance(found, dict) else {}


def _value(bookmarks: dict[str, Any], stream: str) -> str | None:
    """Return the replication key value in a stream's bookmark, as Singer SDKs write it."""
    bookmark = bookmarks.get(stream)
    value = bookmark.get("replication_key_value") if isinstance(bookmark, dict) else None
    return None if value is None else str(value)
