"""Runs of weeks past in a load log: for tests, and for the picture in the documentation.

`uv run python -m tests.target.commands.history` renews that picture.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oracle_standin import OracleStandin
from target_oracle.commands.page import page
from target_oracle.commands.status import status
from target_oracle.config.sources import load
from target_oracle.database import comparisons, ddl, load_log, statements
from target_oracle.database.binds import execute_many
from target_oracle.database.session import Session
from target_oracle.loading.rejects import COLUMNS, table_spec
from target_oracle.schema.names import Naming

from tests.conftest import BROWSER
from tests.oracle_rules import SWITCHED_OFF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_oracle.config.settings import Settings

PICTURE = Path(__file__).parents[3] / "docs" / "status.png"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
]  # fmt: skip

Report = dict[str, Any]


def settings(config: Mapping[str, Any], **more: Any) -> Settings:
    found, _ = load({**config, "load_log_table": "LOAD_LOG", **more})
    return found


def stream(read: int, *, rejected: int = 0, status: str = "finished", **more: Any) -> Report:
    return {
        "table": "T",
        "status": status,
        "read": read,
        "written": read - rejected if status == "finished" else 0,
        "rejected": rejected,
        "deleted": 0,
        "flushes": 1,
        "seconds": 0.5 + read / 9000,
        "rows_per_second": round(read / (0.5 + read / 9000)),
        "bookmark_before": None,
        "bookmark_after": None,
        "pages": 1 + read // 1000,
        "retries": 0,
        "key_properties": ["id"],
    } | more


def run(
    started: datetime,
    streams: Mapping[str, Report],
    *,
    status: str = "finished",
    error: str | None = None,
    exit_code: int = 0,
    seconds: float = 60,
) -> Report:
    """A run's report as the target makes it."""
    return {
        "run_id": f"{started:%d%H%M}{len(streams):x}",
        "status": status,
        "exit_code": exit_code,
        "error": error,
        "started_at": started.isoformat(),
        "ended_at": (started + timedelta(seconds=seconds)).isoformat(),
        "tap": {"run_id": "tap", "status": status},
        "streams": streams,
    }


USUAL = {"allocation": 2600, "inventory": 1900, "item": 60, "order_dtl": 4200, "order_hdr": 900}


def demo(now: datetime) -> list[Report]:
    """A day of runs, every half hour: two failed, one entity is late, some rows were rejected."""
    random.seed(5)
    runs = []
    for n in range(28, 0, -1):
        started = now - timedelta(minutes=30 * n - 22)
        runs.append(
            run(started, _streams(started, n), **_ending(n), seconds=random.uniform(35, 70))
        )
    return runs


def _ending(n: int) -> dict[str, Any]:
    if n in {9, 10}:
        said = "WMS did not answer GET /entity/order_dtl/ in 6 attempts: status 503."
        return {"status": "incomplete", "error": f"The tap broke off: {said}"}
    if n == 1:
        said = "Stream 'order_hdr': cannot load table ORDER_HDR: the tablespace is full: add space"
        return {"status": "failed", "error": f"{said} (ORA-01653).", "exit_code": 1}
    return {}


CHANGES = {
    ("inventory", 5): {
        "new": ["expiry_ts"],
        "changed": ["lock_code VARCHAR2(5 CHAR) to VARCHAR2(10 CHAR)"],
    },
    ("item", 5): {"new": ["hazmat_class"], "gone": ["old_size"]},
}
"""Stream and run -> what was not as before."""


def _streams(started: datetime, n: int) -> dict[str, Report]:
    streams = {}
    for name, usual in USUAL.items():
        read = round(usual * random.uniform(0.5, 1.4))
        found = stream(
            read, bookmark_after=started.isoformat(), retries=random.choice([0, 0, 0, 1])
        )
        if name == "order_dtl" and n in {9, 10}:
            found |= {"status": "incomplete", "bookmark_after": None, "retries": 5, "written": 0}
        if name == "order_hdr" and n == 1:
            found |= {"status": "failed", "bookmark_after": None, "written": 0}
        found["schema_changes"] = CHANGES.get((name, n), {})
        if name == "inventory":
            found["rejected"] = 3 if n % 6 == 1 else 0
            found["written"] -= found["rejected"]
        streams[name] = found
    if n > 6:  # nobody has run it since
        streams["wave"] = stream(40, bookmark_after=started.isoformat())
    return streams


