"""ALTER TABLE .. MODIFY: what of a column may change while it has values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oracle_standin.sql.lexer import quoted, words
from oracle_standin.sql.messages import error, invalid_identifier
from oracle_standin.sql.types import ColumnType, parse_type

from .columns import Body, ColumnClauses
from .keys import check_growth
from .partitions import key_columns
from .stored import ColumnDef, hide_column, length_check, length_check_name, save_columns

if TYPE_CHECKING:
    from oracle_standin.sql.lexer import Token

    from .statement import Statement

_CLAUSES = frozenset(
    (
        *("NOT", "NULL", "DEFAULT", "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "GENERATED"),
        *("DROP", "VISIBLE", "INVISIBLE"),
    )
)

_LOB = re.compile("LOB|LONG|JSON")


@dataclass
class Target:
    """Return the column as it is."""

    s: Statement
    schema: str | None
    table_name: str
    oid: int
    name: str
    number: int
    not_null: bool
    stored: str  # PostgreSQL's type

    @property
    def table(self) -> str:
        return self.s.qualified(self.schema, self.table_name)

    @property
    def column(self) -> str:
        return quoted(self.name)

    def alter(self, change: str) -> None:
        self.s.work.run(f"ALTER TABLE {self.table} ALTER COLUMN {self.column} {change}")


def modify_column(
    s: Statement, schema: str | None, table: str, oid: int, part: list[Token]
) -> None:
    name = s.identifier(part[0])
    rows = s.work.rows(
        "SELECT attnum, attnotnull, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s AND attname = %s AND NOT attisdropped",
        *(oid, name),
    )
    if not rows:
        raise invalid_identifier(s.dictionary.full(name))
    target = Target(s, schema, table, oid, name, *rows[0])
    rest = part[1:]
    if rest and not (rest[0].kind == "id" and rest[0].word in _CLAUSES):
        ctype, used = parse_type(rest, s.session.release)
        rest = rest[used:]
        _change_type(target, ctype)
    if {"VISIBLE", "INVISIBLE"} & set(words(rest)):
        hide_column(s, oid, target.number, hidden="INVISIBLE" in words(rest))
    _change_null(target, words(rest))
    if "DEFAULT" in words(rest):
        _change_default(target, rest)


def _change_null(target: Target, clauses: list[str]) -> None:
    if clauses[:1] == ["NULL"]:
        if not target.not_null:
            raise error(1451)
        target.alter("DROP NOT NULL")
    elif "NOT" in clauses and clauses[clauses.index("NOT") :][:2] == ["NOT", "NULL"]:
        if target.not_null:
            raise error(1442)
        if target.s.has_rows(target.table, f"{target.column} IS NULL"):
            raise error(2296)
        target.alter("SET NOT NULL")


def _change_default(target: Target, rest: list[Token]) -> None:
    s = target.s
    scratch = ColumnDef(target.name, ColumnType("", target.stored))
    clauses = ColumnClauses(Body(s, target.schema, target.table_name), scratch, rest)
    clauses.default(words(rest).index("DEFAULT"))
    target.alter(f"SET{scratch.text}")
    s.save(
        "UPDATE ora.col SET dflt = %s WHERE relid = %s AND attnum = %s",
        *(scratch.default, target.oid, target.number),
    )


def _change_type(target: Target, ctype: ColumnType) -> None:
    s, column = target.s, target.column
    if target.name in key_columns(s, target.oid):
        raise error(14060)
    declared = s.dictionary.declared(target.oid, target.number)
    filled = s.has_rows(target.table, f"{column} IS NOT NULL")
    before = declared[0] if declared else ctype.name
    if _LOB.search(before + ctype.name) and before not in (ctype.name, "LONG"):  # LONG may change
        raise error(22858)
    if filled and declared:
        _check_change(target, ctype, declared)
    check_growth(s, target.oid, target.name, ctype.length)
    s.work.run(
        f"ALTER TABLE {target.table} DROP CONSTRAINT IF EXISTS {length_check_name(target.name)}"
    )
    if ctype.postgres.removeprefix("ora.") != target.stored.removeprefix("ora."):
        using = "" if filled else f" USING {column}::text::{ctype.postgres}"
        target.alter(f"TYPE {ctype.postgres}{using}")
    check = length_check(s, target.schema, target.table_name, target.name, ctype)
    if check:
        s.work.run(f"ALTER TABLE {target.table} ADD {check}")
    save_columns(s, target.oid, [ColumnDef(target.name, ctype)], target.table)


def _check_change(target: Target, ctype: ColumnType, declared: tuple[Any, ...]) -> None:
    """A column with values only grows."""
    dtype, _, _, precision, scale, *_ = declared
    family = dtype.split("(")[0]
    if family != ctype.family:
        raise error(1439)
    if ctype.char_used and ctype.is_checked:
        measure = "octet_length" if ctype.char_used == "B" else "char_length"
        if target.s.has_rows(target.table, f"{measure}({target.column}::text) > {ctype.chars}"):
            raise error(1441)
    if ctype.name == "NUMBER" and ctype.precision is not None:
        new_scale, old_scale = ctype.scale or 0, scale or 0
        if (
            precision is None
            or new_scale < old_scale
            or ctype.precision < precision
            or ctype.precision - new_scale < precision - old_scale
        ):
            raise error(1440)
