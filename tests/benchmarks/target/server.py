"""The Oracle stand-in in a process of its own, so that it takes none of the client's time.

With `count`, rows of array INSERTs and direct path loads are counted and thrown away. A number
gives each call (statement, COMMIT, step of a direct path load) so many milliseconds more, as the
way to a database over a network does.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext

from oracle_standin import OracleStandin

with OracleStandin({"app": "secret"}) as server:
    for delay in filter(str.isdecimal, sys.argv[1:]):
        server.faults.delay(int(delay) / 1000, times=None)
    with server.discarding() if "count" in sys.argv else nullcontext() as counts:
        print(server.dsn, flush=True)
        sys.stdin.readline()
    print(sum((counts or {}).values()), flush=True)
