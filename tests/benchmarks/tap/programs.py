"""`python -m tests.benchmarks.tap.programs {ours,flat,sdk,bare} ROWS`: what the benchmarks run.

Each writes RECORD messages of the same rows to standard output, and to standard error one JSON
line: seconds of reading and writing, the same of the CPU (of ours without its source), and the
peak memory in MB.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import msgspec
import requests
from requests.adapters import BaseAdapter
from singer_sdk import RESTStream, Tap
from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.tap import TapOracleWMS

from tests.benchmarks.memory import peak_mb
from tests.benchmarks.tap.canned import DESCRIBED, ENTITY, PAGE, SCHEMA, Canned, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Times = dict[str, float]


CONFIG = {
    "base_url": "https://wms.example.com/acme",
    "username": "u",
    "password": "p",
    "entities": [ENTITY],
    "page_size": PAGE,
}


class Ours(TapOracleWMS):
    """This tap over canned pages."""

    source: ClassVar[Canned]
    cpu_of_source = 0.0

    @cached_property
    def client(self) -> WmsClient:
        def answer(request: httpx.Request) -> httpx.Response:
            begun = time.thread_time()
            content = self.source.answer(str(request.url))
            self.cpu_of_source += time.thread_time() - begun
            return httpx.Response(200, content=content)

        return WmsClient(self.settings, httpx.MockTransport(answer))


class _CannedAdapter(BaseAdapter):
    def __init__(self, source: Canned) -> None:
        super().__init__()
        self._source = source

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        response.raw = io.BytesIO(self._source.answer(str(request.url)))
        response.url, response.request = str(request.url), request
        return response

    def close(self) -> None:
        pass


class PlainStream(RESTStream[int]):
    """What the SDK's template gives: rows as they are, a page at a time."""

    name = ENTITY
    path = f"/entity/{ENTITY}"
    url_base = "https://wms.example.com/acme/wms/lgfapi/v10"
    records_jsonpath = "$.results[*]"
    primary_keys: ClassVar[Sequence[str]] = ["id"]
    schema: ClassVar[Any] = {
        "type": "object",
        "properties": {name: SCHEMA[field["type"]] for name, field in DESCRIBED.items()},
    }
    source: ClassVar[Canned]

    @property
    def requests_session(self) -> requests.Session:
        session = super().requests_session
        session.mount("https://", _CannedAdapter(self.source))
        return session

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:
        return {"ordering": "id", "page_size": PAGE, "id__gt": next_page_token or 0}

    def get_next_page_token(
        self, response: requests.Response, previous_token: int | None
    ) -> int | None:
        is_last = response.content.startswith(b'{"next_page":null')  # to parse it costs double
        return None if is_last else (previous_token or 0) + PAGE


class PlainTap(Tap):
    """The SDK's defaults throughout."""

    name = "tap-plain"
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}

    def discover_streams(self) -> Sequence[PlainStream]:
        return [PlainStream(self)]


def ours(rows: int, read_mode: str = "records") -> Times:
    Ours.source = Canned(rows)
    tap = Ours(config={**CONFIG, "read_mode": read_mode})
    times = _timed(tap.sync_all)
    return {**times, "cpu": times["cpu"] - tap.cpu_of_source}


def flat(rows: int) -> Times:
    return ours(rows, "values_list")


def sdk(rows: int) -> Times:
    PlainStream.source = Canned(rows)
    return _timed(PlainTap(config={}).sync_all)


def _timed(work: Callable[[], None]) -> Times:
    begun, worked = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - worked}


def bare(rows: int) -> Times:
    """Records that are there already, encoded and written one by one: no less can be done."""
    records = [{"id": n, **row(n)} for n in range(PAGE)]
    encode, out = msgspec.json.Encoder().encode, sys.stdout.buffer

    def write() -> None:
        for record in _repeated(records, rows):
            out.write(encode({"type": "RECORD", "stream": ENTITY, "record": record}) + b"\n")
        out.flush()

    return _timed(write)


def _repeated(records: list[dict[str, Any]], rows: int) -> Iterable[dict[str, Any]]:
    for _ in range(rows // len(records)):
        yield from records


def main() -> None:
    logging.disable()
    program, rows = sys.argv[1], int(sys.argv[2])
    times = {"ours": ours, "flat": flat, "sdk": sdk, "bare": bare}[program](rows)
    print(json.dumps({**times, "peak_mb": peak_mb()}), file=sys.stderr)


if __name__ == "__main__":
    main()
