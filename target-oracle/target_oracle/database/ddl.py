"""Make and change tables as streams need them; all DDL is here.

Every DDL statement commits, so all of it runs while no row is pending.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import oracledb

from target_oracle.database.dictionary import find
from target_oracle.database.own_views import refuse_own_view
from target_oracle.database.replacing import copy_of, replace_column
from target_oracle.errors import TableError, code
from target_oracle.schema.names import quoted, shortened
from target_oracle.schema.tables import ExistingColumn, Table
from target_oracle.schema.types import BOOLEAN, FLAG, INTEGER, LOADABLE, NUMBER, OracleType
from target_oracle.schema.widening import widened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_oracle.config.choices import SchemaMismatch
    from target_oracle.schema.tables import TableSpec

logger = logging.getLogger("target-oracle")

NUMBERS = frozenset({NUMBER, INTEGER, FLAG, BOOLEAN})
"""What properties become that are numbers or booleans."""
MAX_COLUMNS = 1000
INDEX_BYTES = 30
"""Bytes of the names that we make up ourselves: they fit every release."""


def prepare(
    cursor: oracledb.Cursor,
    spec: TableSpec,
    *,
    create_missing: bool = True,
    mismatch: SchemaMismatch = "evolve",
    unfinished: set[str] | None = None,
) -> Table:
    """Return the table with all columns in it: created, completed or found so.

    The dictionary is read once; later changes are remembered, not read. `unfinished`
    remembers what an attempt that was cut off had begun to make.

    Raises:
        TableError: The table cannot be made, or cannot take the stream.
    """
    unfinished = set() if unfinished is None else unfinished
    table = find(cursor, spec.owner, spec.name, public=spec.public)
    if table is None:
        if not create_missing:
            msg = f"Table {spec.sql} is missing and auto_create is off: {_ddl(spec)}"
            raise TableError(msg)
        unfinished.add(spec.sql)
        table = _created(cursor, spec)
    elif spec.sql in unfinished:
        _adorn(cursor, spec)
    unfinished.discard(spec.sql)
    refuse_own_view(cursor, table, spec.stream)
    table.wanted = frozenset(spec.columns)
    spec = replace(spec, owner=table.owner, name=table.name)
    if mismatch != "ignore":
        _refuse_another_key(table, spec)
        _evolve(cursor, table, spec, allowed=create_missing and mismatch == "evolve")
    _refuse_unloadable(table, spec)
    return table


def _created(cursor: oracledb.Cursor, spec: TableSpec) -> Table:
    if create(cursor, spec):
        columns = {name: ExistingColumn(each) for name, each in spec.columns.items()}
        return Table(spec.owner, spec.name, columns, primary_key=tuple(spec.keys), is_new=True)
    table = find(cursor, spec.owner, spec.name)
    if table is None:
        msg = f"The name {spec.sql} is taken by something that the user may not see."
        raise TableError(msg)
    return table


def create(cursor: oracledb.Cursor, spec: TableSpec) -> bool:
    """CREATE TABLE with comments, grants and indexes; False when another session made it meanwhile.

    Raises:
        TableError: It would have too many columns.
    """
    if len(spec.columns) > MAX_COLUMNS:
        msg = (
            f"Table {spec.name} would have {len(spec.columns)} columns and Oracle allows "
            f"{MAX_COLUMNS:,}: drop properties with stream_maps."
        )
        raise TableError(msg)
    if not execute(cursor, _ddl(spec), "ORA-00955"):
        return False
    _adorn(cursor, spec)
    return True


def _adorn(cursor: oracledb.Cursor, spec: TableSpec) -> None:
    """Add comments, grants and indexes; existing ones do no harm."""
    _comment(cursor, spec, list(spec.columns), spec.comment)
    for reader in spec.readers:
        cursor.execute(f"GRANT SELECT ON {spec.sql} TO {quoted(reader)}")
    for index in spec.indexes:
        name = quoted(spec.owner, shortened("_".join([spec.name, *index, "IX"]), INDEX_BYTES))
        columns = ", ".join(map(quoted, index))
        statement = f"CREATE INDEX {name} ON {spec.sql} ({columns})"
        execute(cursor, statement, "ORA-00955", "ORA-01408")  # there, or those of the key


def _ddl(spec: TableSpec) -> str:
    parts = [
        f"{quoted(name)} {each.ddl}{' NOT NULL' if name in spec.keys else ''}"
        for name, each in spec.columns.items()
    ]
    if spec.keys:
        parts.append(f"PRIMARY KEY ({', '.join(map(quoted, spec.keys))})")
    return f"CREATE TABLE {spec.sql} ({', '.join(parts)}) {spec.options}".strip()


def _comment(
    cursor: oracledb.Cursor, spec: TableSpec, columns: Sequence[str], of_table: str = ""
) -> None:
    texts = {f"COLUMN {spec.sql}.{quoted(name)}": spec.comments.get(name) for name in columns}
    for where, text in {**texts, f"TABLE {spec.sql}": of_table}.items():
        if text and not execute(
            cursor, f"COMMENT ON {where} IS {_literal(text)}", "ORA-01031", "ORA-00942"
        ):
            logger.warning("No right to comment on %s: it goes without", where)
            return


def _literal(text: str) -> str:
    escaped = text[:1000].replace("'", "''")  # DDL takes no binds; a comment holds 4,000 bytes
    return f"'{escaped}'"


def _evolve(cursor: oracledb.Cursor, table: Table, spec: TableSpec, *, allowed: bool) -> None:
    """Add and widen columns, in the table and in what is known of it.

    Raises:
        TableError: The table is a view, which is never changed.
    """
    absent = {c: each for c, each in spec.columns.items() if not table.column_for(c)}
    missing = {c: each for c, each in absent.items() if not _finish_replacing(cursor, table, c)}
    narrow = {} if table.is_view else _narrow(table, spec)
    if missing and table.is_view:
        msg = (
            f"View {table.sql} lacks the columns {', '.join(missing)}, and a view is never "
            "changed: add them to it, drop the properties with stream_maps, or set "
            "on_schema_mismatch to 'ignore'."
        )
        raise TableError(msg)
    if not allowed:
        _refuse_changes(spec, missing, narrow)
    if missing:
        add(cursor, table, missing)
        _comment(cursor, spec, list(missing))
    for column, wider in narrow.items():
        widen(cursor, table, column, wider)


def _refuse_changes(
    spec: TableSpec, missing: Mapping[str, OracleType], narrow: Mapping[str, OracleType]
) -> None:
    changes = [f"ADD {quoted(c)} {each.ddl}" for c, each in missing.items()]
    changes += [f"MODIFY {quoted(c)} {each.ddl}" for c, each in narrow.items()]
    if changes:
        msg = f"Table {spec.sql} does not fit the stream; needed: {', '.join(changes)}."
        raise TableError(msg)


def _narrow(table: Table, spec: TableSpec) -> dict[str, OracleType]:
    found = {table.column_for(c): each for c, each in spec.columns.items()}
    return {
        column: wider
        for column, each in found.items()
        if column is not None and (wider := widened(table.columns[column].type, each))
    }


def _refuse_another_key(table: Table, spec: TableSpec) -> None:
    """Refuse a table whose key the stream fills and does not match by: rows would collide on it.

    Raises:
        TableError: It has such a key.
    """
    found, keys = set(table.primary_key), {table.column_for(key) for key in spec.keys}
    filled = {table.column_for(name) for name in spec.columns}
    if keys and found and found <= filled and found != keys:
        msg = (
            f"Stream '{spec.stream}': the key of table {table.name} is "
            f"({', '.join(table.primary_key)}) and that of the stream ({', '.join(spec.keys)}). "
            "Name the table's key in the stream's key_properties (`streams`), give the table the "
            "stream's key (ALTER TABLE … DROP PRIMARY KEY, then ADD PRIMARY KEY), or load into "
            "another `table`; `on_schema_mismatch` 'ignore' loads it as it is."
        )
        raise TableError(msg)


def _refuse_unloadable(table: Table, spec: TableSpec) -> None:
    for identifier in spec.columns:
        column = table.column_for(identifier)
        existing = table.columns[column] if column else None
        if existing and existing.type.name not in LOADABLE and not existing.generated:
            msg = (
                f"Column {table.name}.{column} is a {existing.type.name}, which cannot be loaded: "
                "change its type, or drop the property with stream_maps."
            )
            raise TableError(msg)
        if existing and existing.type.is_temporal and spec.columns[identifier] in NUMBERS:
            msg = (
                f"Stream '{spec.stream}': column {table.name}.{column} is a {existing.type.ddl} "
                "and its property a number or boolean, which no date can be made of: give the "
                "property another column (column_names) or the stream another `table`, or drop "
                "the property with stream_maps."
            )
            raise TableError(msg)


def add(cursor: oracledb.Cursor, table: Table, columns: Mapping[str, OracleType]) -> None:
    """ALTER TABLE ADD, all columns at once and nullable: the table may have rows."""
    parts = ", ".join(f"{quoted(name)} {each.ddl}" for name, each in columns.items())
    cursor.execute(f"ALTER TABLE {table.sql} ADD ({parts})")
    table.columns |= {name: ExistingColumn(each) for name, each in columns.items()}
    table.added += columns


def widen(cursor: oracledb.Cursor, table: Table, column: str, wider: OracleType) -> None:
    """Widen a column by MODIFY, or by a copy where it becomes another type.

    Raises:
        TableError: The copy could not take the column's place.
    """
    existing, by_copy = table.columns[column].type, wider.name != table.columns[column].type.name
    place = ", now the last column" if by_copy else ""  # Oracle adds columns nowhere else
    logger.info("Widening %s.%s to %s%s", table.name, column, wider.ddl, place)
    if by_copy:
        replace_column(cursor, table, column, wider)
    else:
        cursor.execute(f"ALTER TABLE {table.sql} MODIFY ({quoted(column)} {wider.ddl})")
    table.columns[column] = ExistingColumn(wider)
    table.widened[column] = f"{existing.ddl} to {wider.ddl}{place}"


def _finish_replacing(cursor: oracledb.Cursor, table: Table, column: str) -> bool:
    """Rename the copy of a column that an interrupted run dropped; return whether one was there."""
    copy = copy_of(column)
    if found := copy in table.columns:
        cursor.execute(f"ALTER TABLE {table.sql} RENAME COLUMN {quoted(copy)} TO {quoted(column)}")
        table.columns[column] = table.columns.pop(copy)
    return found


def drop(cursor: oracledb.Cursor, owner: str, name: str) -> None:
    """DROP TABLE, past the recycle bin; one that is gone already is fine."""
    execute(cursor, f"DROP TABLE {quoted(owner, name)} PURGE", "ORA-00942")


def execute(cursor: oracledb.Cursor, statement: str, *tolerated: str) -> bool:
    """Execute a statement; return False when it fails with one of the errors that do no harm.

    Raises:
        oracledb.DatabaseError: Any other error.
    """
    try:
        cursor.execute(statement)
    except oracledb.DatabaseError as error:
        if code(error) not in tolerated:
            raise
        return False
    return True
