"""Give a column a type that MODIFY cannot give it, by a copy that takes its place.

The copy is made before the column goes, so that a run that dies between the steps has lost nothing:
the next one finds the copy by its name. What Oracle would refuse at the end is looked at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import oracledb

from target_oracle.errors import ADVICE, HeldColumnError, Treatment, treatment
from target_oracle.schema.names import quoted, shortened
from target_oracle.schema.types import NUMERIC, TEXT

if TYPE_CHECKING:
    from target_oracle.schema.tables import Table
    from target_oracle.schema.types import OracleType

COPY_BYTES = 30
"""Bytes of the copy's name: it fits every release."""

_HOLDERS = """
    SELECT 'ORA-12991' FROM sys.all_constraints k
    JOIN   sys.all_cons_columns c ON c.owner = k.owner AND c.constraint_name = k.constraint_name
    WHERE  k.owner = :owner AND k.table_name = :name AND c.column_name = :column_
    AND    (k.constraint_type IN ('P', 'U', 'R') OR 1 < (SELECT COUNT(*)
            FROM sys.all_cons_columns o
            WHERE o.owner = k.owner AND o.constraint_name = k.constraint_name))
    UNION ALL
    SELECT 'ORA-12984' FROM sys.all_part_key_columns
    WHERE  owner = :owner AND name = :name AND column_name = :column_
    UNION ALL
    SELECT 'ORA-39726' FROM sys.all_tables
    WHERE  owner = :owner AND table_name = :name AND compress_for = 'BASIC'"""

_VIRTUAL = """
    SELECT data_default FROM sys.all_tab_cols
    WHERE  owner = :owner AND table_name = :name AND virtual_column = 'YES'"""


def replace_column(cursor: oracledb.Cursor, table: Table, column: str, wider: OracleType) -> None:
    """Copy a column into one of another type, drop it, and give the copy its name.

    Raises:
        HeldColumnError: The column cannot be dropped; the table is as it was.
        oracledb.DatabaseError: Any other error.
    """
    _refuse_held(cursor, table, column)
    copy, old = quoted(copy_of(column)), quoted(column)
    existing = table.columns[column].type
    if copy_of(column) not in table.columns:
        cursor.execute(f"ALTER TABLE {table.sql} ADD ({copy} {wider.ddl})")
    try:
        cursor.execute(f"UPDATE {table.sql} SET {copy} = {_copied(old, existing, wider)}")
        cursor.connection.commit()
        cursor.execute(f"ALTER TABLE {table.sql} DROP COLUMN {old}")
    except oracledb.DatabaseError as error:
        if treatment(error) is Treatment.FAIL:
            cursor.connection.rollback()
            cursor.execute(f"ALTER TABLE {table.sql} DROP COLUMN {copy}")
        raise
    cursor.execute(f"ALTER TABLE {table.sql} RENAME COLUMN {copy} TO {old}")


def copy_of(column: str) -> str:
    """Return the name of a column's copy."""
    return shortened(f"SDC$WIDER${column}", COPY_BYTES)


def _refuse_held(cursor: oracledb.Cursor, table: Table, column: str) -> None:
    binds = {"owner": table.owner, "name": table.name}
    held = cursor.execute(_HOLDERS, {**binds, "column_": column}).fetchall()
    codes = [found for (found,) in held]
    # A LONG, which no query can search.
    defaults = cursor.execute(_VIRTUAL, binds).fetchall()
    codes += ["ORA-54031" for (text,) in defaults if quoted(column) in str(text)]
    if codes:
        msg = (
            f"Column {table.name}.{column} has to become another type and Oracle would not let go "
            f"of it: {ADVICE[codes[0]]} ({codes[0]})."
        )
        raise HeldColumnError(msg, codes[0])


def _copied(old: str, existing: OracleType, wider: OracleType) -> str:
    """Return the expression that a copy takes its values from: numbers as JSON writes them."""
    if wider.name not in TEXT or existing.name in TEXT:
        return old
    if existing.name in NUMERIC:
        below_one = f"{old} > -1 AND {old} < 1 AND {old} <> 0"  # .5 in Oracle's own words
        sign = f"CASE WHEN {old} < 0 THEN '-0' ELSE '0' END"
        return (
            f"CASE WHEN {below_one} THEN {sign} || LTRIM(TO_CHAR({old}), '-') "
            f"ELSE TO_CHAR({old}) END"
        )
    zone = "TZH:TZM" if existing.name.endswith("TIME ZONE") else '"+00:00"'
    fraction = "" if existing.name == "DATE" else ".FF"
    return f"""TO_CHAR({old}, 'YYYY-MM-DD"T"HH24:MI:SS{fraction}{zone}')"""
