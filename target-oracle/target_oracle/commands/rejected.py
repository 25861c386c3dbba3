"""The bad records of the runs that `--status` tells of, by stream and reason, with examples."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

import msgspec
import oracledb

from target_oracle.database import load_log
from target_oracle.errors import TableError, code, sentence
from target_oracle.loading.rejects import KEY_TEXT, table_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_oracle.database.session import Session

EXAMPLES = 3
"""Records of each reason whose keys are shown: the newest."""

Row = dict[str, Any]

_BY = '"STREAM", "REASON_CODE", "PROPERTY"'


def read(
    session: Session, rows: Sequence[Row], only: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the reasons of each stream for the runs in `rows` of the load log, most rows first.

    Raises:
        TableError: The reject table is there, but cannot be read.
    """
    if not rows:
        return {}
    table = table_spec(session.settings, session.owner, session.naming).sql
    query, binds = _query(session, table, only)
    try:
        with session.cursor() as cursor:
            since = min(row["started_at"] for row in rows)
            found = cursor.execute(query, [since, *binds], fetch_lobs=False).fetchall()
    except oracledb.DatabaseError as error:
        if code(error) in {"ORA-00942", "ORA-00904"}:  # not there yet, or another table
            return {}
        msg = sentence(error, f"The reject table {table} cannot be read")
        raise TableError(msg) from error
    keys = {row["stream"]: json.loads(row["key_properties"] or "[]") for row in rows}
    return _by_stream(found, keys)


def _query(session: Session, table: str, only: Mapping[str, str]) -> tuple[str, list[str]]:
    log = load_log.spec(session).sql
    where = load_log.condition(only, first=2)
    of_runs = f' AND "RUN_ID" IN (SELECT "RUN_ID" FROM {log} WHERE {where})' if where else ""
    query = (
        f'SELECT {_BY}, "MESSAGE", "REJECTED_AT", "PAYLOAD", "ROWS" FROM ('
        f'SELECT {_BY}, "MESSAGE", "REJECTED_AT", "PAYLOAD", '
        f'COUNT(*) OVER (PARTITION BY {_BY}) AS "ROWS", '
        f'ROW_NUMBER() OVER (PARTITION BY {_BY} ORDER BY "REJECTED_AT" DESC) AS "NTH" '
        f'FROM {table} WHERE "REJECTED_AT" >= :1{of_runs}) '
        f'WHERE "NTH" <= {EXAMPLES} ORDER BY "ROWS" DESC, {_BY}, "NTH"'
    )
    return query, list(only.values())


def _by_stream(
    found: Iterable[tuple[Any, ...]], keys: Mapping[str, Sequence[str]]
) -> dict[str, list[dict[str, Any]]]:
    reasons: dict[str, dict[tuple[str, str | None], dict[str, Any]]] = {}
    for stream, reason, prop, message, at, payload, rows in found:
        told = reasons.setdefault(stream, {}).setdefault(
            (reason, prop),
            {
                "reason": reason,
                "property": prop,
                "message": message,
                "rows": rows,
                "last_at": at.replace(tzinfo=UTC).isoformat(timespec="seconds"),
                "keys": [],
            },
        )
        if key := _key(payload, keys.get(stream, ())):
            told["keys"].append(key)
    return {stream: list(each.values()) for stream, each in reasons.items()}


def _key(payload: str | None, keys: Sequence[str]) -> str:
    """Return the key of a rejected record as `id=7`, and nothing else of it."""
    try:
        record = msgspec.json.decode(payload or "")
    except msgspec.DecodeError:
        return ""
    if not isinstance(record, dict):
        return ""
    values = {key: record.get(key) for key in keys}
    return ", ".join(
        f"{key}={'null' if value is None else str(value)[:KEY_TEXT]}"
        for key, value in values.items()
    )
