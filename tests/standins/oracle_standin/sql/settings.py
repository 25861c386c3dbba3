"""What a session has set: NLS formats, time zone, current schema, lock timeout."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import psycopg

from oracle_standin.errors import OraError

from .lexer import literal, quoted, string_value
from .messages import error

if TYPE_CHECKING:
    from .lexer import Token
    from .release import Release
    from .work import Work


def _zone(name: str) -> dt.tzinfo:
    """Return the time zone of an offset or a region."""
    found = re.fullmatch(r"([+-]?)(\d\d?):(\d\d)", name)
    if not found:
        return ZoneInfo(name)
    offset = dt.timedelta(hours=int(found[2]), minutes=int(found[3]))
    return dt.timezone(-offset if found[1] == "-" else offset)


LOCK_PATIENCE = 100
"""Milliseconds until ORA-00054 at least: a lock just released, or a vacuum's, is no reason."""

_IGNORED = frozenset(
    (
        "EVENTS",
        "OPTIMIZER_MODE",
        "STATISTICS_LEVEL",
        "CURSOR_SHARING",
        "SQL_TRACE",
        "RESUMABLE",
        "PLSQL_CODE_TYPE",
        "CONTAINER",
    )
)


_CONTEXT = "ctx.CLIENTCONTEXT."


def _parameter(key: str) -> str:
    """The parameter of a value of the client's, or of a context, whose names are hashed."""
    if not key.startswith("ctx."):
        return f"id_{key}"
    return "ctx_" + hashlib.md5(key[4:].upper().encode(), usedforsecurity=False).hexdigest()


class Settings:
    """Values of a session; PostgreSQL has them as parameters oranls.*."""

    def __init__(self, work: Work, user: str, release: Release) -> None:
        self.work = work
        self.user = user
        self.release = release
        self.ddl_lock_timeout = 0.0  # seconds
        self.parallel_dml = release.parallel_dml
        self._values = {
            "usr": user,
            "sch": user,
            "max_string": str(release.max_varchar),
            "db_time_zone": release.db_time_zone,
            "charset": release.charset,
            "values_told": "",
            "rules": "",
        }
        self._said: dict[str, str | None] = {}
        self._pending = False  # set in the open transaction: a rollback would undo it
        self.apply()

    @property
    def schema(self) -> str:
        """The current schema."""
        return self._values["sch"]

    def seen(self, kept: dt.datetime) -> dt.datetime:
        """Bring a time of the database's time zone into that of the session."""
        utc = kept.replace(tzinfo=_zone(self.release.db_time_zone)).astimezone(dt.UTC)
        zone = _zone(self._values.get("time_zone", "+00:00"))
        return utc.astimezone(zone).replace(tzinfo=None)

    def identify(self, values: dict[str, str | None]) -> None:
        """Keep what the client says of itself, until a statement asks for it.

        Raises:
            OraError: ORA-28267 for a context that clients may not set.
        """
        if any(key.startswith("ctx.") and not key.startswith(_CONTEXT) for key in values):
            raise OraError(28267, "Invalid NameSpace Value")
        self._said |= values

    def tell_identity(self) -> None:
        """Let PostgreSQL know what the client has said."""
        if self._said:
            self._values |= {_parameter(key): value or "" for key, value in self._said.items()}
            self._said = {}
            self.apply()

    @property
    def values_told(self) -> bool:
        """Whether error messages hold values."""
        return self._values["values_told"] == "yes"

    def apply(self) -> None:
        """Tell PostgreSQL; Oracle's settings outlive a rollback."""
        path = f'{quoted(self.schema)}, "SYS", pg_catalog, ora'
        parts = [f"SET search_path = {path}"]
        parts += [f"SET oranls.{key} = {literal(value)}" for key, value in self._values.items()]
        self.work.run("; ".join(parts))
        self._pending = self.work.changed
        if not self._pending:
            self.work.conn.commit()

    def committed(self) -> None:
        self._pending = False

    def rolled_back(self) -> None:
        if self._pending:
            self.apply()

    def set_schema(self, name: str) -> None:
        if not self.work.value("SELECT 1 FROM ora.usr WHERE name = %s", name):
            raise error(1435)
        self._values["sch"] = name
        self.apply()

    def alter(self, tokens: list[Token], *, pending: bool = False) -> None:
        """Run ALTER SESSION SET key = value ..., or ENABLE | DISABLE | FORCE PARALLEL ..."""
        given = [token.word for token in tokens[2:5]]
        if given[1:2] == ["PARALLEL"] and self._set_parallel(*given[::2], pending=pending):
            return
        if given[:1] != ["SET"]:
            raise error(3001, "ALTER SESSION " + " ".join(given))
        i = 3
        while i + 2 < len(tokens):
            key, token = tokens[i].word, tokens[i + 2]
            i += 3
            value = string_value(token.text) if token.is_literal else token.word
            if value in ("-", "+") or key == "ISOLATION_LEVEL":  # in two tokens
                value += tokens[i].text.upper() if i < len(tokens) else ""
                i += 1
            if key == "CURRENT_SCHEMA":
                value = value[1:-1] if token.kind == "qid" else value
            self._set(key, value)
        self.apply()

    def _set_parallel(self, action: str, kind: str = "", *, pending: bool) -> bool:
        """Take parallel DML on or off, DDL and queries as they are; False for other words."""
        if action not in ("ENABLE", "DISABLE", "FORCE") or kind not in ("DML", "DDL", "QUERY"):
            return False
        if kind == "DML" and pending:
            raise error(12841)
        if kind == "DML":
            self.parallel_dml = action != "DISABLE"
        return True

    def tell_rules(self) -> None:
        """Tell the database's own functions which rules are off, and whether they show values."""
        rules = self.release.rules
        told = rules.values_in_messages and self.release.number >= 23
        off = " ".join(name for name, is_on in vars(rules).items() if not is_on)
        if (self._values["values_told"], self._values["rules"]) != ("yes" * told, off):
            self._values.update(values_told="yes" * told, rules=off)
            self.apply()

    def _set(self, key: str, value: str) -> None:
        setters = {
            "CURRENT_SCHEMA": self.set_schema,
            "TIME_ZONE": self._set_time_zone,
            "DDL_LOCK_TIMEOUT": self._set_ddl_lock_timeout,
            "ISOLATION_LEVEL": _check_isolation_level,
        }
        if key.startswith("NLS_"):
            self._values[key.lower()] = value
        elif key in setters:
            setters[key](value)
        elif key not in _IGNORED:
            raise OraError(2248, "invalid option for ALTER SESSION")

    def _set_ddl_lock_timeout(self, value: str) -> None:
        self.ddl_lock_timeout = int(value)

    def _set_time_zone(self, value: str) -> None:
        if value.upper() in ("LOCAL", "DBTIMEZONE"):
            value = self.release.db_time_zone if value.upper() == "DBTIMEZONE" else "+00:00"
        try:
            with self.work.kept_open(), self.work.savepoint():
                self.work.run("SELECT ora.tz_minutes(%s)", [value])
        except psycopg.Error:
            raise OraError(1882, "timezone region not found") from None
        self._values["time_zone"] = value


def _check_isolation_level(value: str) -> None:
    if value != "READCOMMITTED":
        raise error(3001, "isolation level")
