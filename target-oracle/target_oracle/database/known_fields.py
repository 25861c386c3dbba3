"""The properties that each stream had in the last run: a table beside the load log, a row each.

What a source no longer has, and types that are no longer the same, show only against an earlier
run: no table loses a column, and its types only grow.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import msgspec
import oracledb

from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.database.dictionary import find
from target_oracle.errors import TableError, TargetError, code, sentence
from target_oracle.schema.names import quoted
from target_oracle.schema.tables import TableSpec
from target_oracle.schema.types import CLOB, OracleType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_oracle.config.settings import Settings
    from target_oracle.database.session import Session
    from target_oracle.observing.report import StreamSummary

logger = logging.getLogger("target-oracle")

SUFFIX = "_FIELDS"
"""What the table's name has beside the load log's."""

COLUMNS = {"STREAM": OracleType("VARCHAR2", 255), "FIELDS": CLOB}
COMMENTS = {
    "STREAM": "Stream",
    "FIELDS": "Its properties in the last run with the types of their columns, as a JSON object",
}


def spec(session: Session) -> TableSpec:
    """Return the table as it is needed."""
    settings = session.settings
    name = session.naming.table((settings.load_log_table or "") + SUFFIX, settings.table_prefix)
    comment = "One row per stream: the properties that it last had"
    return TableSpec(session.owner, name, COLUMNS, comment=comment, comments=COMMENTS)


def renew(session: Session, cursor: oracledb.Cursor, streams: Mapping[str, StreamSummary]) -> None:
    """Note in the streams' changes what differs from the last run, and keep what is there now.

    Where the table is missing and may not be made, there is nothing to compare with. What goes
    wrong is a warning, and is rolled back: no row of anything else may be pending.
    """
    table = spec(session)
    try:
        _renew(session.settings, cursor, table, streams)
    except (oracledb.Error, TargetError) as error:
        session.rollback()
        said = f"Changes since the last run are not told, as table {table.sql} cannot be used"
        if isinstance(error, oracledb.Error):
            logger.warning("%s", sentence(error, said))
        else:
            logger.warning("%s: %s", said, error)


def _renew(
    settings: Settings,
    cursor: oracledb.Cursor,
    table: TableSpec,
    streams: Mapping[str, StreamSummary],
) -> None:
    if find(cursor, table.owner, table.name) is None and not _is_made(cursor, table, settings):
        logger.info("There is no table %s: changes since the last run are not told", table.name)
        return
    known = _read(cursor, table)
    news = []
    for name, summary in streams.items():
        before = known.get(name[:255])
        if summary.fields and before != summary.fields:
            summary.changes.compare(summary.fields if before is None else before, summary.fields)
            news.append((name[:255], json.dumps(summary.fields)))
    if not news:
        return
    binds = [each.bind for each in COLUMNS.values()]
    delete = f"DELETE FROM {table.sql} WHERE {quoted('STREAM')} = :1"
    execute_many(cursor, delete, [(name,) for name, _ in news], binds[:1])
    execute_many(cursor, statements.insert(table.sql, list(COLUMNS)), news, binds)


def _is_made(cursor: oracledb.Cursor, table: TableSpec, settings: Settings) -> bool:
    """Make the table, where the settings and the user's rights allow it.

    Raises:
        oracledb.DatabaseError: Any other error.
    """
    if not settings.auto_create:
        return False
    try:
        ddl.prepare(cursor, table)
    except oracledb.DatabaseError as error:
        if code(error) != "ORA-01031":
            raise
        return False
    return True


def _read(cursor: oracledb.Cursor, table: TableSpec) -> dict[str, dict[str, str]]:
    """Read the properties of each stream with the types of their columns.

    Raises:
        TableError: A row holds something else.
    """
    query = f"SELECT {', '.join(map(quoted, COLUMNS))} FROM {table.sql}"
    found = cursor.execute(query, fetch_lobs=False).fetchall()
    return {stream: _fields(stream, fields) for stream, fields in found}


def _fields(stream: str | None, text: str | None) -> dict[str, str]:
    try:
        return msgspec.json.decode(text or "", type=dict[str, str])
    except (msgspec.MsgspecError, TypeError):
        msg = f"the row of stream '{stream}' holds no properties: delete it."
        raise TableError(msg) from None
