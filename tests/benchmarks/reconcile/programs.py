"""`python -m tests.benchmarks.reconcile.programs TASK ROWS LOST FACTOR`: what the benchmarks run.

TASK is `report`, `heal` or `load` (a full load of the same rows by pages of records). LOST rows are
missing in Oracle, evenly spread; FACTOR scales the proportions of time of a real tenant, 0 answers
at once. Each prints a line of JSON to standard error: seconds, requests, the peak memory in
MB, and of a comparison the seconds of CPU, discovery included.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import parse_qs, urlsplit

import httpx
from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.commands.reconcile.chunks import KEYS
from tap_oracle_wms.commands.reconcile.healing import Healer
from tap_oracle_wms.commands.reconcile.run import Reconciliation
from tap_oracle_wms.tap import TapOracleWMS

from tests.benchmarks.memory import peak_mb
from tests.benchmarks.tap.canned import ENTITY, PAGE, Canned, row
from tests.benchmarks.tap.programs import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from tap_oracle_wms.streams import EntityStream

REQUEST, RECORD, COLUMNS = 0.9, 0.018, 0.0018
"""Seconds of a request, of a record, and of a row of two columns: a tenth of that."""
BLOCK = 10_000
TIMES = [row(n)["mod_ts"].encode() for n in range(PAGE)]


class Source(Canned):
    """A WMS that also answers `values_list` and `id__in`, in its proportions of time."""

    def __init__(self, rows: int, factor: float) -> None:
        super().__init__(rows)
        self._factor = factor
        self._pairs = [b'"mod_ts":"%s"}' % time for time in TIMES]
        self._made: dict[tuple[int, int], bytes] = {}

    def prepare(self) -> None:
        """Make the pages before the clock runs: what is measured is the tap's own code."""
        for after in range(0, self.rows, KEYS):
            through = min(after + KEYS, self.rows)
            self._made[after, through] = self._columns(after + 1, through, through)

    def answer(self, url: str) -> bytes:
        """The body for a URL of the API."""
        query = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
        if query.get("ordering") == "-id":
            after = int(query.get("id__gt", 0))
            return b'{"result_count":%d,"results":[{"id":%d}]}' % (self.rows - after, self.rows)
        if "page_size" not in query:
            return super().answer(url)
        body, rows, cost = self._asked(query)
        if self._factor:
            time.sleep(self._factor * (REQUEST + max(0, rows) * cost))
        return body

    def _asked(self, query: dict[str, str]) -> tuple[bytes, int, float]:
        if "id__in" in query:
            ids = [int(each) for each in query["id__in"].split(",")]
            rows = b",".join(b'{"id":%d,' % n + self._tails[n % PAGE] for n in ids)
            count = (len(ids), rows)
            return b'{"result_count":%d,"next_page":null,"results":[%s]}' % count, len(ids), RECORD
        first = max(1, int(query.get("id__gt", 0)) + 1)
        last = min(self.rows, int(query.get("id__lte", self.rows)))
        end = min(last, first + int(query["page_size"]) - 1)
        if "values_list" not in query:
            page = self._page(query | {"id__gt": str(first - 1)})
            if query.get("page_mode") == "paged":
                page = b'{"result_count":%d,' % self.rows + page[1:]
            return page, end - first + 1, RECORD
        made = self._made.get((first - 1, end)) or self._columns(first, end, last)
        return made, end - first + 1, COLUMNS

    def _columns(self, first: int, end: int, last: int) -> bytes:
        rows = b",".join(b'{"id":%d,' % n + self._pairs[n % PAGE] for n in range(first, end + 1))
        link = b"null" if end >= last else b'"https://wms.example.com/next?page=2"'
        return b'{"next_page":%s,"results":[%s]}' % (link, rows)


class Keys:
    """The lines of `target-oracle --keys`, made as they are read."""

    def __init__(self, rows: int, lost: int, *, ahead: bool) -> None:
        step = rows // lost if lost else 0
        self.lines = self._lines(rows, step)
        if ahead:
            self.lines = iter(list(self.lines))

    def readline(self, _: int = -1) -> bytes:
        return next(self.lines, b"")

    @staticmethod
    def _lines(rows: int, step: int) -> Iterator[bytes]:
        held = rows - (rows // step if step else 0)
        yield (
            b'{"type":"KEYS","version":1,"stream":"%s","table":"T","key_properties":["id"],'
            b'"replication_key":"mod_ts","rows":%d}\n' % (ENTITY.encode(), held)
        )
        for start in range(1, rows + 1, BLOCK):
            ids = [n for n in range(start, min(start + BLOCK, rows + 1)) if not step or n % step]
            keys = ",".join(map(str, ids)).encode()
            times = b",".join(b'"%s"' % TIMES[n % PAGE] for n in ids)
            yield b'{"type":"BLOCK","stream":"%s","keys":[%s],"values":[%s]}\n' % (
                ENTITY.encode(), keys, times,
            )  # fmt: skip
        yield b'{"type":"END","stream":"%s","rows":%d}\n' % (ENTITY.encode(), held)
        yield b'{"type":"EOF","streams":1}\n'


class Ours(TapOracleWMS):
    """This tap over canned pages."""

    source: ClassVar[Source]

    @cached_property
    def client(self) -> WmsClient:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=self.source.answer(str(request.url)))

        return WmsClient(self.settings, httpx.MockTransport(answer))


def compare(tap: Ours, mode: Any, keys: Keys) -> dict[str, Any]:
    """What the report says of the entity."""
    tap.setup_mapper()
    (stream,) = (cast("EntityStream", each) for each in tap.streams.values())
    run = tap.current_run
    healer = Healer(run.client, run.pool, run.writer)
    entities = {stream.name: stream.comparable}
    report = Reconciliation(entities, healer, mode).run(cast("IO[bytes]", keys), "bench")
    tap.close()
    return report.entities[ENTITY].as_dict()


def main() -> None:
    logging.disable()
    task, rows, lost, factor = sys.argv[1], *map(float, sys.argv[2:])
    source = Ours.source = Source(int(rows), factor)
    tap = Ours(config={**CONFIG, "max_concurrency": 8}, setup_mapper=False)
    if task == "load":
        tap.setup_mapper()
        begun = time.perf_counter()
        tap.sync_all()
        told = {"seconds": time.perf_counter() - begun, "requests": tap.client.requests.sent}
    else:
        is_small = not factor and rows <= 1_000_000
        if is_small:
            source.prepare()
        keys, begun = Keys(int(rows), int(lost), ahead=is_small), time.process_time()
        told = compare(tap, task, keys)
        told["cpu"] = time.process_time() - begun
    told["peak_mb"] = peak_mb()
    print(json.dumps(told), file=sys.stderr)


if __name__ == "__main__":
    main()
