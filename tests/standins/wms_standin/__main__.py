"""`python -m wms_standin`: a stand-in for demos and other processes."""

from __future__ import annotations

import argparse
import signal
import threading

from wms_standin.options import Options
from wms_standin.server.latency import Latency
from wms_standin.server.standin import WmsStandin


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    standin = WmsStandin(
        seed=arguments.seed,
        size=arguments.size,
        rows=dict(arguments.rows),
        options=Options(bump_parents=arguments.bump_parents),
        host=arguments.host,
        port=arguments.port,
    )
    standin.latency = Latency(factor=arguments.latency_factor)
    with standin:
        print(
            f"ready: {standin.base_url} (user: {standin.username}, password: {standin.password})",
            flush=True,
        )
        stop.wait()


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
    return parser.parse_args()


if __name__ == "__main__":
    main()
