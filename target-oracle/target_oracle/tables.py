"""The tables: what the dictionary says about them, and the only place with DDL.

Every DDL statement commits, so all of it runs while no row is pending.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import oracledb

from target_oracle.errors import TableError, code
from target_oracle.growth import widened
from target_oracle.names import quoted, shortened
from target_oracle.types import CLOB, LOADABLE, MAX_DIGITS, TEXT, OracleType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger("target-oracle")

MAX_COLUMNS = 1000
INDEX_BYTES = 30  # names of our own objects fit every release
Mismatch = Literal["evolve", "fail", "ignore"]

_COLUMNS = """
    SELECT column_name, data_type, data_length, char_length, char_used, data_precision,
           data_scale, virtual_column, identity_column
    FROM   all_tab_cols
    WHERE  owner = :1 AND table_name = :2 AND hidden_column = 'NO'
    ORDER  BY column_id"""


_ALWAYS = """
    SELECT column_name FROM all_tab_identity_cols
    WHERE  owner = :1 AND table_name = :2 AND generation_type = 'ALWAYS'"""


class _Row(NamedTuple):
    column_name: str
    data_type: str
    data_length: int
    char_length: int
    char_used: str | None
    data_precision: int | None
    data_scale: int | None
    virtual_column: str
    identity_column: str


@dataclass(frozen=True)
class Existing:
    """A column in the dictionary; `generated` ones (virtual, identity always) take no values."""

    type: OracleType
    generated: bool = False


@dataclass
class Table:
    """A table as it is."""

    owner: str
    name: str
    columns: dict[str, Existing] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The quoted name."""
        return quoted(self.owner, self.name)

    def column_for(self, identifier: str) -> str | None:
        """The column of that name: spelled so, else the only one that differs by case alone."""
        if identifier in self.columns:
            return identifier
        near = [name for name in self.columns if name.casefold() == identifier.casefold()]
        return near[0] if len(near) == 1 else None


@dataclass(frozen=True)
class Wanted:
    """A table as the stream needs it."""

    owner: str
    name: str
    columns: Mapping[str, OracleType]
    keys: Sequence[str] = ()
    options: str = ""
    comment: str = ""
    comments: Mapping[str, str] = field(default_factory=dict)
    readers: Sequence[str] = ()
    indexes: Sequence[Sequence[str]] = ()

    @property
    def sql(self) -> str:
        """The quoted name."""
        return quoted(self.owner, self.name)


def describe(cursor: oracledb.Cursor, owner: str, name: str) -> Table | None:
    """The table, read with one query (two with identities); None when the user sees none."""
    rows = [_Row._make(row) for row in cursor.execute(_COLUMNS, [owner, name]).fetchall()]
    always: set[str] = set()
    if any(row.identity_column == "YES" for row in rows):
        always = {column for (column,) in cursor.execute(_ALWAYS, [owner, name]).fetchall()}
    columns = {
        row.column_name: Existing(
            _type(row),
            row.virtual_column == "YES" or row.column_name in always,
        )
        for row in rows
    }
    return Table(owner, name, columns) if columns else None


def _type(row: _Row) -> OracleType:
    if row.data_type in TEXT:
        in_bytes = row.char_used == "B"
        length = row.data_length if in_bytes else row.char_length
        return OracleType(row.data_type, length, in_bytes)
    if row.data_type.startswith("TIMESTAMP"):
        return OracleType("TIMESTAMP" + row.data_type.partition(")")[2], scale=row.data_scale)
    if row.data_type == "NUMBER":
        starred = row.data_precision is None and row.data_scale == 0  # INTEGER is NUMBER(*,0)
        precision = MAX_DIGITS if starred else row.data_precision
        return OracleType("NUMBER", precision=precision, scale=row.data_scale)
    return OracleType(row.data_type, length=row.data_length if row.data_type == "RAW" else None)


def prepare(
    cursor: oracledb.Cursor,
    wanted: Wanted,
    *,
    create_missing: bool = True,
    mismatch: Mismatch = "evolve",
) -> Table:
    """The table with all columns in it: created, completed or found so. TableError if it cannot."""
    table = describe(cursor, wanted.owner, wanted.name)
    if table is None:
        if not create_missing:
            raise TableError(
                f"Table {wanted.sql} is missing and auto_create is off: {_ddl(wanted)}"
            )
        create(cursor, wanted)
        table = describe(cursor, wanted.owner, wanted.name)
    elif _evolve(cursor, table, wanted, create_missing=create_missing, mismatch=mismatch):
        table = describe(cursor, wanted.owner, wanted.name)
    if table is None:
        raise TableError(f"Table {wanted.sql} was created and the user may not see it.")
    _refuse_unloadable(table, wanted)
    return table


def create(cursor: oracledb.Cursor, wanted: Wanted) -> None:
    """CREATE TABLE with its comments, grants and indexes; one that appeared meanwhile is kept."""
    if len(wanted.columns) > MAX_COLUMNS:
        raise TableError(
            f"Table {wanted.name} would have {len(wanted.columns)} columns and Oracle allows "
            f"{MAX_COLUMNS:,}: drop properties with stream_maps."
        )
    _tolerant(cursor, _ddl(wanted), "ORA-00955")
    _comment(cursor, wanted, list(wanted.columns))
    if wanted.comment:
        cursor.execute(f"COMMENT ON TABLE {wanted.sql} IS {_literal(wanted.comment)}")
    for reader in wanted.readers:
        cursor.execute(f"GRANT SELECT ON {wanted.sql} TO {quoted(reader)}")
    for index in wanted.indexes:
        name = quoted(wanted.owner, shortened("_".join([wanted.name, *index, "IX"]), INDEX_BYTES))
        columns = ", ".join(map(quoted, index))
        cursor.execute(f"CREATE INDEX {name} ON {wanted.sql} ({columns})")


