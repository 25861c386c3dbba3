"""Pages of an entity with 40 fields, made so cheaply that they cost next to nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

ENTITY = "bench"
PAGE = 1000
_HOST = "https://wms.example.com:443/acme/wms/lgfapi/v10"

DESCRIBED: dict[str, dict[str, Any]] = {
    "id": {"type": "integer"},
    **{name: {"type": "datetime"} for name in ("create_ts", "mod_ts", "order_ts", "ship_ts")},
    **{name: {"type": "date"} for name in ("cust_date_1", "cust_date_2")},
    **{name: {"type": "relation"} for name in ("facility_id", "company_id", "item_id", "order_id")},
    "status_id": {"type": "integer"},
    **{f"qty_{n}": {"type": "decimal"} for n in range(6)},
    **{f"is_{n}": {"type": "boolean"} for n in range(3)},
    **{f"number_{n}": {"type": "integer"} for n in range(4)},
    **{f"text_{n}": {"type": "string", "max_length": 50} for n in range(15)},
}
SCHEMA: dict[str, Any] = {
    "integer": {"type": ["integer", "null"]},
    "datetime": {"type": ["string", "null"], "format": "date-time"},
    "date": {"type": ["string", "null"], "format": "date"},
    "decimal": {"type": ["string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "string": {"type": ["string", "null"]},
    "relation": {
        "type": ["object", "null"],
        "properties": {
            "id": {"type": ["integer", "null"]},
            "key": {"type": ["string", "null"]},
            "url": {"type": ["string", "null"]},
        },
    },
}
"""The types of WMS as JSON Schema, for a tap that passes rows on as they are."""


def row(n: int) -> dict[str, Any]:
    """One record as WMS answers it, less its id."""
    moment = f"2025-06-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:17.{n % 1_000_000:06}-03:00"
    values: dict[str, Any] = {
        "datetime": moment,
        "date": moment[:10],
        "decimal": f"{n}.{n % 10_000:04}5",
        "boolean": n % 2 == 0,
        "integer": n,
        "string": f"Text of row {n}, é",
        "relation": {
            "id": n % 97 + 1,
            "key": f"K{n % 97}",
            "url": f"{_HOST}/entity/company/{n % 97}",
        },
    }
    return {name: values[field["type"]] for name, field in DESCRIBED.items() if name != "id"}


def flat_row(whole: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    """A record as a `values_list` gives it, less its id."""
    found = {}
    for name in columns:
        link, _, path = name.partition("__")
        value = whole[link]
        found[name] = (value["key"] if path else value["id"]) if isinstance(value, dict) else value
    return found


class Canned:
    """A WMS with one entity of so many rows, ids from 1 on; answers queries for a page by id."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._wholes = [row(n) for n in range(PAGE)]
        self._tails = list(map(_tail, self._wholes))
        self._bare = [b"}"] * PAGE
        self._flat: dict[str, list[bytes]] = {}

    def answer(self, url: str) -> bytes:
        """The body for a URL of the API."""
        parts = urlsplit(url)
        if parts.path.endswith("/entity/"):
            return json.dumps({ENTITY: f"{_HOST}/entity/{ENTITY}"}).encode()
        if parts.path.endswith("/describe/"):
            return json.dumps({"parameters": [], "fields": DESCRIBED}).encode()
        return self._page({name: values[-1] for name, values in parse_qs(parts.query).items()})

    def _page(self, query: dict[str, str]) -> bytes:
        first = int(query.get("id__gt", 0)) + 1
        last = min(self.rows, int(query.get("id__lte", self.rows)))
        count = b"null" if query.get("page_mode") == "sequenced" else b"%d" % (last - first + 1)
        end = min(last, first + int(query["page_size"]) - 1)
        ids: Sequence[int] = range(first, end + 1)
        if query.get("ordering") == "-id":
            ids = [last]
        elif "id__in" in query:
            ids = [int(n) for n in query["id__in"].split(",")]
        has_more = isinstance(ids, range) and end < last
        link = b'"%s/entity/%s?next"' % (_HOST.encode(), ENTITY.encode()) if has_more else b"null"
        tails = self._tails_of(query)
        rows = b",".join(b'{"id":%d%s' % (n, tails[n % PAGE]) for n in ids)
        return b'{"result_count":%s,"next_page":%s,"results":[%s]}' % (count, link, rows)

    def _tails_of(self, query: dict[str, str]) -> list[bytes]:
        if query.get("fields") == "id":
            return self._bare
        wanted = query.get("values_list")
        if wanted is None:
            return self._tails
        if wanted not in self._flat:
            columns = wanted.split(",")[1:]
            self._flat[wanted] = [_tail(flat_row(whole, columns)) for whole in self._wholes]
        return self._flat[wanted]


def _tail(found: dict[str, Any]) -> bytes:
    """What follows the id of a row."""
    return b"," + json.dumps(found)[1:].encode()
