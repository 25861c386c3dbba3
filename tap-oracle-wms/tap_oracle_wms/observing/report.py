"""Report what each stream read, in what time, and how the run ended.

The report is written to the log, to `summary_file`, and under `report` into every STATE, so
that a target that looks for it can tell a run that read everything from one that broke off.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError, MappingError, SingerSDKError

from tap_oracle_wms.errors import RequestError, StoppedError, WmsError
from tap_oracle_wms.observing import closing
from tap_oracle_wms.observing.closing import counted
from tap_oracle_wms.observing.terminal import Moving, Scene, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_oracle_wms.observing.request_metrics import Requests

STATE_KEY = "report"

logger = logging.getLogger("tap-oracle-wms")


@dataclass
class StreamReport:
    """Counters of one stream; `finished` once all that the run wanted of it is out."""

    read: int = 0
    deleted: int = 0
    pages: int = 0
    seconds: float = 0.0
    finished: bool = False
    counted: bool | None = None
    """Whether its rows were compared with a count of WMS; None where there was not one row."""
    rows_counted: int | None = None
    asked_again: int = 0
    read_flat: int = 0
    """Rows that came by `values_list`."""
    ms_a_row: dict[str, float] = field(default_factory=dict)
    """Way (`flat`, `records`) -> the milliseconds of a row, as far as measured."""
    schema_changes: dict[str, list[str]] = field(default_factory=dict)
    """Kind (`new`, `gone`) -> fields by which rows differ from the schema."""
    bookmark_before: str | None = None
    bookmark_after: str | None = None
    expected: int | None = None
    """Rows that the present read is expected to have, where that is known."""
    _begun: float | None = None

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Add the time that a block takes."""
        begun = self._begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - begun
            self._begun = None

    def moving(self, name: str) -> Moving | None:
        """How far the stream is; None while it is not read."""
        if (begun := self._begun) is None:
            return None
        return Moving(name, self.read, self.seconds + time.monotonic() - begun, self.expected)


