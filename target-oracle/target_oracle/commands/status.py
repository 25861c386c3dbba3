"""`target-oracle --status`: per stream how far it is, how its last run went, if it is late.

All of it comes from the load log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.commands import rejected
from target_oracle.commands.answers import DEGRADED, UNHEALTHY, Answer
from target_oracle.database import comparisons, load_log
from target_oracle.database.session import Session
from target_oracle.errors import TargetError, code, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_oracle.config.settings import Settings

RUNS = 30
"""Runs of each stream: what the plots show."""
LISTED = 20
"""Runs in all."""
UNSET = (
    "There is no load log: set 'load_log_table', such as to LOAD_LOG, and let a run write to it."
)
MISSING = "is not there, or this user may not see it: the next run makes it."
EMPTY = "The load log tells of no run{}."

Row = dict[str, Any]

PROVED = frozenset({"equal", "healed"})
"""What a comparison may have come to that needs no look."""

_SHOWN = (
    "started_at", "run_id", "status", "rows_read", "rows_written", "rows_rejected", "rows_deleted",
    "schema_changes",
)  # fmt: skip
_COUNTS = ("rows_read", "rows_written", "rows_rejected", "rows_deleted")
_OF_A_RUN = (
    "run_id", "status", "started_at", "ended_at", *_COUNTS, "pages", "retries", "load_seconds",
    "rows_per_second", "error", "exit_code", "schema_changes",
)  # fmt: skip


def status(settings: Settings, only: Mapping[str, str] | None = None) -> Answer:
    """Return the status of the streams; `unhealthy` when the load log cannot be read.

    `only` has the values that columns of the load log must have: those of one run, say.
    """
    answer, only = Answer("target-oracle"), only or {}
    answer.details |= {"only": {name.lower(): value for name, value in only.items()}}
    with answer.timed():
        session = Session(settings, "target-oracle status")
        try:
            rows = _rows(answer, session, only)
            rejects = rejected.read(session, [row for row in rows if row["stream"]], only)
            _tell(answer, settings, rows, comparisons.read(session), rejects)
        except TargetError as error:
            answer.status, answer.problems = UNHEALTHY, [str(error)]
        except oracledb.Error as error:
            missing = code(error) == "ORA-00942"
            said = sentence(error, "The load log cannot be read")
            said = f"The load log {answer.details['load_log']} {MISSING}" if missing else said
            answer.status, answer.problems = UNHEALTHY, [said]
        finally:
            session.drop()
    return answer


def _rows(answer: Answer, session: Session, only: Mapping[str, str]) -> list[Row]:
    if not session.settings.load_log_table:
        raise TargetError(UNSET)
    answer.details["load_log"] = load_log.spec(session).sql
    return load_log.read(session, RUNS, only)


def _tell(
    answer: Answer,
    settings: Settings,
    rows: list[Row],
    compared: Mapping[str, Row],
    rejects: Mapping[str, list[Row]],
) -> None:
    by_stream = itemgetter("stream")
    named = sorted((row for row in rows if row["stream"]), key=by_stream)
    streams = [
        StreamStatus(
            name,
            list(group),
            settings.stream(name).late_after_minutes,
            answer.asked_at,
            compared.get(name),
            rejects.get(name[:255], []),
        )
        for name, group in groupby(named, by_stream)
    ]
    runs = _runs(rows)
    answer.details["streams"] = {each.name: each.as_dict() for each in streams}
    answer.details["runs"] = runs[:LISTED]
    answer.problems = [problem for each in streams for problem in each.problems]
    of = "".join(f" of {name} {value}" for name, value in answer.details["only"].items())
    answer.problems += [] if runs else [EMPTY.format(of)]
    if runs and runs[0]["status"] != "finished" and not _is_told(runs[0], streams):
        answer.problems.append(f"The last run is {runs[0]['status']}: {runs[0]['error']}")
    answer.status = DEGRADED if answer.problems else answer.status


def _is_told(run: Row, streams: list[StreamStatus]) -> bool:
    """Whether a stream shows that its run did not finish; one that was never reached does not."""
    lasts = [each.last for each in streams if each.last["run_id"] == run["run_id"]]
    return any(last["status"] != "finished" for last in lasts)


def _runs(rows: Iterable[Row]) -> list[Row]:
    """Runs, the newest first."""
    runs: dict[tuple[datetime, str], Row] = {}
    for row in rows:
        run = runs.setdefault(
            (row["started_at"], row["run_id"]),
            {name: row[name] for name in ("run_id", "exit_code", "error")}
            | {"status": row["run_status"], "tap_status": row["tap_status"], "streams": 0}
            | {name: _text(row[name]) for name in ("started_at", "ended_at")}
            | {"seconds": round((row["ended_at"] - row["started_at"]).total_seconds(), 1)}
            | dict.fromkeys(_COUNTS, 0),
        )
        run["streams"] += row["stream"] is not None
        for name in _COUNTS:
            run[name] += row[name] or 0
    return [runs[key] for key in sorted(runs, reverse=True)]


@dataclass
class StreamStatus:
    """The status of one stream at a moment, from its rows in the load log, oldest first."""

    name: str
    rows: list[Row]
    late_after_minutes: float | None
    now: datetime
    compared: Row | None = None
    """Its last comparison with the source."""
    rejects: list[Row] = field(default_factory=list)
    """The rejects of these runs by reason."""
    lags: list[float | None] = field(init=False)
    as_of: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        first = self.rows[0]
        earlier = first["last_finished"]
        self.as_of = earlier if earlier and earlier < first["started_at"] else None
        self.lags = [self._follow(row) for row in self.rows]

    def _follow(self, row: Row) -> float | None:
        """Add a run, and return how far the data was behind at its end, in seconds.

        A bookmark says until when the data is complete. Streams without one, and bookmarks that are
        no instants, are complete as of the start of a run that finished.
        """
        reached = [self.as_of, _instant(row["bookmark_after"])]
        reached.append(row["started_at"] if row["status"] == "finished" else None)
        self.as_of = max((each for each in reached if each), default=None)
        return (row["ended_at"] - self.as_of).total_seconds() if self.as_of else None

    @property
    def last(self) -> Row:
        """The last run."""
        return self.rows[-1]

    @property
    def age(self) -> float | None:
        """How old the data is, in seconds."""
        return (self.now - self.as_of).total_seconds() if self.as_of else None

    @property
    def is_late(self) -> bool:
        """Whether the data is older than the setting allows."""
        if self.late_after_minutes is None:
            return False
        return self.age is None or self.age > self.late_after_minutes * 60

    @property
    def bookmark(self) -> str | None:
        """The last one that a STATE carried."""
        found = [row["bookmark_after"] for row in self.rows if row["bookmark_after"]]
        return found[-1] if found else None

    @property
    def problems(self) -> list[str]:
        """Return sentences on what needs attention."""
        found = []
        if self.last["status"] != "finished":
            why = self.last["error"] or "The tap left it out; its log says why."
            found.append(f"{self.name}: last run {self.last['status']}. {why}")
        if self.is_late:
            age = "was never complete" if self.age is None else f"is {span(self.age)} old"
            allowed = span((self.late_after_minutes or 0) * 60)
            found.append(f"{self.name}: late. Its data {age}, allowed are {allowed}.")
        if self.compared and self.compared["status"] not in PROVED:
            found.append(f"{self.name}: {_difference(self.compared)}")
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the form that is printed."""
        finished = self.last["last_finished"]
        return {
            "status": self.last["status"],
            "late": self.is_late,
            "age_seconds": None if self.age is None else round(self.age),
            "late_after_minutes": self.late_after_minutes,
            "bookmark": self.bookmark,
            "last_finished": _text(finished),
            "table": self.last["table_name"],
            "compared": self.compared
            and {name: _text(value) for name, value in self.compared.items()},
            "rejects": self.rejects,
            "last_run": {name: _text(self.last[name]) for name in _OF_A_RUN},
            "runs": [
                {name: _text(row[name]) for name in _SHOWN}
                | {"lag_seconds": None if lag is None else round(lag)}
                for row, lag in zip(self.rows, self.lags, strict=True)
            ],
        }


