"""See the pair run: WMS data arrives in Oracle, changes follow, and both sides are compared.

With `--serve` nothing runs but the two stand-ins and a place for alerts; their addresses go into
`.env`, for Meltano in the environment `demo`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import oracledb
import yaml
from oracle_standin import OracleStandin
from wms_standin import WmsStandin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

PROJECT = Path(__file__).parent.parent
MELTANO = ("tool", "run", "meltano@4.4.1")
EXTRACTOR = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))["plugins"]["extractors"][0]
ENTITIES: list[str] = EXTRACTOR["config"]["entities"]
CHANGING = ("item", "inventory", "order_hdr", "order_dtl", "allocation")
LOOK_AROUND = (
    (
        "select s.description, count(*) from order_hdr h join order_status s on s.id = h.status_id"
        " group by s.description order by 2 desc"
    ),
    "select facility_key, sum(curr_qty) from inventory group by facility_key order by 2 desc",
)
QUERY = (
    """.uv/bin/uv run python -c 'import oracledb, sys; connection = oracledb.connect("""
    """user="wms", password="wms", dsn="{}"); cursor = connection.cursor(); """
    """print(*cursor.execute(sys.argv[1]) or [], sep="\\n"); connection.commit()' """
    """'select id, code from item fetch first 3 rows only'"""
)
"""A command that runs a statement."""
SUMMARIES = "summaries.jsonl"
SUMMARY_FILES = ("TAP_ORACLE_WMS_SUMMARY_FILE", "TARGET_ORACLE_SUMMARY_FILE")
EVERY = 5.0
"""Seconds between two lines on a run under way."""
Rows = dict[int, Any]


@dataclass
class Sync:
    """What one run did: a snapshot of each table after it and the seconds each stream took."""

    tables: dict[str, Rows]
    seconds: dict[str, float]
    total: float


def main() -> int:
    """Run the demo; 0 when every table has as many rows as its entity."""
    options = _arguments()
    if options.serve:
        return _serve(options.size)
    started = time.monotonic()
    with (
        WmsStandin(seed=7, size=options.size) as wms,
        OracleStandin({"wms": "wms"}) as oracle,
        tempfile.TemporaryDirectory() as states,
    ):
        environment = _environment(wms, oracle, Path(states))
        print(f"WMS stand-in    {wms.base_url}\nOracle stand-in {oracle.dsn}\n")
        first = _sync("first run: everything", environment, wms, oracle)
        changed = _change(wms)
        print(f"{changed} rows change in WMS\n")
        second = _sync("second run: only what changed", environment, wms, oracle)
        equal = _report(wms, first, second) and _proved(environment)
        print(f"\n{time.monotonic() - started:.0f} seconds in all.")
        _look_around(oracle, keep=options.keep)
    return 0 if equal else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=5.0, help="size of the WMS world")
    parser.add_argument("--keep", action="store_true", help="leave the stand-ins running")
    parser.add_argument("--serve", action="store_true", help="start the stand-ins, and write .env")
    return parser.parse_args()


def _serve(size: float) -> int:
    """Run the stand-ins until told to stop; `.env` is theirs, and goes with them."""
    file = Path(".env")
    if file.exists():
        msg = "There is a file .env already: move it away first."
        raise SystemExit(msg)
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    with (
        WmsStandin(seed=7, size=size) as wms,
        OracleStandin({"wms": "wms"}) as oracle,
        _alerts(Path("output", "alerts.txt")) as alerts,
    ):
        variables = {**_addresses(wms, oracle), "ALERTS_URLS": alerts}
        file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()), "utf-8")
        print(f"{wms.base_url}, {oracle.dsn} and a place for alerts, until Ctrl-C.", flush=True)
        told.wait()
        file.unlink()
    return 0


@contextmanager
def _alerts(file: Path) -> Iterator[str]:
    """A webhook that writes what it is sent into a file; its Apprise address."""
    file.parent.mkdir(exist_ok=True)

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            alert = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with file.open("a", encoding="utf-8") as lines:
                lines.write(f"{alert['type']}: {alert['title']}\n{alert['message']}\n\n")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not in the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"json://127.0.0.1:{server.server_port}/"
        server.shutdown()


def _environment(wms: WmsStandin, oracle: OracleStandin, states: Path) -> dict[str, str]:
    """Meltano's own way to set a plugin: environment variables."""
    return {
        **os.environ,
        "MELTANO_CLI_LOG_FORMAT": "json",
        "MELTANO_STATE_BACKEND_URI": f"file://{states}",
        **{name: str(states / SUMMARIES) for name in SUMMARY_FILES},
        **_addresses(wms, oracle),
    }


def _addresses(wms: WmsStandin, oracle: OracleStandin) -> dict[str, str]:
    return {
        "TAP_ORACLE_WMS_BASE_URL": wms.base_url,
        "TAP_ORACLE_WMS_USERNAME": wms.username,
        "TAP_ORACLE_WMS_PASSWORD": wms.password,
        "TARGET_ORACLE_HOST": oracle.host,
        "TARGET_ORACLE_PORT": str(oracle.port),
        "TARGET_ORACLE_SERVICE_NAME": oracle.service,
        "TARGET_ORACLE_USER": "wms",
        "TARGET_ORACLE_PASSWORD": "wms",
    }


def _sync(title: str, environment: dict[str, str], wms: WmsStandin, oracle: OracleStandin) -> Sync:
    print(f"{title}: meltano run tap-oracle-wms target-oracle", flush=True)
    summaries = Path(environment[SUMMARY_FILES[0]])
    summaries.unlink(missing_ok=True)
    started = time.monotonic()
    code, events = _run(environment, wms)
    if code:
        print(*(e["event"] for e in events if e["level"] == "error"), sep="\n", file=sys.stderr)
        msg = f"meltano run failed with exit code {code}"
        raise SystemExit(msg)
    total = time.monotonic() - started
    print(f"  {total:.1f} s", flush=True)
    return Sync(_snapshot(oracle), _seconds(summaries), total)