def keep(given: Settings, reports: list[Report]) -> None:
    """Write a load log, the first report as a run does, the others in one go."""
    assert load_log.write(given, reports[0], {}) is None
    session = Session(given)
    rows = [row for report in reports[1:] for row in load_log.rows(report)]
    insert = statements.insert(load_log.spec(session).sql, list(load_log.COLUMNS))
    with session.cursor() as cursor:
        execute_many(cursor, insert, rows, [each.bind for each in load_log.COLUMNS.values()])
    session.commit()
    session.drop()


REJECT = {
    "STREAM": "inventory", "REASON_CODE": "rule", "PROPERTY": "curr_qty",
    "MESSAGE": "-1 is less than the minimum of 0",
}  # fmt: skip
"""A row of the reject table but for its key, run and time."""


def reject(given: Settings, rows: list[Report]) -> None:
    """Write rows of the reject table; `id` is the record's key."""
    session = Session(given)
    table = table_spec(given, session.owner, Naming(given.identifier_case))
    values = [
        {**REJECT, "REJECTED_AT": datetime.now(UTC), **row, "PAYLOAD": f'{{"id": {row["id"]}}}'}
        for row in rows
    ]
    names = [name for name in COLUMNS if name != "PAYLOAD"] + ["PAYLOAD"]
    with session.cursor() as cursor:
        ddl.prepare(cursor, table)
        insert = statements.insert(table.sql, names)
        found = [tuple(row.get(name) for name in names) for row in values]
        execute_many(cursor, insert, found, [COLUMNS[name].bind for name in names])
    session.commit()
    session.drop()


def compared(at: datetime, stream: str, status: str = "equal", **rows: int) -> Report:
    """A row of the table of comparisons."""
    counted = dict.fromkeys((name for name in comparisons.COLUMNS if name.startswith("ROWS_")), 0)
    counted |= {f"ROWS_{kind.upper()}": number for kind, number in rows.items()}
    return {
        "RUN_ID": "R1", "STREAM": stream, "TABLE_NAME": "T", "STATUS": status,
        "COMPARED_BY": "id, mod_ts", "COMPARED_AS_OF": at, "STARTED_AT": at, "ENDED_AT": at,
        **counted,
    }  # fmt: skip


def chromium(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Debian's browser, without a window."""
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [str(shutil.which(BROWSER)), *FLAGS, f"--user-data-dir={profile}", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )


def tell(given: Settings) -> None:
    """Write all that the picture shows."""
    now = datetime.now(UTC)
    keep(given, demo(now))
    runs = [n for n in range(28) if n % 6 == 1]
    reject(
        given,
        [{"id": 4711 + n, "RUN_ID": "r", "REJECTED_AT": now - timedelta(hours=n)} for n in runs]
        + [{"id": "null", "REASON_CODE": "missing-key", "PROPERTY": None, "MESSAGE": "no key"}],
    )
    session = Session(given)
    at = now - timedelta(hours=9)
    rows: Any = {"in_source": 48_210, "in_table": 48_210}
    comparisons.write(
        session,
        [compared(at, "inventory", **rows), compared(at, "item", "healed", **rows, healed=2)],
    )
    session.drop()


def picture(html: Path, file: Path, *flags: str) -> None:
    """Draw the page with the details of a stream open."""
    text = html.read_text(encoding="utf-8")
    row = text.index("<details>", text.index('data-stream="inventory"'))
    html.write_text(f"{text[:row]}<details open>{text[row + 9 :]}", encoding="utf-8")
    chromium(f"--screenshot={file}", *flags, html.as_uri())


def main() -> None:
    """Renew the picture."""
    with (
        OracleStandin({"wms": "wms"}, rules=SWITCHED_OFF) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        where = {"host": server.host, "port": server.port, "service_name": server.service}
        given = settings(
            {**where, "user": "wms", "password": "wms"}, late_after_minutes=60, table_prefix="WMS_"
        )
        tell(given)
        html = Path(folder) / "status.html"
        html.write_text(page(status(given)), encoding="utf-8")
        picture(html, PICTURE, "--window-size=1360,836")
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
