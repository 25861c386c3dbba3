"""The transaction of one session on its PostgreSQL connection."""

from __future__ import annotations

import contextlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from .messages import error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .backends import Backends

_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


class Work:
    """Commits, rolls back, and undoes single statements by savepoints.

    A transaction that has only read is ended after each query, as an Oracle reader holds no locks.
    """

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self.conn = backends.take()
        self.changed = False  # the transaction has done something
        self.ended = 0  # transactions so far
        self.interrupted = False  # the client has cancelled the call
        self._was_cancelled = False  # and a late cancellation may still come
        self._read_only = False
        self._depth = 0  # statements within PL/SQL

    def commit(self) -> None:
        self.ended += 1
        self.conn.commit()
        self.changed = self._read_only = False

    def begin_read_only(self) -> None:
        """Begin a transaction whose queries all see the data of this moment."""
        self.conn.rollback()
        self.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.run("SELECT 1")  # PostgreSQL takes its snapshot at the first query
        self.changed = self._read_only = True

    def refuse_if_read_only(self) -> None:
        """Raise ORA-01456 in a transaction that may change nothing."""
        if self._read_only:
            raise error(1456)

    def rollback(self) -> None:
        self.ended += 1
        self.conn.rollback()
        self.changed = self._read_only = False

    def close(self) -> None:
        if self._was_cancelled:
            self.conn.close()
        else:
            self._backends.give(self.conn)

    @property
    def is_idle(self) -> bool:
        return self.conn.info.transaction_status == TransactionStatus.IDLE

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query of our own."""
        return self.conn.execute(sql, args or None).fetchall()

    def value(self, sql: str, *args: Any) -> Any:
        """Return the first column of the first row, or None when there is no row."""
        row = self.conn.execute(sql, args or None).fetchone()
        return row[0] if row else None

    def run(self, sql: str, params: Sequence[Any] | None = None) -> int:
        """Run a statement of our own; gives its row count."""
        return self.conn.execute(sql, params).rowcount

    def cancel(self) -> None:
        """Stop the running statement; called from another thread."""
        self.interrupted = self._was_cancelled = True
        with contextlib.suppress(psycopg.Error):  # nothing left to stop
            self.conn.cancel_safe(timeout=5)

    def sleep(self, seconds: float) -> None:
        with self.savepoint():
            self.run("SELECT pg_sleep(%s)", [seconds])

    @contextmanager
    def savepoint(self, name: str = "_s") -> Iterator[None]:
        """Undo the block's work when it fails, and only that."""
        self.run(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            if self.conn.info.transaction_status in _OPEN:
                self.run(f"ROLLBACK TO SAVEPOINT {name}")
            raise
        self.run(f"RELEASE SAVEPOINT {name}")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Undo a query that fails; its whole transaction, where that holds nothing else."""
        with self.savepoint() if self.changed or self._depth > 1 else contextlib.nullcontext():
            yield

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """End a transaction that has only read, after the outermost statement."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth and not self.changed and not self.is_idle:
                self._end_reading()

    def _end_reading(self) -> None:
        """End a transaction that has changed nothing; a rollback would forget all plans."""
        if self.conn.info.transaction_status == TransactionStatus.INERROR:
            self.conn.rollback()
        else:
            self.conn.commit()
