"""Answers whose form no reader expects, and headers that take for ever."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from wms_standin import Fault, WmsStandin

from ..conftest import Get, client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def healed(wms: WmsStandin) -> Iterator[None]:
    yield
    wms.heal()


def test_a_body_can_begin_with_a_byte_order_mark(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="bom", times=1))
    body, plain = get("/company").content, get("/company").content
    assert body == b"\xef\xbb\xbf" + plain


def test_a_number_can_be_nan_and_a_text_half_a_pair(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="nan", times=1))
    wms.fail(Fault(kind="surrogate", times=1))
    wms.fail(Fault(kind="nan", column="cust_number_1", times=1))
    with_nan, with_half, chosen = (get("/order_hdr", page_size=3).text for _ in range(3))
    rows = json.loads(with_nan, parse_constant=lambda name: f"<{name}>")["results"]
    assert [list(row.values()).count("<NaN>") for row in rows] == [0, 1, 0]
    texts = [json.dumps(row) for row in json.loads(with_half)["results"]]
    assert [r'"half \ud800 pair"' in text for text in texts] == [False, True, False]
    assert '"cust_number_1":NaN' in chosen


def test_an_id_can_be_missing_or_quoted(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="missing_id", times=1))
    wms.fail(Fault(kind="quoted_id", times=1))

    def kinds() -> list[str]:
        rows = get("/order_hdr", page_size=3).json()["results"]
        return [type(row.get("id")).__name__ for row in rows]

    assert [kinds() for _ in range(3)] == [
        ["int", "NoneType", "int"], ["int", "str", "int"], ["int", "int", "int"],
    ]  # fmt: skip


def test_offsets_can_have_seconds(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="offset_seconds", times=1))
    row = get("/order_hdr", page_size=1).json()["results"][0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}-03:06:28", row["mod_ts"])
    assert row["ord_date"] is None or re.fullmatch(r"\d{4}-\d\d-\d\d", row["ord_date"])


def test_headers_can_drip(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="dripping", seconds=0.002, times=1))
    right, started = get("/company", ordering="id"), time.monotonic()
    assert right.status_code == 200
    wms.fail(Fault(kind="dripping", seconds=0.002, times=1))
    with client(wms) as http:
        slow = http.get("/company?ordering=id", timeout=0.2)  # of each read: bytes keep coming
    assert time.monotonic() - started > 0.1
    assert slow.json() == right.json()
    assert wms.requests[-1].fault == "dripping"


def test_a_reader_may_leave_while_headers_drip(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="dripping", seconds=0.3, times=1))
    with client(wms) as http, pytest.raises(httpx.ReadTimeout):
        http.get("/company", timeout=0.1)
    assert get("/company").status_code == 200


@pytest.mark.parametrize(
    ("after", "expected"),
    [(0, "0"), ("soon", "soon"), (timedelta(seconds=-400), -400), (timedelta(seconds=30), 30)],
)
def test_retry_after_can_be_zero_nonsense_or_a_date(
    wms: WmsStandin, get: Get, after: Any, expected: Any
) -> None:
    wms.fail(Fault(status=429, retry_after=after))
    answer = get("/company")
    shown = answer.headers["retry-after"]
    if isinstance(expected, str):
        assert shown == expected
    else:
        wait = parsedate_to_datetime(shown) - parsedate_to_datetime(answer.headers["date"])
        assert abs(wait.total_seconds() - expected) <= 1


def test_anything_can_happen_before_an_answer(own_wms: WmsStandin, own_get: Get) -> None:
    made: list[int] = []
    own_wms.fail(
        Fault(
            kind="call",
            action=lambda: made.append(own_wms.world.insert("company")),
            request="opening",
            nth=2,
        )
    )
    counts = [own_get("/company").json()["result_count"] for _ in range(3)]
    assert counts == [counts[0], counts[0] + 1, counts[0] + 1]
    assert made == own_wms.world.ids("company")[-1:]
