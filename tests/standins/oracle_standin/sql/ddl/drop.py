"""DROP, TRUNCATE and RENAME."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin.errors import OraError
from oracle_standin.sql.lexer import quoted, words
from oracle_standin.sql.messages import error
from oracle_standin.sql.users import remove_user

from .code import CODE, drop_code
from .triggers import drop_trigger

if TYPE_CHECKING:
    from collections.abc import Callable

    from .statement import Statement

_KINDS = {
    "TABLE": ("r", 942),
    "VIEW": ("v", 942),
    "MATERIALIZED VIEW": ("m", 12003),
    "INDEX": ("i", 1418),
    "SEQUENCE": ("S", 2289),
}
"""The kind in pg_class, and the error when there is no such object."""

_OPTIONS = frozenset(("CASCADE", "CONSTRAINTS", "PURGE", "FORCE", "ONLINE"))


@dataclass(frozen=True)
class _Object:
    """What a DROP names."""

    kind: str
    schema: str | None
    name: str
    if_exists: bool
    cascade: bool


def drop(s: Statement) -> None:
    kind = s.word(1)
    if kind in ("MATERIALIZED", "PUBLIC") or (kind, s.word(2)) == ("PACKAGE", "BODY"):
        kind += f" {s.word(2)}"
    if_exists, i = s.if_clause(1 + len(kind.split()))
    schema, name, i = s.object_name(i)
    options = set(words(s.tokens[i:]))
    if options - _OPTIONS:
        raise error(933)
    if kind not in _DROPS:
        raise error(950)
    _DROPS[kind](s, _Object(kind, schema, name, if_exists, "CASCADE" in options))


def _drop_relation(s: Statement, named: _Object) -> None:
    kind, schema, name = named.kind, named.schema, named.name
    try:
        oid = s.relation(schema, name, *_KINDS[kind])
    except OraError:
        if named.if_exists:
            return
        raise
    target = s.qualified(schema, name)
    s.session.access.require_on(s.owner(schema), name, "DROP", f"DROP ANY {kind}")
    if kind == "TABLE":
        _drop_table(s, name, oid, target, cascade=named.cascade)
        return
    if kind == "INDEX" and s.work.value(
        "SELECT 1 FROM pg_constraint WHERE conindid = %s AND contype IN ('p', 'u')", oid
    ):
        raise error(2429)
    s.work.run(f"DROP {kind} {target}" + (" CASCADE" if "VIEW" in kind else ""))


def _drop_table(s: Statement, name: str, oid: int, target: str, *, cascade: bool) -> None:
    if name in s.dictionary.temporary:
        s.work.run(f"DROP TABLE IF EXISTS pg_temp.{quoted(name)}")
    elif name.startswith("ORA$PTT_"):
        target = f"pg_temp.{quoted(name)}"
    if not cascade and s.work.value(
        "SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confrelid = %s AND conrelid <> %s",
        oid,
        oid,
    ):
        raise error(2449)
    s.work.run(f"DROP TABLE {target} CASCADE")
    s.save("DELETE FROM ora.col WHERE relid = %s", oid)
    s.save("DELETE FROM ora.tab WHERE relid = %s", oid)
    s.save("DELETE FROM ora.trig WHERE relid = %s", oid)
    s.save("DELETE FROM ora.objgrant WHERE relid = %s", oid)


def _drop_synonym(s: Statement, named: _Object) -> None:
    schema = "PUBLIC" if named.kind == "PUBLIC SYNONYM" else named.schema
    if schema == "PUBLIC":
        s.session.access.require("DROP PUBLIC SYNONYM")
    found = s.work.run(
        "DELETE FROM ora.syn WHERE owner = %s AND name = %s", [s.owner(schema), named.name]
    )
    if not found and not named.if_exists:
        raise error(1432 if schema == "PUBLIC" else 1434)


def _drop_trigger(s: Statement, named: _Object) -> None:
    drop_trigger(s, named.schema, named.name, if_exists=named.if_exists)


def _drop_code(s: Statement, named: _Object) -> None:
    drop_code(s, named.schema, named.name, named.kind, if_exists=named.if_exists)


def _drop_user(s: Statement, named: _Object) -> None:
    name = named.name
    s.session.access.require("DROP USER")
    if s.session.database.password(name) is None:
        raise error(1918, name)
    if not named.cascade and s.work.value(
        "SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(%s)", quoted(name)
    ):
        raise OraError(1922, f"CASCADE must be specified to drop '{name}'")
    remove_user(s.work.conn, name)


_DROPS: dict[str, Callable[[Statement, _Object], None]] = {
    "USER": _drop_user,
    "SYNONYM": _drop_synonym,
    "PUBLIC SYNONYM": _drop_synonym,
    "TRIGGER": _drop_trigger,
    **dict.fromkeys((*CODE, "PACKAGE BODY"), _drop_code),
    **dict.fromkeys(_KINDS, _drop_relation),
}


def truncate(s: Statement) -> None:
    schema, name, _ = s.object_name(2)
    s.table(schema, name, "DROP")
    if name in s.dictionary.temporary:
        s.dictionary.localize(name)
        s.work.run(f"TRUNCATE {quoted(name)}")
    else:
        s.work.run(f"TRUNCATE {s.qualified(schema, name)}")


def rename(s: Statement) -> None:
    schema, old, i = s.object_name(1)
    rename_relation(s, schema, old, s.object_name(i + 1)[1])


def rename_relation(s: Statement, schema: str | None, old: str, new: str) -> None:
    if s.exists(schema, new):
        raise error(955)
    s.relation(schema, old, "rvS")
    s.work.run(f"ALTER TABLE {s.qualified(schema, old)} RENAME TO {quoted(new)}")
