"""What a session knows of the database's objects, cached until any session's next DDL."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .lexer import quoted
from .messages import error

if TYPE_CHECKING:
    from .release import Release
    from .settings import Settings
    from .snapshot import Snapshot
    from .work import Work

_MAX_SHORT = 60  # bytes of a name that PostgreSQL keeps (it has 63) as it is


@dataclass(frozen=True)
class TableColumn:
    """What a write needs to know of a column."""

    postgres: str  # PostgreSQL's type
    always: bool = False  # GENERATED ALWAYS AS IDENTITY
    virtual: bool = False
    hidden: bool = False  # INVISIBLE
    declared: str = ""  # Oracle's type; not known of SYS's views


Columns = dict[tuple[str | None, str], dict[str, TableColumn]]
"""Columns by name, of tables by schema and name."""


class Dictionary:
    """Names, synonyms, temporary tables and columns."""

    def __init__(self, work: Work, settings: Settings, release: Release, of_sys: Columns) -> None:
        self.work = work
        self.settings = settings
        self.release = release
        self._of_sys = of_sys  # known to all sessions: no DDL changes the views of SYS
        self.new_names: list[tuple[str, str]] = []  # short and full, not stored yet
        self.synonyms: dict[tuple[str, str], tuple[str, str, str | None]] = {}
        self.views: dict[tuple[str, str], bool] = {}  # and whether they are WITH READ ONLY
        self.temporary: dict[str, str] = {}  # global temporary tables, with their duration
        self.types: set[tuple[str, str]] = set()  # of objects and collections
        self._long_names: dict[str, str] = {}
        self._declared: dict[tuple[int, int], tuple[Any, ...]] = {}
        self._columns: Columns = {}

    def reload(self, snapshot: Snapshot) -> None:
        self.new_names = []
        self._columns.clear()
        self.synonyms, self.views = snapshot.synonyms, snapshot.views
        self.temporary, self.types = snapshot.temporary, snapshot.types
        self._long_names = dict(snapshot.long_names)
        self._declared = snapshot.declared

    def short(self, name: str) -> str:
        """Return the PostgreSQL name of an Oracle name: of a long one, a prefix and a hash."""
        data = name.encode()
        if len(data) > self.release.max_name:
            raise error(972)
        if len(data) <= _MAX_SHORT:
            return name
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()[:12]
        short = f"{data[:44].decode(errors='ignore')}_#{digest}"
        if short not in self._long_names:
            self._long_names[short] = name
            self.new_names.append((short, name))
        return short

    def full(self, name: str) -> str:
        """Return the Oracle name of a PostgreSQL name."""
        return self._long_names.get(name, name)

    def declared(self, relation: int, number: int) -> tuple[Any, ...] | None:
        """Return the declared type of a column, as ``describe`` takes it."""
        return self._declared.get((relation, number))

    def columns(self, schema: str | None, table: str) -> dict[str, TableColumn]:
        """Return the columns of a table by name and in their order; none for an unknown table."""
        key = schema, table
        known = self._of_sys if schema == "SYS" else self._columns
        if key not in known:
            name = quoted(table) if schema is None else f"{quoted(schema)}.{quoted(table)}"
            rows = self.work.rows(
                "SELECT a.attname::text, CASE WHEN a.atttypid = 'ora.fixed'::regtype "
                "THEN format('ora.fixed(%%s)', a.atttypmod - 4) "
                "ELSE ora.type_name(a.atttypid) END, "
                "coalesce(m.idgen = 'ALWAYS', false), coalesce(m.virt, false), "
                "coalesce(m.hidden, false), coalesce(m.dtype, '') "
                "FROM pg_attribute a LEFT JOIN ora.col m ON m.relid = a.attrelid "
                "AND m.attnum = a.attnum WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 "
                "AND NOT a.attisdropped ORDER BY a.attnum",
                name,
            )
            known[key] = {row[0]: TableColumn(*row[1:]) for row in rows}
        return known[key]

    def resolve(self, schema: str | None, name: str) -> tuple[str | None, str]:
        """What a name stands for: an object, a private synonym, a public one, in this order.

        ORA-01775 for a circle, ORA-00980 where a synonym leads to nothing.
        """
        first, seen = (schema, name), set[tuple[str, str]]()
        while True:
            owner = schema or self.settings.schema
            if (owner, name) in seen:
                raise error(1775)
            target = self.synonyms.get((owner, name))
            if target is None and (seen or schema is None):
                target = self._public(owner, name, needed=bool(seen))
            if target is None:
                return (owner, name) if seen else first
            seen.add((owner, name))
            schema, name, link = target
            if link:
                raise error(2019)

    def _public(self, owner: str, name: str, *, needed: bool) -> tuple[str, str, str | None] | None:
        public = self.synonyms.get(("PUBLIC", name))
        if (public is None and not needed) or self.columns(owner, name):
            return None
        if public is None:
            raise error(980)
        return public

    def is_temporary(self, table: str) -> bool:
        return table in self.temporary

    def type_name(self, name: str) -> str | None:
        """Return the full name of a type of the session's schema; None for what is none."""
        owner = self.settings.schema
        return f"{owner}.{name}" if (owner, name) in self.types else None

    def localize(self, table: str) -> None:
        """Make this session's own copy of a global temporary table."""
        keep = "DELETE" if self.temporary[table] == "SYS$TRANSACTION" else "PRESERVE"
        self.work.run(
            f"CREATE TEMP TABLE IF NOT EXISTS pg_temp.{quoted(table)} (LIKE "
            f"{quoted(self.settings.schema)}.{quoted(table)} INCLUDING ALL) ON COMMIT {keep} ROWS"
        )
        kept = self.work.value(
            "SELECT to_regclass(%s)::oid", f"{quoted(self.settings.schema)}.{quoted(table)}"
        )
        if self.work.value("SELECT 1 FROM pg_proc WHERE proname = %s", f"fit_{kept}"):
            self.work.run(
                f'CREATE OR REPLACE TRIGGER "ORA$FIT" BEFORE INSERT OR UPDATE ON '
                f'pg_temp.{quoted(table)} FOR EACH ROW EXECUTE FUNCTION ora."fit_{kept}"()'
            )
        if not self.work.changed:
            self.work.conn.commit()
