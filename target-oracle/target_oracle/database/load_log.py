"""The load log: a table with one row per run and stream, which `--status` reads.

It is written on a connection of its own after all else, so that it neither commits rows early nor
depends on a session that has failed; and it never decides how a run ends.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.database import ddl, known_fields, statements
from target_oracle.database.binds import execute_many
from target_oracle.database.session import Session
from target_oracle.errors import TargetError, sentence
from target_oracle.observing.schema_changes import as_text
from target_oracle.schema.names import quoted
from target_oracle.schema.tables import TableSpec
from target_oracle.schema.types import INTEGER, NUMBER, TIMESTAMP_TZ, OracleType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_oracle.config.settings import Settings
    from target_oracle.observing.report import StreamSummary

logger = logging.getLogger("target-oracle")

PATIENCE = 60
"""Seconds for a round trip, where `call_timeout` sets none: a lock may stand in the way."""

_CODE, _NAME, _SENTENCE = (OracleType("VARCHAR2", size) for size in (36, 255, 1000))

COLUMNS = {
    "RUN_ID": _CODE,
    "STREAM": _NAME,
    "TABLE_NAME": _NAME,
    "STATUS": _CODE,
    "RUN_STATUS": _CODE,
    "EXIT_CODE": INTEGER,
    "ERROR": _SENTENCE,
    "STARTED_AT": TIMESTAMP_TZ,
    "ENDED_AT": TIMESTAMP_TZ,
    "ROWS_READ": INTEGER,
    "ROWS_WRITTEN": INTEGER,
    "ROWS_REJECTED": INTEGER,
    "ROWS_DELETED": INTEGER,
    "FLUSHES": INTEGER,
    "LOAD_SECONDS": NUMBER,
    "ROWS_PER_SECOND": INTEGER,
    "BOOKMARK_BEFORE": _NAME,
    "BOOKMARK_AFTER": _NAME,
    "PAGES": INTEGER,
    "RETRIES": INTEGER,
    "TAP_RUN_ID": _CODE,
    "TAP_STATUS": _CODE,
    "KEY_PROPERTIES": _SENTENCE,
    "REPLICATION_KEY": _NAME,
    "SCHEMA_CHANGES": _SENTENCE,
    "ENVIRONMENT": _NAME,
}

NEEDED = frozenset({"RUN_ID", "STREAM", "STATUS", "RUN_STATUS", "STARTED_AT", "ENDED_AT"})
"""Columns without which a table is no load log; others may have come with a later version."""

COMMENTS = {
    "RUN_ID": "Run of the target; the same in the reject table",
    "STREAM": "Stream; empty when the run came to none",
    "TABLE_NAME": "Table that the stream is loaded into",
    "STATUS": "finished: all that the tap has was loaded. incomplete: what came was loaded, the "
    "tap broke off. failed, stopped: not all that came was loaded",
    "RUN_STATUS": "The same of the whole run",
    "EXIT_CODE": "Exit code of the target",
    "ERROR": "Why the run did not finish",
    "STARTED_AT": "Start of the run",
    "ENDED_AT": "End of the run",
    "ROWS_READ": "Records that came in",
    "ROWS_WRITTEN": "Records that were loaded and committed",
    "ROWS_REJECTED": "Records that were rejected or skipped",
    "ROWS_DELETED": "Records that said that their row is gone",
    "FLUSHES": "Transactions",
    "LOAD_SECONDS": "Time that loading took",
    "ROWS_PER_SECOND": "Records per second of that time",
    "BOOKMARK_BEFORE": "Replication key value that the tap began with",
    "BOOKMARK_AFTER": "Replication key value of the last STATE that went out",
    "PAGES": "Pages that the tap read, where it says so",
    "RETRIES": "Requests that the tap repeated, where it says so",
    "TAP_RUN_ID": "Run of the tap, where it says so",
    "TAP_STATUS": "How the tap ended, where it says so",
    "KEY_PROPERTIES": "Key properties of the stream, as a JSON array",
    "REPLICATION_KEY": "Property whose value tells how old a row is, where there is one",
    "SCHEMA_CHANGES": "Properties that are new, gone or changed",
    "ENVIRONMENT": "Environment of Meltano, or the field `environment` of `log_fields`",
}

_OF_A_STREAM = {
    "TABLE_NAME": "table",
    "STATUS": "status",
    "ROWS_READ": "read",
    "ROWS_WRITTEN": "written",
    "ROWS_REJECTED": "rejected",
    "ROWS_DELETED": "deleted",
    "FLUSHES": "flushes",
    "LOAD_SECONDS": "seconds",
    "ROWS_PER_SECOND": "rows_per_second",
    "BOOKMARK_BEFORE": "bookmark_before",
    "BOOKMARK_AFTER": "bookmark_after",
    "REPLICATION_KEY": "replication_key",
    "PAGES": "pages",
    "RETRIES": "retries",
}


def spec(session: Session) -> TableSpec:
    """Return the load log's table as it is needed."""
    settings = session.settings
    name = session.naming.table(settings.load_log_table or "", settings.table_prefix)
    return TableSpec(
        session.owner,
        name,
        COLUMNS,
        comment="One row per run of target-oracle and stream",
        comments=COMMENTS,
        readers=settings.grant_select_to,
    )