def _run(environment: dict[str, str], wms: WmsStandin) -> tuple[int, list[dict[str, Any]]]:
    """Run Meltano, and print every few seconds what it is at; its exit code and log."""
    command = [os.environ.get("UV", "uv"), *MELTANO, "--environment=demo", "run"]
    events: list[dict[str, Any]] = []
    with subprocess.Popen(
        [*command, "tap-oracle-wms", "target-oracle"],
        env=environment,
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        reader = threading.Thread(target=_read, args=(run.stderr, events), daemon=True)
        reader.start()
        begun = time.monotonic()
        while reader.is_alive():
            reader.join(EVERY)
            last = events[-1]["event"][:90] if events else "Meltano starts, or is installed"
            passed = f"  {time.monotonic() - begun:3.0f} s, {len(wms.requests):4} requests to WMS"
            print(f"{passed}: {last}", flush=True)
        return run.wait(), events


def _read(log: IO[str], events: list[dict[str, Any]]) -> None:
    events.extend(json.loads(line) for line in log if line.startswith("{"))


def _seconds(summaries: Path) -> dict[str, float]:
    """Seconds a stream took in tap and target together, from the reports of both."""
    seconds: dict[str, float] = {}
    for line in summaries.read_text("utf-8").splitlines():
        for stream, told in json.loads(line)["streams"].items():
            seconds[stream] = seconds.get(stream, 0) + told["seconds"]
    return seconds


def _snapshot(oracle: OracleStandin) -> dict[str, Rows]:
    """Per entity what identifies each row's version in Oracle: its id and its last change."""
    with oracledb.connect(user="wms", password="wms", dsn=oracle.dsn) as connection:
        return {entity: _versions(connection, entity) for entity in ENTITIES}


def _versions(connection: oracledb.Connection, entity: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(f'select * from "{entity.upper()}" where 1 = 0')
        columns = [column.name for column in cursor.description]
        version = '"MOD_TS"' if "MOD_TS" in columns else "null"
        cursor.execute(f'select "ID", {version} from "{entity.upper()}"')
        return dict(cursor.fetchall())


def _change(wms: WmsStandin) -> int:
    """Let eight minutes pass in which orders are picked and stock moves; the number of changes."""
    changed = 0
    wms.clock.shift(timedelta(minutes=4))
    for entity in CHANGING:
        ids = [row_id for row_id in wms.world.ids(entity) if row_id > 0]
        for row_id in ids[::5]:
            wms.world.update(entity, row_id, mod_user="DEMO")
        for _ in range(3):
            wms.world.insert(entity, mod_user="DEMO")
        changed += len(ids[::5]) + 3
    wms.clock.shift(timedelta(minutes=4))
    return changed


def _report(wms: WmsStandin, first: Sync, second: Sync) -> bool:
    heads = ("entity", "in WMS", "in Oracle", "inserted", "updated", "s, 1st", "s, 2nd")
    print("\n{:<20}{:>9}{:>11}{:>10}{:>9}{:>9}{:>9}".format(*heads))
    equal = True
    for entity in ENTITIES:
        before, after = first.tables[entity], second.tables[entity]
        expected = wms.world.count(entity)
        inserted = len(after.keys() - before.keys())
        updated = sum(before[key] != after[key] for key in before.keys() & after.keys())
        seconds = (f"{run.seconds.get(entity, 0):.2f}" for run in (first, second))
        equal &= expected == len(after)
        print(
            "{:<20}{:>9}{:>11}{:>10}{:>9}{:>9}{:>9}".format(
                entity, expected, len(after), inserted, updated, *seconds
            )
        )
    print("\nEvery count is equal." if equal else "\nCOUNTS DIFFER.")
    return equal


def _proved(environment: dict[str, str]) -> bool:
    """Compare both sides row by row, and print the verdict."""
    keys, comparison = (["target-oracle", "--keys"], ["tap-oracle-wms", "--reconcile"])
    print(f"\nmeltano invoke {' '.join(keys)} | meltano invoke {' '.join(comparison)}", flush=True)
    command = [os.environ.get("UV", "uv"), *MELTANO, "--environment=demo", "invoke"]
    with subprocess.Popen(
        [*command, *keys],
        env=environment,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as told:
        judged = subprocess.run(
            [*command, *comparison],
            env=environment,
            cwd=PROJECT,
            stdin=told.stdout,
            capture_output=True,
            check=False,
        )
    report = json.loads(judged.stdout or b'{"equal": false}')
    if told.returncode or judged.returncode or not report["equal"]:
        print("  NOT EQUAL.")
        return False
    print(f"  Proved equal: {report['rows_compared']:,} rows.")
    return True


def _look_around(oracle: OracleStandin, *, keep: bool) -> None:
    print("\nLook around with SQL:")
    with oracledb.connect(user="wms", password="wms", dsn=oracle.dsn) as connection:
        for sql in LOOK_AROUND:
            print(f"\n  {sql};")
            with connection.cursor() as cursor:
                for row in cursor.execute(sql).fetchmany(3):
                    print("    " + " | ".join(map(str, row)))
    if keep:
        print(f"\nBoth stand-ins run until Ctrl-C: Oracle {oracle.dsn}, user wms, password wms.")
        print(f"For python-oracledb, in another shell:\n\n  {QUERY.format(oracle.dsn)}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    sys.exit(main())
