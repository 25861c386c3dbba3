"""ALTER TABLE .. DROP COLUMN and SET UNUSED: which columns may go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import quoted, words
from oracle_standin.sql.messages import error, invalid_identifier

from .partitions import key_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .statement import Statement


def drop_columns(s: Statement, oid: int, table: str, names: Sequence[str]) -> None:
    """Run DROP [COLUMN]: the columns go, with what rests on them alone."""
    if s.session.release.rules.dropped_columns and _compression(s, oid) == "BASIC":
        raise error(39726)
    _check(s, oid, names)
    _remove(s, oid, table, names)


def set_unused(s: Statement, oid: int, table: str, names: Sequence[str]) -> None:
    """Run SET UNUSED: for a client it is DROP, but the table counts these columns."""
    _check(s, oid, names)
    _remove(s, oid, table, names)
    s.save("UPDATE ora.tab SET unused = unused + %s WHERE relid = %s", len(names), oid)


def drop_unused(s: Statement, oid: int) -> None:
    """Run DROP UNUSED COLUMNS."""
    s.save("UPDATE ora.tab SET unused = 0 WHERE relid = %s", oid)


def _compression(s: Statement, oid: int) -> str | None:
    found: str | None = s.work.value("SELECT compression FROM ora.tab WHERE relid = %s", oid)
    return found


def _check(s: Statement, oid: int, names: Sequence[str]) -> None:
    present = s.column_names(oid)
    for name in names:
        if name not in present:
            raise invalid_identifier(s.dictionary.full(name))
    if len(names) == len(present):
        raise error(12983)
    if set(names) & set(key_columns(s, oid)):
        raise error(12984)
    if s.session.release.rules.dropped_columns:
        _check_dependents(s, oid, names)


def _check_dependents(s: Statement, oid: int, names: Sequence[str]) -> None:
    if _feeds_virtual_columns(s, oid, names):
        raise error(54031)
    if "CASCADE" not in words(s.tokens):
        _check_constraints(s, oid, set(names))


def _feeds_virtual_columns(s: Statement, oid: int, names: Sequence[str]) -> bool:
    """Return whether a virtual column that stays is computed from one that goes."""
    return bool(
        s.work.value(
            "SELECT 1 FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid "
            "JOIN pg_attribute v ON v.attrelid = f.adrelid AND v.attnum = f.adnum "
            "JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
            "WHERE d.classid = 'pg_attrdef'::regclass AND d.refobjid = %s "
            "AND v.attgenerated <> '' AND a.attname = ANY(%s) AND v.attname <> ALL(%s)",
            *(oid, list(names), list(names)),
        )
    )


def _check_constraints(s: Statement, oid: int, names: set[str]) -> None:
    """Refuse a constraint on columns that go and that stay, and one that a foreign key needs."""
    rows = s.work.rows(
        "SELECT k.oid, array_agg(a.attname::text), EXISTS (SELECT 1 FROM pg_constraint f "
        "WHERE f.confrelid = k.conrelid AND f.contype = 'f' AND f.conrelid <> k.conrelid "
        "AND f.confkey <@ k.conkey AND k.contype IN ('p', 'u')) FROM pg_constraint k "
        "JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey) "
        "WHERE k.conrelid = %s GROUP BY k.oid, k.conrelid, k.conkey, k.contype",
        oid,
    )
    for _, columns, is_parent in rows:
        if names & set(columns) and is_parent:
            raise error(12992)
        if names & set(columns) and set(columns) - names:
            raise error(12991)


def _remove(s: Statement, oid: int, table: str, names: Sequence[str]) -> None:
    s.save(
        "DELETE FROM ora.col WHERE relid = %s AND attnum IN (SELECT attnum FROM "
        "pg_attribute WHERE attrelid = %s AND attname = ANY(%s))",
        *(oid, oid, list(names)),
    )
    drops = ", ".join(f"DROP COLUMN IF EXISTS {quoted(name)} CASCADE" for name in names)
    s.work.run(f"ALTER TABLE {table} {drops}")