def rows(report: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a report: one per stream, or a single one for a run without streams."""
    return [_row(report, name, each) for name, each in report["streams"].items()] or [
        _row(report, None, {"status": report["status"]})
    ]


def _row(report: Mapping[str, Any], name: str | None, stream: Mapping[str, Any]) -> tuple[Any, ...]:
    tap = report["tap"] or {}
    own = {
        "RUN_ID": report["run_id"],
        "STREAM": name,
        "RUN_STATUS": report["status"],
        "EXIT_CODE": report["exit_code"],
        "ERROR": report["error"],
        "STARTED_AT": datetime.fromisoformat(report["started_at"]),
        "ENDED_AT": datetime.fromisoformat(report["ended_at"]),
        "ENVIRONMENT": report.get("environment"),
        "TAP_RUN_ID": tap.get("run_id"),
        "TAP_STATUS": tap.get("status"),
        "KEY_PROPERTIES": json.dumps(stream["key_properties"])
        if stream.get("key_properties")
        else None,
        "SCHEMA_CHANGES": as_text(stream.get("schema_changes") or {}) or None,
    }
    values = own | {column: stream.get(key) for column, key in _OF_A_STREAM.items()}
    return tuple(_cut(values[column], kind) for column, kind in COLUMNS.items())


def read(
    session: Session, runs: int, only: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Read the last `runs` rows of each stream, oldest first, as {column in lower case: value}.

    `only` has the values that columns must have. `LAST_FINISHED` is the start of the last run that
    finished the stream, however long ago. A column that the table lacks, since an earlier version
    made it, counts as empty.

    Raises:
        TargetError: Such a column is among `only`.
    """
    table, only = spec(session), only or {}
    with session.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table.sql} WHERE 1 = 0")
        there = {column.name for column in cursor.description or ()} | NEEDED
        if absent := only.keys() - there:
            msg = f"The load log has no column {min(absent)} yet: the next run adds it."
            raise TargetError(msg)
        known = [name for name in COLUMNS if name in there]
        query = _recent(table.sql, known, condition(only, first=1), len(only) + 1)
        found = cursor.execute(query, [*only.values(), runs]).fetchall()
    names, empty = [*known, "LAST_FINISHED"], dict.fromkeys(map(str.lower, COLUMNS))
    return [
        empty | {name.lower(): _moment(value) for name, value in zip(names, row, strict=True)}
        for row in found
    ]


def condition(only: Mapping[str, str], first: int) -> str:
    """Write that columns have values, which are bound from number `first` on; '' for none."""
    return " AND ".join(f"{quoted(name)} = :{first + n}" for n, name in enumerate(only))


def _recent(table: str, known: list[str], where: str, limit: int) -> str:
    own = ", ".join(map(quoted, known))
    columns = f'{own}, "LAST_FINISHED"'
    chosen = f" WHERE {where}" if where else ""
    return (
        f"SELECT {columns} FROM (SELECT {own}, "
        'MAX(CASE WHEN "STATUS" = \'finished\' THEN "STARTED_AT" END) '
        'OVER (PARTITION BY "STREAM") AS "LAST_FINISHED", '
        'ROW_NUMBER() OVER (PARTITION BY "STREAM" ORDER BY "STARTED_AT" DESC) AS "NTH" '
        f'FROM {table}{chosen}) WHERE "NTH" <= :{limit} ORDER BY "STARTED_AT", "STREAM"'
    )


def _moment(value: Any) -> Any:
    """Give an instant its zone, UTC, which is the session's: the driver leaves it out."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _cut(value: Any, kind: OracleType) -> Any:
    return value[: kind.length] if isinstance(value, str) else value


def write(
    settings: Settings, report: Mapping[str, Any], streams: Mapping[str, StreamSummary]
) -> str | None:
    """Add a report to the table and COMMIT; return a sentence on what went wrong, or None.

    What differs from the streams' last run goes into the report, too.
    """
    session = Session(settings, "target-oracle load log")
    said = "The load log is not written"
    try:
        if settings.call_timeout is None:
            session.connection.call_timeout = PATIENCE * 1000
        _add(session, report, streams)
        said = "Whether the load log is written is not known"
        session.commit()
    except oracledb.Error as error:
        return sentence(error, said)
    except TargetError as error:
        return f"{said}: {error}"
    except Exception as error:  # noqa: BLE001 - it never decides how a run ends
        return f"{said}: unexpected {type(error).__name__}."
    finally:
        session.drop()
    return None


def _add(session: Session, report: Mapping[str, Any], streams: Mapping[str, StreamSummary]) -> None:
    settings = session.settings
    table = spec(session)
    with session.cursor() as cursor:
        ddl.prepare(cursor, table, create_missing=settings.auto_create)
        known_fields.renew(session, cursor, streams)
        for name, summary in streams.items():
            report["streams"][name]["schema_changes"] = summary.changes.as_dict()
        insert = statements.insert(table.sql, list(COLUMNS))
        execute_many(cursor, insert, rows(report), [each.bind for each in COLUMNS.values()])
