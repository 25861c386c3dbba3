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
from target_oracle.database import load_log, statements
from target_oracle.database.binds import execute_many
from target_oracle.database.session import Session

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
    insert = statements.insert(load_log.spec(given, session.owner).sql, list(load_log.COLUMNS))
    with session.cursor() as cursor:
        execute_many(cursor, insert, rows, [each.bind for each in load_log.COLUMNS.values()])
    session.commit()
    session.drop()


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
        keep(given, demo(datetime.now(UTC)))
        html = Path(folder) / "status.html"
        html.write_text(page(status(given)), encoding="utf-8")
        chromium(f"--screenshot={PICTURE}", "--window-size=1360,640", html.as_uri())
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
