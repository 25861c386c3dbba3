"""`target-oracle --reconciled FILE`: keep what a comparison with the source has found.

The file is the report of `tap-oracle-wms --reconcile`, or its `summary_file`, whose last line
counts; `docs/reconcile.md` describes it. `--status` tells of it from then on.
"""

from __future__ import annotations

import sys
from datetime import datetime  # noqa: TC003 - msgspec resolves it
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import oracledb

from target_oracle.commands.answers import Answer
from target_oracle.database import comparisons
from target_oracle.database.session import Session
from target_oracle.errors import TargetError, sentence

if TYPE_CHECKING:
    from target_oracle.config.settings import Settings


class _Rows(msgspec.Struct):
    rows: int = 0


class _Entity(msgspec.Struct):
    status: str
    table: str
    compared_by: list[str] = []
    changed_before: datetime | None = None
    rows_in_wms: int | None = None
    rows_in_oracle: int | None = None
    missing: _Rows = msgspec.field(default_factory=_Rows)
    stale: _Rows = msgspec.field(default_factory=_Rows)
    newer: _Rows = msgspec.field(default_factory=_Rows)
    extra: _Rows = msgspec.field(default_factory=_Rows)
    healed: dict[str, int] | None = None
    problem: str | None = None


class _Report(msgspec.Struct, tag_field="command", tag="reconcile"):
    run_id: str
    started_at: datetime
    ended_at: datetime
    entities: dict[str, _Entity]


def keep(settings: Settings, file: str) -> Answer:
    """Write the last report of a file, or of standard input for `-`, into the database.

    Raises:
        TargetError: It is no report, there is no load log, or the database refuses.
    """
    if not settings.load_log_table:
        msg = "--reconciled: set 'load_log_table': the result is kept beside it."
        raise TargetError(msg)
    report = _read(file)
    answer = Answer("target-oracle")
    session = Session(settings, "target-oracle reconciled")
    try:
        with answer.timed():
            comparisons.write(session, [_row(report, *each) for each in report.entities.items()])
            answer.details["table"] = comparisons.spec(session).sql
    except oracledb.Error as error:
        raise TargetError(sentence(error, "The comparison may not be kept")) from error
    finally:
        session.drop()
    answer.details["streams"] = {name: each.status for name, each in report.entities.items()}
    return answer


def _read(file: str) -> _Report:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        msg = f"--reconciled {file}: {error.strerror}."
        raise TargetError(msg) from None
    lines = content.strip().splitlines() or [b""]
    try:
        return msgspec.json.decode(lines[-1], type=_Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"--reconciled {file}: the last line is no report of a comparison: {error}."
        raise TargetError(msg) from None


def _row(report: _Report, name: str, entity: _Entity) -> dict[str, Any]:
    return {
        "RUN_ID": report.run_id,
        "STREAM": name,
        "TABLE_NAME": entity.table,
        "STATUS": entity.status,
        "COMPARED_BY": ", ".join(entity.compared_by),
        "COMPARED_AS_OF": entity.changed_before,
        "STARTED_AT": report.started_at,
        "ENDED_AT": report.ended_at,
        "ROWS_IN_SOURCE": entity.rows_in_wms,
        "ROWS_IN_TABLE": entity.rows_in_oracle,
        "ROWS_MISSING": entity.missing.rows,
        "ROWS_STALE": entity.stale.rows,
        "ROWS_NEWER": entity.newer.rows,
        "ROWS_EXTRA": entity.extra.rows,
        "ROWS_HEALED": sum((entity.healed or {}).values()),
        "PROBLEM": entity.problem,
    }
