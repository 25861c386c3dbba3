"""Records that cannot be loaded: the error they cause, or the reject table and its thresholds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from target_oracle import json_text
from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.errors import MissingKeyError, RecordError
from target_oracle.schema.names import Naming
from target_oracle.schema.tables import TableSpec
from target_oracle.schema.types import CLOB, TIMESTAMP_TZ, OracleType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import oracledb

    from target_oracle.config.settings import Settings
    from target_oracle.records.slices import Problem

KEY_TEXT = 40  # characters of a key value that a message shows

COLUMNS = {
    "STREAM": OracleType("VARCHAR2", 255),
    "REASON_CODE": OracleType("VARCHAR2", 30),
    "MESSAGE": OracleType("VARCHAR2", 1000),
    "PROPERTY": OracleType("VARCHAR2", 255),
    "PAYLOAD": CLOB,
    "RUN_ID": OracleType("VARCHAR2", 36),
    "REJECTED_AT": TIMESTAMP_TZ,
}


def rejected(
    stream: str, keys: Sequence[str], problem: Problem, record: Mapping[str, Any]
) -> RecordError:
    """The error for a record: stream, key and property, nothing else of the record."""
    name = ", ".join(f"{key}={str(record.get(key))[:KEY_TEXT]}" for key in keys)
    where = f" (property '{problem.source}')" if problem.source else ""
    error = MissingKeyError if problem.code == "missing-key" else RecordError
    return error(f"Stream '{stream}', record {name or '(no key)'}: {problem.reason}{where}.")


@dataclass
class Rejects:
    """What becomes of bad records; they are written and counted with the flush they are from."""

    settings: Settings
    owner: str
    run_id: str
    counts: Counter[str] = field(default_factory=Counter)
    naming: Naming = field(default_factory=Naming)
    others: Sequence[Callable[[], int]] = ()  # bad records of the streams loaded at the same time
    _prepared: bool = False
    _pending: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def table(self) -> TableSpec:
        """The reject table."""
        name = self.naming.table(self.settings.reject_table, self.settings.table_prefix)
        return TableSpec(self.owner, name, COLUMNS)

    def prepare(self, cursor: oracledb.Cursor) -> None:
        """Make the reject table, where one is wanted; once per run."""
        if self.settings.on_invalid == "reject" and not self._prepared:
            ddl.prepare(cursor, self.table)
            self._prepared = True

    def take(
        self, stream: str, keys: Sequence[str], problem: Problem, record: Mapping[str, Any]
    ) -> None:
        """Take a record in, or raise RecordError: at once, or when it is one too many."""
        error = rejected(stream, keys, problem, record)
        if self.settings.on_invalid == "fail":
            raise error
        payload = json_text.encode(record).decode()
        now = datetime.now(UTC)
        reason = problem.reason[:1000]
        self._pending.append(
            (stream, problem.code, reason, problem.source[:255], payload, self.run_id, now)
        )
        limit = self.settings.max_rejects
        if limit is not None and self._total() > limit:
            msg = f"More than max_rejects ({limit}) records are bad; the last: {error}"
            raise RecordError(msg)

    def _total(self) -> int:
        return self.counts.total() + len(self._pending) + sum(count() for count in self.others)

    def check_ratio(self, stream: str, read: int) -> None:
        """RecordError when too large a share of a flush is bad."""
        limit = self.settings.max_reject_ratio
        if limit is not None and len(self._pending) > limit * read:
            msg = (
                f"Stream '{stream}': {len(self._pending)} of {read} records are bad, more than "
                f"max_reject_ratio ({limit:g}); the last: {self._pending[-1][2]}."
            )
            raise RecordError(msg)

    def write(self, cursor: oracledb.Cursor) -> None:
        """INSERT what is pending, in the transaction of the flush."""
        if self.settings.on_invalid == "reject" and self._pending:
            insert = statements.insert(self.table.sql, list(COLUMNS))
            rows = [(stream[:255], *rest) for stream, *rest in self._pending]
            execute_many(cursor, insert, rows, [each.bind for each in COLUMNS.values()])

    def settle(self) -> None:
        """Count what is pending, after COMMIT."""
        self.counts.update(row[0] for row in self._pending)
        self._pending.clear()

    @property
    def pending(self) -> int:
        """How many wait for COMMIT."""
        return len(self._pending)

    def forget(self, after: int = 0) -> None:
        """Drop what is pending after the first `after`: what they are from starts again."""
        del self._pending[after:]