def _ddl(wanted: Wanted) -> str:
    parts = [
        f"{quoted(name)} {each.ddl}{' NOT NULL' if name in wanted.keys else ''}"
        for name, each in wanted.columns.items()
    ]
    if wanted.keys:
        parts.append(f"PRIMARY KEY ({', '.join(map(quoted, wanted.keys))})")
    return f"CREATE TABLE {wanted.sql} ({', '.join(parts)}) {wanted.options}".strip()


def _comment(cursor: oracledb.Cursor, wanted: Wanted, columns: Sequence[str]) -> None:
    for name in columns:
        if text := wanted.comments.get(name):
            where = f"{wanted.sql}.{quoted(name)}"
            cursor.execute(f"COMMENT ON COLUMN {where} IS {_literal(text)}")


def _literal(text: str) -> str:
    escaped = text[:1000].replace("'", "''")  # DDL takes no binds; a comment holds 4,000 bytes
    return f"'{escaped}'"


def _evolve(
    cursor: oracledb.Cursor,
    table: Table,
    wanted: Wanted,
    *,
    create_missing: bool,
    mismatch: Mismatch,
) -> bool:
    """Add and widen columns; whether anything was done."""
    if mismatch == "ignore":
        return False
    absent = {c: each for c, each in wanted.columns.items() if not table.column_for(c)}
    missing = {c: each for c, each in absent.items() if not _finish_replacing(cursor, table, c)}
    narrow = _narrow(table, wanted)
    if (missing or narrow) and (mismatch == "fail" or not create_missing):
        changes = [f"ADD {quoted(c)} {each.ddl}" for c, each in missing.items()]
        changes += [f"MODIFY {quoted(c)} {each.ddl}" for c, each in narrow.items()]
        raise TableError(
            f"Table {wanted.sql} does not fit the stream; needed: {', '.join(changes)}."
        )
    if missing:
        add(cursor, table, missing)
        _comment(cursor, wanted, list(missing))
    for column, wider in narrow.items():
        widen(cursor, table, column, wider)
    return bool(absent or narrow)


def _narrow(table: Table, wanted: Wanted) -> dict[str, OracleType]:
    found = {table.column_for(c): each for c, each in wanted.columns.items()}
    return {
        column: wider
        for column, each in found.items()
        if column is not None and (wider := widened(table.columns[column].type, each))
    }


def _refuse_unloadable(table: Table, wanted: Wanted) -> None:
    for identifier in wanted.columns:
        column = table.column_for(identifier)
        existing = table.columns[column] if column else None
        if existing and existing.type.name not in LOADABLE and not existing.generated:
            raise TableError(
                f"Column {table.name}.{column} is a {existing.type.name}, which cannot be loaded: "
                "change its type, or drop the property with stream_maps."
            )


def add(cursor: oracledb.Cursor, table: Table, columns: Mapping[str, OracleType]) -> None:
    """ALTER TABLE ADD, all columns at once and nullable: the table may have rows."""
    parts = ", ".join(f"{quoted(name)} {each.ddl}" for name, each in columns.items())
    _tolerant(cursor, f"ALTER TABLE {table.sql} ADD ({parts})", "ORA-01430")


def widen(cursor: oracledb.Cursor, table: Table, column: str, wider: OracleType) -> None:
    """Make a column take more: MODIFY, or through a copy when text becomes a CLOB."""
    logger.info("Widening %s.%s to %s", table.name, column, wider.ddl)
    if wider == CLOB:
        _replace(cursor, table, column, wider)
    else:
        cursor.execute(f"ALTER TABLE {table.sql} MODIFY ({quoted(column)} {wider.ddl})")


def _replace(cursor: oracledb.Cursor, table: Table, column: str, wider: OracleType) -> None:
    # MODIFY refuses text to LOB (ORA-22858). The copy is made before the column goes, so a run
    # that dies between the steps has lost nothing; the next one finds the copy by its name.
    copy, old = quoted(_copy_of(column)), quoted(column)
    _tolerant(cursor, f"ALTER TABLE {table.sql} ADD ({copy} {wider.ddl})", "ORA-01430")
    cursor.execute(f"UPDATE {table.sql} SET {copy} = {old}")
    cursor.connection.commit()
    cursor.execute(f"ALTER TABLE {table.sql} DROP COLUMN {old}")
    cursor.execute(f"ALTER TABLE {table.sql} RENAME COLUMN {copy} TO {old}")


def _copy_of(column: str) -> str:
    return shortened(f"SDC$WIDER${column}", INDEX_BYTES)


def _finish_replacing(cursor: oracledb.Cursor, table: Table, column: str) -> bool:
    """Rename a copy whose original an interrupted run has dropped; whether there was one."""
    copy = _copy_of(column)
    if copy in table.columns:
        cursor.execute(f"ALTER TABLE {table.sql} RENAME COLUMN {quoted(copy)} TO {quoted(column)}")
    return copy in table.columns


def drop(cursor: oracledb.Cursor, owner: str, name: str) -> None:
    """DROP TABLE, past the recycle bin; one that is gone already is fine."""
    _tolerant(cursor, f"DROP TABLE {quoted(owner, name)} PURGE", "ORA-00942")


def _tolerant(cursor: oracledb.Cursor, statement: str, tolerated: str) -> None:
    try:
        cursor.execute(statement)
    except oracledb.DatabaseError as error:
        if code(error) != tolerated:
            raise
