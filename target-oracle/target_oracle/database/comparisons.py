"""The results of comparisons with the source: a table beside the load log, a row per stream each.

`--reconciled` writes it and `--status` reads it. It is another table than the load log, whose rows
are runs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.errors import TableError, code, sentence
from target_oracle.schema.names import quoted
from target_oracle.schema.tables import TableSpec
from target_oracle.schema.types import INTEGER, TIMESTAMP_TZ, OracleType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_oracle.database.session import Session

SUFFIX = "_RECONCILED"
"""What the table's name has beside the load log's."""

_CODE, _NAME, _SENTENCE = (OracleType("VARCHAR2", size) for size in (36, 255, 1000))

COLUMNS = {
    "RUN_ID": _CODE,
    "STREAM": _NAME,
    "TABLE_NAME": _NAME,
    "STATUS": _CODE,
    "COMPARED_BY": _NAME,
    "COMPARED_AS_OF": TIMESTAMP_TZ,
    "STARTED_AT": TIMESTAMP_TZ,
    "ENDED_AT": TIMESTAMP_TZ,
    "ROWS_IN_SOURCE": INTEGER,
    "ROWS_IN_TABLE": INTEGER,
    "ROWS_MISSING": INTEGER,
    "ROWS_STALE": INTEGER,
    "ROWS_NEWER": INTEGER,
    "ROWS_EXTRA": INTEGER,
    "ROWS_HEALED": INTEGER,
    "PROBLEM": _SENTENCE,
}
COMMENTS = {
    "RUN_ID": "Run of the program that compared",
    "STREAM": "Stream",
    "TABLE_NAME": "Table that was compared",
    "STATUS": "equal. different. healed: what differed was written again. unproved, failed: the "
    "comparison says nothing",
    "COMPARED_BY": "Columns that were compared",
    "COMPARED_AS_OF": "Changes before it were judged",
    "STARTED_AT": "Start of the comparison",
    "ENDED_AT": "End of the comparison",
    "ROWS_IN_SOURCE": "Rows that the source has",
    "ROWS_IN_TABLE": "Rows that the table had",
    "ROWS_MISSING": "Rows that the source alone has",
    "ROWS_STALE": "Rows that are older in the table",
    "ROWS_NEWER": "Rows that are newer in the table",
    "ROWS_EXTRA": "Rows that the table alone has",
    "ROWS_HEALED": "Records that were written to heal",
    "PROBLEM": "Why it is not equal, where that is no difference",
}

Row = dict[str, Any]


def spec(session: Session) -> TableSpec:
    """Return the table as it is needed."""
    settings = session.settings
    name = session.naming.table((settings.load_log_table or "") + SUFFIX, settings.table_prefix)
    return TableSpec(
        session.owner,
        name,
        COLUMNS,
        comment="One row per comparison of a stream with its source",
        comments=COMMENTS,
        readers=settings.grant_select_to,
    )


def write(session: Session, rows: Sequence[Row]) -> None:
    """Add rows, by names of columns, and COMMIT.

    Raises:
        oracledb.Error: The database refuses.
        TableError: The table cannot be made.
    """
    settings = session.settings
    table = spec(session)
    with session.cursor() as cursor:
        ddl.prepare(cursor, table, create_missing=settings.auto_create)
        insert = statements.insert(table.sql, list(COLUMNS))
        values = [
            tuple(_cut(row.get(name), kind) for name, kind in COLUMNS.items()) for row in rows
        ]
        execute_many(cursor, insert, values, [each.bind for each in COLUMNS.values()])
    session.commit()


def read(session: Session) -> dict[str, Row]:
    """Return the last comparison of each stream, as {column in lower case: value}.

    Raises:
        TableError: The table is there, but cannot be read.
    """
    table, columns = spec(session), ", ".join(map(quoted, COLUMNS))
    query = (
        f"SELECT {columns} FROM (SELECT {columns}, ROW_NUMBER() OVER "
        f'(PARTITION BY "STREAM" ORDER BY "STARTED_AT" DESC) AS "NTH" FROM {table.sql}) '
        'WHERE "NTH" = 1'
    )
    try:
        with session.cursor() as cursor:
            found = cursor.execute(query).fetchall()
    except oracledb.DatabaseError as error:
        if code(error) in {"ORA-00942", "ORA-00904"}:  # not there yet, or another table
            return {}
        msg = sentence(error, f"The table of comparisons {table.sql} cannot be read")
        raise TableError(msg) from error
    names = list(map(str.lower, COLUMNS))
    rows = (dict(zip(names, map(_moment, row), strict=True)) for row in found)
    return {row["stream"]: row for row in rows}


def _moment(value: Any) -> Any:
    """Give an instant its zone, UTC, which is the session's: the driver leaves it out."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _cut(value: Any, kind: OracleType) -> Any:
    return value[: kind.length] if isinstance(value, str) else value
