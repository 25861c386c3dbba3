"""What the dictionary says of a name: a table or view with its columns, a synonym, or nothing.

Its views are named with their owner, SYS: a table called ALL_TAB_COLS or DUAL may be loaded, too.
"""

from __future__ import annotations

import logging
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from target_oracle.errors import TableError
from target_oracle.schema.names import quoted
from target_oracle.schema.tables import ExistingColumn, Table
from target_oracle.schema.types import MAX_DIGITS, TEXT, OracleType

if TYPE_CHECKING:
    import oracledb

logger = logging.getLogger("target-oracle")

# One statement, so that preparing a table costs one round trip. Oracle's own public synonyms
# (thousands, such as TABS and CAT) are left out: no stream means one of them.
_FACTS = """
    SELECT 'COLUMN' fact, owner, column_name name, data_type kind, data_length, char_length,
           char_used, data_precision, data_scale, virtual_column
    FROM   sys.all_tab_cols
    WHERE  owner = :owner AND table_name = :name AND user_generated = 'YES'
    UNION ALL
    SELECT 'ALWAYS', owner, column_name, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM   sys.all_tab_identity_cols
    WHERE  owner = :owner AND table_name = :name AND generation_type = 'ALWAYS'
    UNION ALL
    SELECT 'KEY', k.owner, c.column_name, NULL, c.position, NULL, NULL, NULL, NULL, NULL
    FROM   sys.all_constraints k
    JOIN   sys.all_cons_columns c ON c.owner = k.owner AND c.constraint_name = k.constraint_name
    WHERE  k.owner = :owner AND k.table_name = :name AND k.constraint_type = 'P'
    UNION ALL
    SELECT 'OBJECT', owner, object_name, object_type, NULL, NULL, NULL, NULL, NULL, NULL
    FROM   sys.all_objects
    WHERE  owner = :owner AND object_name = :name AND object_type IN ('VIEW', 'MATERIALIZED VIEW',
           'SEQUENCE', 'PROCEDURE', 'FUNCTION', 'PACKAGE', 'TYPE', 'OPERATOR')
    UNION ALL
    SELECT 'SYNONYM', table_owner, table_name, db_link, NULL, NULL, NULL, NULL, NULL, NULL
    FROM   sys.all_synonyms
    WHERE  owner = :owner AND synonym_name = :name
    UNION ALL
    SELECT 'PUBLIC', table_owner, table_name, db_link, NULL, NULL, NULL, NULL, NULL, NULL
    FROM   sys.all_synonyms
    WHERE  owner = 'PUBLIC' AND synonym_name = :name AND :public_ = 1 AND NVL(table_owner, '?')
           NOT IN (SELECT username FROM sys.all_users WHERE oracle_maintained = 'Y')"""

_VIEWS = frozenset({"VIEW", "MATERIALIZED VIEW"})


class _Row(NamedTuple):
    """A row of a query of the dictionary.

    A synonym's row has the `owner` and `name` of its table, and its database link as `kind`.
    A row of a primary key's column has the column's position in the key as `data_length`.
    """

    fact: str
    owner: str
    name: str
    kind: str
    data_length: int
    char_length: int
    char_used: str | None
    data_precision: int | None
    data_scale: int | None
    virtual_column: str


def find(cursor: oracledb.Cursor, owner: str, name: str, *, public: bool = False) -> Table | None:
    """Find the table or view of a name, through synonyms; None when the user sees nothing.

    Read with one query, and one more for each synonym. With `public`, a public synonym counts
    where the schema has nothing of the name, as in a statement that names no schema.

    Raises:
        TableError: The name stands for something else.
    """
    path = [(owner, name)]
    while True:
        rows = _facts(cursor, owner, name, public=public and len(path) == 1)
        if table := _table(rows, owner, name):
            return table
        step = next((row for row in rows if row.fact in {"SYNONYM", "PUBLIC"}), None)
        if step is None:
            _refuse_other(rows, path)
            return None
        owner, name = step.owner, step.name
        if step.kind or (owner, name) in path:
            raise TableError(_astray(path[0], step))
        logger.info("%s is a synonym for %s", quoted(*path[-1]), quoted(owner, name))
        path.append((owner, name))


def _facts(cursor: oracledb.Cursor, owner: str, name: str, *, public: bool) -> list[_Row]:
    binds = {"owner": owner, "name": name, "public_": int(public)}
    return [_Row._make(row) for row in cursor.execute(_FACTS, binds).fetchall()]


def _table(rows: list[_Row], owner: str, name: str) -> Table | None:
    always = {row.name for row in rows if row.fact == "ALWAYS"}
    columns = {
        row.name: ExistingColumn(_type(row), row.virtual_column == "YES" or row.name in always)
        for row in rows
        if row.fact == "COLUMN"
    }
    is_view = any(row.fact == "OBJECT" and row.kind in _VIEWS for row in rows)
    keys = sorted((row for row in rows if row.fact == "KEY"), key=attrgetter("data_length"))
    table = Table(owner, name, columns, is_view, primary_key=tuple(row.name for row in keys))
    return table if columns else None


def _refuse_other(rows: list[_Row], path: list[tuple[str, str]]) -> None:
    """Refuse a name that is taken, or a synonym that leads nowhere.

    Raises:
        TableError: The name is one of these.
    """
    if rows:
        msg = (
            f"{quoted(*path[-1])} is a {rows[0].kind.lower()} and cannot be loaded: give the "
            "stream another table (streams, table_prefix)."
        )
        raise TableError(msg)
    if len(path) > 1:
        msg = (
            f"{quoted(*path[0])} is a synonym for {quoted(*path[-1])}, which does not exist or "
            "which the user may not see: grant SELECT, INSERT and UPDATE on it, or name another "
            "table and schema in streams."
        )
        raise TableError(msg)


def _astray(start: tuple[str, str], step: _Row) -> str:
    if step.kind:
        return (
            f"{quoted(*start)} is a synonym for a table of another database ({step.kind}): name "
            "that database in the connection settings."
        )
    return f"{quoted(*start)} is a synonym that leads back to itself."


def _type(row: _Row) -> OracleType:
    if row.kind in TEXT:
        in_bytes = row.char_used == "B"
        length = row.data_length if in_bytes else row.char_length
        return OracleType(row.kind, length, in_bytes)
    if row.kind.startswith("TIMESTAMP"):
        return OracleType("TIMESTAMP" + row.kind.partition(")")[2], scale=row.data_scale)
    if row.kind == "NUMBER":
        starred = row.data_precision is None and row.data_scale == 0  # INTEGER is NUMBER(*,0)
        precision = MAX_DIGITS if starred else row.data_precision
        return OracleType("NUMBER", precision=precision, scale=row.data_scale)
    if row.kind == "FLOAT":
        return OracleType("FLOAT", precision=row.data_precision)
    return OracleType(row.kind, length=row.data_length if row.kind == "RAW" else None)
