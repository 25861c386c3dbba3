"""The tables: what the dictionary says about them, and the only place with DDL.

Every DDL statement commits, so all of it runs while no row is pending.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import oracledb

from target_oracle.errors import TableError, code
from target_oracle.names import quoted
from target_oracle.types import CLOB, LOADABLE, MAX_DIGITS, TEXT, OracleType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger("target-oracle")

MAX_COLUMNS = 1000

_COLUMNS = """
    SELECT column_name, data_type, data_length, char_length, char_used, data_precision,
           data_scale, nullable, virtual_column, identity_column
    FROM   all_tab_cols
    WHERE  owner = :1 AND table_name = :2 AND hidden_column = 'NO'
    ORDER  BY column_id"""


class _Row(NamedTuple):
    column_name: str
    data_type: str
    data_length: int
    char_length: int
    char_used: str | None
    data_precision: int | None
    data_scale: int | None
    nullable: str
    virtual_column: str
    identity_column: str

    @property
    def existing(self) -> Existing:
        generated = "YES" in {self.virtual_column, self.identity_column}
        return Existing(_type(self), self.nullable == "Y", generated)


@dataclass(frozen=True)
class Existing:
    """A column in the dictionary."""

    type: OracleType
    nullable: bool = True
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


def describe(cursor: oracledb.Cursor, owner: str, name: str) -> Table | None:
    """The table, read with one query; None when the user sees no such table."""
    rows = cursor.execute(_COLUMNS, [owner, name]).fetchall()
    columns = {row.column_name: row.existing for row in map(_Row._make, rows)}
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


def create(
    cursor: oracledb.Cursor,
    table: Table,
    columns: Mapping[str, OracleType],
    keys: Sequence[str] = (),
) -> None:
    """CREATE TABLE; one that appeared meanwhile is left as it is."""
    if len(columns) > MAX_COLUMNS:
        raise TableError(
            f"Table {table.name} would have {len(columns)} columns and Oracle allows "
            f"{MAX_COLUMNS:,}: drop properties with stream_maps."
        )
    parts = [f"{quoted(name)} {_definition(each, name in keys)}" for name, each in columns.items()]
    if keys:
        parts.append(f"PRIMARY KEY ({', '.join(map(quoted, keys))})")
    _tolerant(cursor, f"CREATE TABLE {table.sql} ({', '.join(parts)})", "ORA-00955")


def _definition(column: OracleType, key: bool) -> str:
    return f"{column.ddl} NOT NULL" if key else column.ddl


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
    # that dies between the steps has lost nothing; the next one finds the half-made copy.
    copy, old = quoted("SDC$WIDER"), quoted(column)
    _tolerant(cursor, f"ALTER TABLE {table.sql} ADD ({copy} {wider.ddl})", "ORA-01430")
    cursor.execute(f"UPDATE {table.sql} SET {copy} = {old}")
    cursor.connection.commit()
    cursor.execute(f"ALTER TABLE {table.sql} DROP COLUMN {old}")
    cursor.execute(f"ALTER TABLE {table.sql} RENAME COLUMN {copy} TO {old}")


def drop(cursor: oracledb.Cursor, table: Table) -> None:
    """DROP TABLE, past the recycle bin; one that is gone already is fine."""
    _tolerant(cursor, f"DROP TABLE {table.sql} PURGE", "ORA-00942")


def _tolerant(cursor: oracledb.Cursor, statement: str, tolerated: str) -> None:
    try:
        cursor.execute(statement)
    except oracledb.DatabaseError as error:
        if code(error) != tolerated:
            raise


def prepare(
    cursor: oracledb.Cursor,
    owner: str,
    name: str,
    columns: Mapping[str, OracleType],
    keys: Sequence[str],
) -> Table:
    """The table with all columns in it: created, completed or found so."""
    table = describe(cursor, owner, name)
    if table is None:
        create(cursor, Table(owner, name), columns, keys)
        table = describe(cursor, owner, name)
    elif missing := {c: each for c, each in columns.items() if not table.column_for(c)}:
        add(cursor, table, missing)
        table = describe(cursor, owner, name)
    if table is None:
        raise TableError(f"Table {owner}.{name} was created and is not visible to the user.")
    _check(table, columns)
    return table


def _check(table: Table, columns: Mapping[str, Any]) -> None:
    for identifier in columns:
        column = table.column_for(identifier)
        existing = table.columns[column] if column else None
        if existing and existing.type.name not in LOADABLE and not existing.generated:
            raise TableError(
                f"Column {table.name}.{column} is a {existing.type.name}, which cannot be loaded: "
                "change its type, or drop the property with stream_maps."
            )
