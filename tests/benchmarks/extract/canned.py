"""An entity of 25 fields: as extracted files, and as pages that cost next to nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

ENTITY = "bench"
PAGE = 1000
CYCLE = 10_000
"""Rows until values repeat."""
PREFIX = "data_ocwms_bench_1"
FACILITIES, ITEMS = 7, 997

DESCRIBED: dict[str, dict[str, Any]] = {
    "id": {"type": "integer"},
    **{name: {"type": "datetime"} for name in ("create_ts", "mod_ts", "order_ts")},
    "cust_date_1": {"type": "date"},
    **{name: {"type": "relation"} for name in ("facility_id", "item_id")},
    "status_id": {"type": "integer"},
    **{f"qty_{n}": {"type": "decimal"} for n in range(5)},
    "is_flg": {"type": "boolean"},
    **{f"number_{n}": {"type": "integer"} for n in range(3)},
    **{f"text_{n}": {"type": "string", "max_length": 50} for n in range(8)},
}
TYPES = {
    "integer": pa.int64(),
    "datetime": pa.timestamp("us"),
    "date": pa.date32(),
    "relation": pa.int64(),
    "decimal": pa.decimal128(18, 4),
    "boolean": pa.bool_(),
    "string": pa.string(),
}
FIRST = datetime(2025, 6, 1, tzinfo=UTC)


def value(name: str, n: int) -> Any:
    """A field of row `n`, less its id."""
    kind = DESCRIBED[name]["type"]
    if kind == "relation":
        return n % (FACILITIES if name == "facility_id" else ITEMS) + 1
    made: dict[str, Any] = {
        "integer": n,
        "datetime": FIRST + timedelta(seconds=n, microseconds=n),
        "date": date(2025, 6, n % 28 + 1),
        "decimal": Decimal(n * 100 + 25).scaleb(-2),
        "boolean": n % 2 == 0,
        "string": f"Text of row {n}, é",
    }
    return made[kind]


def write_files(folder: Path, rows: int, per_file: int = 250_000) -> None:
    """Files as WMS extracts them."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = pa.schema([(name, TYPES[found["type"]]) for name, found in DESCRIBED.items()])
    others = {name: pa.array([value(name, n) for n in range(CYCLE)], fields.field(name).type)
              for name in DESCRIBED if name != "id"}  # fmt: skip
    for number, start in enumerate(range(0, rows, per_file), 1):
        path = folder / f"{PREFIX}_{number}_20261101T100000Z.parquet"
        with pq.ParquetWriter(path, fields) as writer:
            for first in range(start, min(start + per_file, rows), CYCLE):
                many = min(CYCLE, rows - first)
                ids = pa.array(range(first + 1, first + 1 + many), pa.int64())
                columns = [ids, *(column.slice(0, many) for column in others.values())]
                writer.write_table(pa.Table.from_arrays(columns, schema=fields))


def _wire(name: str, n: int) -> Any:
    found = value(name, n)
    if isinstance(found, Decimal):
        return format(found.normalize(), "f")
    if isinstance(found, datetime):
        return found.isoformat(timespec="microseconds")
    if DESCRIBED[name]["type"] == "relation":
        return {"id": found, "key": f"K{found}", "url": ""}
    return found.isoformat() if isinstance(found, date) else found


class Wms:
    """Answers what the tap asks: pages by id, lookups by ids, an extract that has ended."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._tails = [
            json.dumps({name: _wire(name, n) for name in DESCRIBED if name != "id"})[1:].encode()
            for n in range(PAGE)
        ]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=self._answer(str(request.url)))

    def _answer(self, url: str) -> bytes:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        last = parts.path.rstrip("/").rpartition("/")[2]
        fixed: dict[str, Any] = {
            "entity": {ENTITY: "https://wms.example.com/entity/bench"},
            "describe": {"parameters": [], "fields": DESCRIBED},
            "push_to_object_store": {},
            "export_async_status": {
                "cummulative_status": "SUCCEEDED",
                "entities": [{ENTITY: {"status": "SUCCEEDED", "file_prefix": PREFIX}}],
            },
        }
        if last in fixed:
            return json.dumps(fixed[last]).encode()
        return self._rows(query)

    def _rows(self, query: dict[str, str]) -> bytes:
        if "id__in" in query:
            ids = [int(text) for text in query["id__in"].split(",")]
            rows = [
                {"id": n, "facility_id": _wire("facility_id", (n - 1) % CYCLE),
                 "item_id": _wire("item_id", (n - 1) % CYCLE)}
                for n in ids
            ]  # fmt: skip
            return json.dumps({"next_page": None, "results": rows}).encode()
        if query.get("page_size") == "1":
            return b'{"result_count":%d,"results":[{"id":%d}]}' % (self.rows, self.rows)
        return self._page(query)

    def _page(self, query: dict[str, str]) -> bytes:
        first = int(query.get("id__gt", 0)) + 1
        last = min(self.rows, int(query.get("id__lte", self.rows)))
        end = min(last, first + int(query["page_size"]) - 1)
        rows = b",".join(b'{"id":%d,' % n + self._tails[n % PAGE] for n in range(first, end + 1))
        link = b'"https://wms.example.com/next?next"' if end < last else b"null"
        return b'{"next_page":%s,"results":[%s]}' % (link, rows)
