"""`python -m wms_standin`: a stand-in for demos and other processes."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from wms_standin.server.imitation import imitate
from wms_standin.server.standin import WmsStandin


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    like = imitate(arguments.imitated)
    for fact in like.ignored:
        print(f"not imitated: {fact}", file=sys.stderr)
    standin = WmsStandin(
        seed=arguments.seed,
        size=arguments.size,
        rows=dict(arguments.rows),
        options=replace(like.options, bump_parents=arguments.bump_parents),
        host=arguments.host,
        port=arguments.port,
    )
    standin.latency = replace(like.latency, factor=arguments.latency_factor)
    standin.add_user(like.of_user(standin.accounts.users[standin.username]))
    with standin:
        print(
            f"ready: {standin.base_url} (user: {standin.username}, password: {standin.password})",
            flush=True,
        )
        stop.wait()


def _report(path: str) -> Any:
    return msgspec.json.decode(Path(path).read_bytes())


def _rows(text: str) -> tuple[str, int]:
    entity, _, count = text.partition("=")
    return entity, int(count)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m wms_standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=1.0, help="scales the transactional rows")
    parser.add_argument(
        "--rows", type=_rows, action="append", default=[], metavar="ENTITY=N",
        help="rows of one entity; may be repeated",
    )  # fmt: skip
    parser.add_argument("--latency-factor", type=float, default=0.0, help="1 is like the real one")
    parser.add_argument(
        "--bump-parents", action="store_true", help="child changes update the parent's mod_ts"
    )
    parser.add_argument(
        "--as", dest="imitated", type=_report, default={"facts": []}, metavar="FILE",
        help="behave as the report of a probe (tap-oracle-wms --probe) says",
    )  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    main()
