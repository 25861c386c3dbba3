"""What the dictionary holds of all objects and grants, read once for all sessions."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable

Rows = list[tuple[Any, ...]]
Name = tuple[str, str]
"""Owner and name of an object."""
UNLIMITED = "UNLIMITED TABLESPACE"


@dataclass(frozen=True)
class Snapshot:
    """Names, types and grants of all users at one moment."""

    long_names: dict[str, str]  # by the short one that PostgreSQL has
    temporary: dict[str, str]  # global temporary tables, with their duration
    types: set[Name]  # of objects and collections
    synonyms: dict[Name, tuple[str, str, str | None]]
    views: dict[Name, bool]  # and whether they are WITH READ ONLY
    declared: dict[tuple[int, int], tuple[Any, ...]]
    without_space: set[str]
    system: dict[str, set[str]] = field(default_factory=dict)  # privileges by grantee
    granted: dict[str, dict[Name, set[str]]] = field(default_factory=dict)  # by grantee


def read_snapshot(rows: Callable[[str], Rows]) -> Snapshot:
    """Read names, types and grants, by a function that runs a query."""
    found = Snapshot(
        long_names=dict(rows("SELECT short, name FROM ora.longname")),
        temporary=dict(
            rows(
                "SELECT c.relname::text, t.gtt FROM ora.tab t JOIN pg_class c "
                "ON c.oid = t.relid WHERE t.gtt IS NOT NULL"
            )
        ),
        types={
            (owner, name)
            for owner, name in rows("SELECT owner, name FROM ora.typ WHERE package IS NULL")
        },
        synonyms={
            (owner, name): (to_owner, to_name, link)
            for owner, name, to_owner, to_name, link in rows(
                "SELECT owner, name, t_owner, t_name, db_link FROM ora.syn"
            )
        },
        views={
            (owner, name): read_only
            for owner, name, read_only in rows(
                "SELECT n.nspname::text, c.relname::text, r.relid IS NOT NULL FROM pg_class c "
                "JOIN pg_namespace n ON n.oid = c.relnamespace "
                "LEFT JOIN ora.readonly r ON r.relid = c.oid WHERE c.relkind = 'v' "
                "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'SYS')"
            )
        },
        declared={
            (row[0], row[1]): row[2:]
            for row in rows(
                "SELECT m.relid, m.attnum, m.dtype, m.dlen, m.clen, m.prec, m.scale, "
                "NOT a.attnotnull, m.cu, m.is_json FROM ora.col m JOIN pg_attribute a "
                "ON a.attrelid = m.relid AND a.attnum = m.attnum"
            )
        },
        without_space={
            name
            for (name,) in rows(
                "SELECT u.name FROM ora.usr u WHERE NOT u.quota AND NOT EXISTS "
                "(SELECT 1 FROM ora.sysgrant g WHERE g.grantee = u.name "
                f"AND g.privilege = '{UNLIMITED}')"
            )
        },
    )
    for grantee, privilege in rows("SELECT grantee, privilege FROM ora.sysgrant"):
        found.system.setdefault(grantee, set()).add(privilege)
    for grantee, owner, name, privilege in rows(
        "SELECT g.grantee, n.nspname::text, c.relname::text, g.privilege FROM ora.objgrant g "
        "JOIN pg_class c ON c.oid = g.relid JOIN pg_namespace n ON n.oid = c.relnamespace"
    ):
        found.granted.setdefault(grantee, {}).setdefault((owner, name), set()).add(privilege)
    return found


class LatestSnapshot:
    """Reads the dictionary once after each DDL, through a connection of its own."""

    def __init__(self, conninfo: str) -> None:
        self._conn = psycopg.connect(conninfo, autocommit=True)
        self._lock = threading.Lock()
        self._read: tuple[int, Snapshot] | None = None

    def at(self, version: int) -> Snapshot:
        """Return the dictionary as it is after the DDL of this version, or after a later one."""
        with self._lock:
            if self._read is None or self._read[0] < version:
                self._read = version, read_snapshot(lambda sql: self._conn.execute(sql).fetchall())
            return self._read[1]

    def close(self) -> None:
        self._conn.close()
