"""The connections to PostgreSQL, which serve one session after the other.

A new one costs PostgreSQL a process and what it has to learn of its catalog: most of the time of a
short session.
"""

from __future__ import annotations

import threading

import psycopg
from psycopg.pq import TransactionStatus

IDLE = 8
"""Connections that are kept for later sessions, at most."""

_FORGET = "CLOSE ALL; RESET ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES"
"""What DISCARD ALL does, but for the plans of queries of the dictionary: they serve again."""

_AT_REST = (TransactionStatus.IDLE, TransactionStatus.INTRANS, TransactionStatus.INERROR)


class Backends:
    """Hands out connections as if each were new."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self._idle: list[psycopg.Connection] = []
        self._closed = False
        self._lock = threading.Lock()

    def take(self) -> psycopg.Connection:
        """Return a connection that is in no transaction and has no state of a session."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        return kept or psycopg.connect(self.conninfo)

    def give(self, connection: psycopg.Connection) -> None:
        """Take a connection back; one that is broken or at work is closed."""
        if not self._is_fit(connection) or not self._keep(connection):
            connection.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @staticmethod
    def _is_fit(connection: psycopg.Connection) -> bool:
        """Rid a connection of all that its session left in it; False where that fails."""
        if connection.closed or connection.info.transaction_status not in _AT_REST:
            return False
        try:
            connection.rollback()
            connection.autocommit = True
            connection.execute(_FORGET)
            connection.autocommit = False
        except psycopg.Error:
            return False
        return True

    def _keep(self, connection: psycopg.Connection) -> bool:
        with self._lock:
            if self._closed or len(self._idle) >= IDLE:
                return False
            self._idle.append(connection)
            return True