@dataclass
class RunReport:
    """What a run did so far; `status` is `running`, `finished`, `failed` or `stopped`."""

    run_id: str
    requests: Requests
    status: str = "running"
    exit_code: int | None = None
    error: str | None = None
    streams: dict[str, StreamReport] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    """Entities that could not be read though they were chosen, and why."""
    _started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _begun: float = field(default_factory=time.monotonic)

    def stream(self, name: str) -> StreamReport:
        """A stream's counters, over all rounds of the run."""
        return self.streams.setdefault(name, StreamReport())

    def leave_out(self, name: str, error: WmsError) -> None:
        """Note that an entity cannot be read, and that the run goes on without it."""
        self.left_out[name] = str(error)
        logger.warning(
            "Entity %s is left out, for it cannot be read: %s `exclude_entities` leaves it out "
            "without a word.",
            name,
            error,
        )

    @property
    def is_whole_in_part(self) -> bool:
        """Whether some streams were read to their end, and none that was left out had begun."""
        begun = any(each.read for name, each in self.streams.items() if name in self.left_out)
        return not begun and any(stream.finished for stream in self.streams.values())

    def require_all(self, *, tolerant: bool) -> None:
        """Check that no entity that was chosen had to be left out.

        Raises:
            RequestError: One was, and the caller is not `tolerant`.
        """
        if not self.left_out or tolerant:
            return
        msg = (
            f"Not all entities that were chosen could be read; left out: "
            f"{', '.join(sorted(self.left_out))}. List them in `exclude_entities`, or set "
            f"`on_entity_error` to skip."
        )
        raise RequestError(msg)

    def end(self, error: BaseException | None) -> None:
        """Note how the run ended."""
        self.status, self.exit_code, self.error = _ending(error)

    def brief(self) -> dict[str, Any]:
        """Return the short form for STATE, without the bookmarks, which STATE has."""
        return {
            "plugin": "tap-oracle-wms",
            "run_id": self.run_id,
            "status": self.status,
            "exit_code": self.exit_code,
            "error": self.error,
            "started_at": self._started_at.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._begun),
            "requests": self.requests.sent,
            "retries": self.requests.retries,
            "left_out": sorted(self.left_out),
            "streams": {name: self._counters(name, each) for name, each in self.streams.items()},
        }

    def _counters(self, name: str, stream: StreamReport) -> dict[str, Any]:
        return {
            "read": stream.read,
            "deleted": stream.deleted,
            "pages": stream.pages,
            "retries": self.requests.retries_of(f"GET /entity/{name}/"),
            "seconds": round(stream.seconds),
            "finished": stream.finished,
        } | ({"schema_changes": stream.schema_changes} if stream.schema_changes else {})

    def full(self) -> dict[str, Any]:
        """What goes into the log."""
        seconds = round(time.monotonic() - self._begun, 3)
        found = self.brief() | {"seconds": seconds, "left_out": self.left_out}
        for name, stream in self.streams.items():
            found["streams"][name] |= {
                "seconds": round(stream.seconds, 3),
                "rows_per_second": round(stream.read / stream.seconds) if stream.seconds else None,
                "counted": stream.counted,
                "rows_counted": stream.rows_counted,
                "asked_again": stream.asked_again,
                "read_flat": stream.read_flat,
                "ms_a_row": stream.ms_a_row,
                "bookmark_before": stream.bookmark_before,
                "bookmark_after": stream.bookmark_after,
            }
        return found

    def scene(self) -> Scene:
        """What a terminal shows of the run."""
        streams = [*self.streams.items()]  # which another thread may add to
        moving = [found for name, each in streams if (found := each.moving(name))]
        ended = sum(each.finished for _, each in streams)
        rows = sum(each.read for _, each in streams)
        seconds = time.monotonic() - self._begun
        return Scene(
            f"{counted(ended, 'stream')} read, {counted(rows, 'row')} in {span(seconds)}, "
            f"{self._asked()}",
            moving,
        )

    def log(self) -> None:
        """Log a line for each stream with news, and one for the run."""
        finds_deleted = any(each.deleted for each in self.streams.values())
        streams = [
            closing.Stream(
                name,
                {"rows": each.read} | ({"deleted": each.deleted} if finds_deleted else {}),
                each.seconds,
                each.bookmark_after,
                "" if each.finished else "not finished",
            )
            for name, each in self.streams.items()
        ]
        rows = sum(each.read for each in self.streams.values())
        closing.log(
            streams,
            f"Run {self.run_id} {self.status}: {counted(rows, 'row')} of "
            f"{counted(len(streams), 'stream')} in {span(time.monotonic() - self._begun)}, "
            f"{self._asked()}.",
        )

    def _asked(self) -> str:
        retries = counted(self.requests.retries, "retry", "retries")
        return f"{counted(self.requests.sent, 'request')}, {retries}"

    def publish(self, summary_file: str | None) -> None:
        """Log the report, and append it to `summary_file`; a file that fails is a warning only."""
        line = json.dumps(self.full())
        logger.debug("Run summary: %s", line)
        self.log()
        if summary_file:
            try:
                with Path(summary_file).open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
            except OSError as error:
                logger.error(  # noqa: TRY400 - the sentence is all there is to say
                    "Setting `summary_file`: %s cannot be written: %s.",
                    summary_file,
                    error.strerror,
                )


def _ending(error: BaseException | None) -> tuple[str, int, str | None]:
    """Status, exit code and sentence."""
    if error is None:
        return "finished", 0, None
    if isinstance(error, StoppedError):
        return "stopped", error.exit_code, str(error)
    if isinstance(error, WmsError):
        return "failed", error.exit_code, str(error)
    if isinstance(error, SingerSDKError):
        return "failed", 1, sentence(error)
    if isinstance(error, SystemExit | KeyboardInterrupt):
        code = error.code if isinstance(error, SystemExit) else 130
        return "stopped", code if isinstance(code, int) else 1, "The run was stopped at once."
    return "failed", 1, f"Unexpected {type(error).__name__}; the log has its traceback."


def sentence(error: SingerSDKError) -> str:
    """Return the SDK's own sentence, with the setting that it is about."""
    if isinstance(error, ConfigValidationError):
        return " ".join(error.errors)
    return f"Setting `stream_maps`: {error}" if isinstance(error, MappingError) else str(error)
