"""Handle bad records: raise, or write them into the reject table up to the limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from target_oracle import json_text
from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.errors import MissingKeyError, RecordError, RejectLimitError
from target_oracle.observing import telemetry
from target_oracle.schema.tables import TableSpec
from target_oracle.schema.types import CLOB, TIMESTAMP_TZ, OracleType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import oracledb

    from target_oracle.config.settings import Settings
    from target_oracle.database.session import Session
    from target_oracle.records.slices import Problem, Slice
    from target_oracle.schema.names import Naming

KEY_TEXT = 40
"""Characters of a key value that a message shows."""

COLUMNS = {
    "STREAM": OracleType("VARCHAR2", 255),
    "REASON_CODE": OracleType("VARCHAR2", 30),
    "MESSAGE": OracleType("VARCHAR2", 1000),
    "PROPERTY": OracleType("VARCHAR2", 255),
    "PAYLOAD": CLOB,
    "RUN_ID": OracleType("VARCHAR2", 36),
    "REJECTED_AT": TIMESTAMP_TZ,
}


_BOUND = [*(name for name, each in COLUMNS.items() if each != CLOB), "PAYLOAD"]
"""The columns in the order of their binds: the LOB comes last (ORA-24816)."""


def table_spec(settings: Settings, owner: str, naming: Naming) -> TableSpec:
    """Return the reject table as it is needed."""
    return TableSpec(owner, naming.table(settings.reject_table, settings.table_prefix), COLUMNS)


@dataclass
class Rejects:
    """The bad records of one worker; they are written and counted with the flush they are from."""

    settings: Settings
    owner: str
    run_id: str
    naming: Naming
    of_the_run: list[Rejects]
    """The rejects of all workers, this one included: limits hold for the run."""
    counts: Counter[str] = field(default_factory=Counter)
    """Bad records by stream, of flushes that are committed."""
    kept: Counter[str] = field(default_factory=Counter)
    """Bad records by stream, of flushes that a limit ended: nothing else of these is loaded."""
    _prepared: bool = False
    _pending: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.of_the_run.append(self)

    @property
    def table(self) -> TableSpec:
        """The reject table."""
        return table_spec(self.settings, self.owner, self.naming)

    def prepare(self, cursor: oracledb.Cursor) -> None:
        """Make the reject table, where one is wanted; once per run."""
        if self.settings.on_invalid == "reject" and not self._prepared:
            ddl.prepare(cursor, self.table)
            self._prepared = True

    def add(self, row: tuple[Any, ...], error: RecordError) -> None:
        """Keep a row of the reject table until the flush is committed.

        Raises:
            RejectLimitError: The limit of bad records is exceeded.
        """
        self._pending.append(row)
        limit = self.settings.max_rejects
        known = (each.counts.total() + each.pending for each in self.of_the_run)
        if limit is not None and sum(known) > limit:
            msg = f"More than max_rejects ({limit}) records are bad; the last: {error}"
            raise RejectLimitError(msg)

    def write(self, cursor: oracledb.Cursor) -> None:
        """INSERT what is pending, in the transaction of the flush."""
        if self.settings.on_invalid == "reject" and self._pending:
            insert = statements.insert(self.table.sql, _BOUND)
            rows = [(stream[:255], *rest) for stream, *rest in self._pending]
            execute_many(cursor, insert, rows, [COLUMNS[name].bind for name in _BOUND])

    def settle(self) -> None:
        """Count what is pending, after COMMIT."""
        self.counts.update(row[0] for row in self._pending)
        self._pending.clear()

    def settle_alone(self) -> None:
        """Count what is pending, after a COMMIT of nothing else of its flush."""
        found = Counter(row[0] for row in self._pending)
        self.kept += found
        for stream, number in found.items():
            telemetry.count("rows.rejected", number, stream=stream)
        self._pending.clear()

    @property
    def pending(self) -> int:
        """The number of rejected records that wait for COMMIT."""
        return len(self._pending)

    @property
    def last_reason(self) -> str:
        """What is wrong with the last one that waits for COMMIT."""
        return str(self._pending[-1][2])

    def forget(self, after: int = 0) -> None:
        """Forget pending rejects after the first `after`: their records are loaded again."""
        del self._pending[after:]


@dataclass
class StreamRejects:
    """The bad records of one stream; `keys` name a record in messages."""

    all: Rejects
    stream: str
    keys: Sequence[str]

    def take(self, problem: Problem, record: Mapping[str, Any]) -> None:
        """Keep a record for the table of rejects.

        Raises:
            RecordError: Bad records are not allowed.
            RejectLimitError: There are now more than `max_rejects`.
        """
        error = self.error_for(problem, record)
        if self.all.settings.on_invalid == "fail":
            raise error
        payload = json_text.encode(record).decode()
        reason, source = problem.reason[:1000], problem.source[:255]
        now = datetime.now(UTC)
        row = (self.stream, problem.code, reason, source, self.all.run_id, now, payload)
        self.all.add(row, error)

    def take_all(self, piece: Slice) -> None:
        """Take the records of a slice in that have a problem.

        Raises:
            RecordError: Bad records are not allowed.
            RejectLimitError: There are too many.
        """
        for index, problem in sorted(piece.problems.items()):
            self.take(problem, piece.records[index])

    def error_for(self, problem: Problem, record: Mapping[str, Any]) -> RecordError:
        """Make the error for a record: stream, key and property, nothing else of the record."""
        name = ", ".join(f"{key}={str(record.get(key))[:KEY_TEXT]}" for key in self.keys)
        where = f" (property '{problem.source}')" if problem.source else ""
        error = MissingKeyError if problem.code == "missing-key" else RecordError
        return error(
            f"Stream '{self.stream}', record {name or '(no key)'}: {problem.reason}{where}."
        )

    def write(self, session: Session, read: int) -> None:
        """Write what is pending into the reject table, in the transaction of the flush.

        Raises:
            RejectLimitError: Too large a share of the records `read` is bad.
        """
        limit, pending = self.all.settings.max_reject_ratio, self.all.pending
        if limit is not None and pending > limit * read:
            msg = (
                f"Stream '{self.stream}': {pending} of {read} records are bad, more than "
                f"max_reject_ratio ({limit:g}); the last: {self.all.last_reason}."
            )
            raise RejectLimitError(msg)
        with session.cursor() as cursor:
            self.all.write(cursor)
