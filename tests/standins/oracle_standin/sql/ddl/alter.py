"""ALTER TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import closing, quoted, split_commas
from oracle_standin.sql.messages import error, invalid_identifier

from .columns import CONSTRAINT_WORDS, Body
from .drop import rename_relation
from .dropping import drop_columns, drop_unused, set_unused
from .fitting import refit
from .keys import COMPANION, companion, existing_types
from .modify import modify_column
from .stored import rename_checks

if TYPE_CHECKING:
    from oracle_standin.sql.lexer import Token

    from .statement import Statement

_IGNORED = frozenset(
    (
        "MOVE",
        "NOLOGGING",
        "LOGGING",
        "PARALLEL",
        "NOPARALLEL",
        "COMPRESS",
        "NOCOMPRESS",
        "CACHE",
        "NOCACHE",
        "SHRINK",
    )
)
_UNKNOWN = frozenset(("EXCHANGE", "READ", "TRUNCATE"))


def alter_table(s: Statement) -> None:
    schema, name, i = s.object_name(2)
    oid = s.table(schema, name, "ALTER")
    action = s.word(i)
    if action in _ACTIONS:
        _ACTIONS[action](s, schema, name, oid, i)
        _settle(s, schema, name, oid)
    elif action in _UNKNOWN:
        raise error(3001, f"ALTER TABLE {action}")
    elif action not in _IGNORED:
        raise error(1735)


def _settle(s: Statement, schema: str | None, name: str, oid: int) -> None:
    """Give what names the table or its columns the names that they have now."""
    table: str = s.work.value("SELECT relname::text FROM pg_class WHERE oid = %s", oid)
    refit(s.work, oid, s.qualified(schema, table))
    if table != name or s.word(3) == "RENAME" or s.word(5) == "RENAME":
        rename_checks(s, schema, table, oid)


def _modify(s: Statement, schema: str | None, name: str, oid: int, i: int) -> None:
    for part in _parts(s, i + 1):
        modify_column(s, schema, name, oid, part)


def _move(s: Statement, _: str | None, __: str, oid: int, i: int) -> None:
    """Run ENABLE or DISABLE ROW MOVEMENT."""
    if (s.word(i + 1), s.word(i + 2)) != ("ROW", "MOVEMENT"):
        raise error(3001, f"ALTER TABLE {s.word(i)} {s.word(i + 1)}")
    s.save("UPDATE ora.tab SET moves = %s WHERE relid = %s", s.word(i) == "ENABLE", oid)


def _parts(s: Statement, i: int) -> list[list[Token]]:
    """Split (a, b), or take a single item without parentheses."""
    if i < len(s.tokens) and s.tokens[i].text == "(":
        return split_commas(s.tokens[i + 1 : closing(s.tokens, i)])
    return [s.tokens[i:]]


def _add(s: Statement, schema: str | None, name: str, oid: int, i: int) -> None:
    i += 1
    table = s.qualified(schema, name)
    body = Body(s, schema, name)
    if s.tokens[i].kind == "id" and s.word(i) in CONSTRAINT_WORDS:
        body.add([s.tokens[i:]], existing_types(s, oid))
        s.work.run(f"ALTER TABLE {table} ADD {body.constraints[0]}")
        body.save_checks(table)
        body.make_companions(table)
        return
    present = existing_types(s, oid)
    body.add(_parts(s, i), present)
    for col in body.columns:
        if col.name in present:
            raise error(1430)
        if col.not_null and col.default is None and s.has_rows(table):
            raise error(1758)
    items = [f"ADD COLUMN {col.sql}" for col in body.columns]
    items += [f"ADD {text}" for text in body.constraints]
    s.work.run(f"ALTER TABLE {table} {', '.join(items)}")
    body.save(oid, table)


def _set(s: Statement, schema: str | None, name: str, oid: int, i: int) -> None:
    if s.word(i + 1) != "UNUSED":
        raise error(3001, f"ALTER TABLE SET {s.word(i + 1)}")
    _drop(s, schema, name, oid, i)


def _drop(s: Statement, schema: str | None, name: str, oid: int, i: int) -> None:
    """Drop a constraint or columns, the latter also by SET UNUSED."""
    i += 1
    table = s.qualified(schema, name)
    word = s.word(i)
    if word in ("CONSTRAINT", "PRIMARY"):
        given = s.identifier(s.tokens[i + 1]) if word == "CONSTRAINT" else None
        found = _constraint(s, oid, given)
        s.work.run(f"ALTER TABLE {table} DROP CONSTRAINT {quoted(found)} CASCADE")
        s.work.run(f"DROP INDEX IF EXISTS {companion(table, found)}")
        return
    if (word, s.word(i + 1)) == ("UNUSED", "COLUMNS"):
        drop_unused(s, oid)
        return
    remove = set_unused if word == "UNUSED" else drop_columns
    while s.word(i) in ("COLUMN", "UNUSED"):
        i += 1
    remove(s, oid, table, [s.identifier(part[0]) for part in _parts(s, i)])


def _constraint(s: Statement, oid: int, name: str | None) -> str:
    """Return the constraint of that name, or the primary key."""
    found: str | None = s.work.value(
        "SELECT conname::text FROM pg_constraint WHERE conrelid = %s "
        "AND CASE WHEN %s::text IS NULL THEN contype = 'p' ELSE conname = %s END",
        *(oid, name, name),
    )
    if found is None:
        raise error(2441 if name is None else 2443)
    return found


def _rename(s: Statement, schema: str | None, name: str, _: int, i: int) -> None:
    i += 1
    if s.word(i) == "TO":
        rename_relation(s, schema, name, s.identifier(s.tokens[i + 1], "table"))
        return
    table = s.qualified(schema, name)
    old, new = s.identifier(s.tokens[i + 1]), s.column_name(s.tokens[i + 3])
    if s.word(i) == "CONSTRAINT":
        s.work.run(f"ALTER TABLE {table} RENAME CONSTRAINT {quoted(old)} TO {quoted(new)}")
        index = companion(table, old)
        s.work.run(f"ALTER INDEX IF EXISTS {index} RENAME TO {quoted(COMPANION + new)}")
        return
    present = s.column_names(s.relation(schema, name))
    if old not in present:
        raise invalid_identifier(s.dictionary.full(old))
    if new in present:
        raise error(957)
    s.work.run(f"ALTER TABLE {table} RENAME COLUMN {quoted(old)} TO {quoted(new)}")


_ACTIONS = {
    "ADD": _add,
    "MODIFY": _modify,
    "DROP": _drop,
    "SET": _set,
    "RENAME": _rename,
    "ENABLE": _move,
    "DISABLE": _move,
}