def _difference(compared: Row) -> str:
    """Say what the last comparison found."""
    at = f"The comparison of {_text(compared['started_at'])}"
    if compared["status"] != "different":
        return f"{at} is {compared['status']}: {compared['problem']}"
    kinds = ("missing", "stale", "newer", "extra")
    rows = {kind: compared[f"rows_{kind}"] for kind in kinds}
    return f"{at} found rows that are {', '.join(f'{k}: {n:,}' for k, n in rows.items() if n)}."


def _instant(value: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


def span(seconds: float) -> str:
    """Return a duration for people, in one or two units."""
    for size, unit in ((172_800, "d"), (5400, "h"), (90, "min")):
        if seconds >= size:
            per = {"d": 86_400, "h": 3600, "min": 60}[unit]
            return f"{seconds / per:.0f} {unit}"
    return f"{seconds:.0f} s"


_HEADS = (
    "stream", "status", "late", "last run", "read", "written", "rejected", "pages", "retries",
    "age", "bookmark", "compared",
)  # fmt: skip


def as_text(answer: Answer) -> str:
    """Write the status as a table for a terminal."""
    lines = [_HEADS, *(_cells(name, each) for name, each in _streams(answer))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = range(_HEADS.index("read"), _HEADS.index("bookmark"))
    table = [
        "  ".join(
            cell.rjust(width) if n in right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*table, "", answer.status, *answer.problems])


def _compared(found: dict[str, Any] | None) -> str:
    """Say how the last comparison came out, and when."""
    if found is None:
        return ""
    result = "proved equal" if found["status"] == "equal" else found["status"]
    return f"{result} on {found['started_at'][:10]}"


def _streams(answer: Answer) -> Iterable[tuple[str, dict[str, Any]]]:
    found: dict[str, dict[str, Any]] = answer.details.get("streams", {})
    return found.items()


def _cells(name: str, stream: dict[str, Any]) -> tuple[str, ...]:
    run = stream["last_run"]
    counts = (run[each] for each in ("rows_read", "rows_written", "rows_rejected"))
    age = stream["age_seconds"]
    return (
        name,
        stream["status"],
        "LATE" if stream["late"] else "",
        run["ended_at"],
        *(f"{count or 0:,}" for count in counts),
        *("" if run[each] is None else f"{run[each]:,}" for each in ("pages", "retries")),
        "" if age is None else span(age),
        stream["bookmark"] or "",
        _compared(stream["compared"]),
    )
