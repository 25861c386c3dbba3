"""What goes wrong on request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest
from wms_standin import Fault, Latency, WmsStandin

from ..conftest import Get, client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def healed(wms: WmsStandin) -> Iterator[None]:
    yield
    wms.heal()
    wms.latency = Latency()


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503, 504])
def test_injected_errors_have_a_body_and_may_have_retry_after(
    wms: WmsStandin, get: Get, status: int
) -> None:
    wms.fail(Fault(status=status, retry_after=7, times=1))
    answer = get("/order_hdr")
    assert answer.status_code == status
    assert answer.headers["retry-after"] == "7"
    assert {"reference", "code", "message"} == set(answer.json())
    assert get("/order_hdr").status_code == 200


def test_without_retry_after_the_header_is_absent(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(status=429))
    assert "retry-after" not in get("/order_hdr").headers


def test_rules_choose_by_entity_path_parameters_and_method(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(status=500, entity="order_*", params={"ordering": "*id", "page_size": "5"}))
    wms.fail(Fault(status=502, path="*/describe"))
    wms.fail(Fault(status=504, method="HEAD"))
    assert get("/order_hdr", ordering="-id", page_size=5).status_code == 500
    assert get("/order_hdr", ordering="-id").status_code == 200
    assert get("/item", ordering="-id", page_size=5).status_code == 200
    assert get("/item/describe/").status_code == 502
    with client(wms) as http:
        assert http.head("/item").status_code == 504


def test_rules_count_the_requests_that_match(wms: WmsStandin, get: Get) -> None:
    rule = wms.fail(Fault(status=503, entity="item", nth=2))
    other = wms.fail(Fault(status=500, entity="company", every=2, times=2))
    assert [get("/item").status_code for _ in range(4)] == [200, 503, 200, 200]
    assert [get("/company").status_code for _ in range(7)] == [200, 500, 200, 500, 200, 200, 200]
    assert (rule.seen, rule.hits, other.hits) == (4, 1, 2)


def test_html_truncated_and_broken_answers(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="html", status=503, nth=1))
    wms.fail(Fault(kind="truncated", nth=1))
    wms.fail(Fault(kind="cut", nth=1))
    wms.fail(Fault(kind="reset", nth=1))
    page = get("/order_hdr")
    assert page.status_code == 503
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<html>")
    short = get("/order_hdr")
    assert short.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        short.json()
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
        get("/order_hdr")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        get("/order_hdr")
    assert get("/order_hdr").status_code == 200


def test_a_hang_answers_rightly_but_late(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="hang", seconds=0.3, nth=1))
    started = time.monotonic()
    assert get("/company").status_code == 200
    assert 0.28 < time.monotonic() - started < 1.5
    wms.fail(Fault(kind="hang", seconds=5, nth=1))
    with client(wms) as http, pytest.raises(httpx.ReadTimeout):
        http.get("/company", timeout=0.2)


def test_an_expired_token_is_401_until_a_new_one_is_asked_for(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="expired_token", nth=1))
    answer = get("/company")
    assert answer.status_code == 401
    assert answer.json()["message"] == "Invalid or expired token."


def test_the_log_tells_what_happened(wms: WmsStandin, get: Get) -> None:
    wms.requests.clear()
    wms.fail(Fault(status=503, nth=1))
    wms.fail(Fault(kind="reset", nth=1))
    get("/order_hdr", page_size=3, ordering="id")
    with pytest.raises(httpx.TransportError):
        get("/order_hdr")
    get("/order_hdr", page_size=3, ordering="id")
    failed, reset, read = wms.requests
    assert (failed.status, reset.status, read.status) == (503, 0, 200)
    assert (failed.rows, reset.rows, read.rows) == (0, 0, 3)
    assert (read.method, read.entity, read.user) == ("GET", "order_hdr", wms.username)
    assert read.params == [("page_size", "3"), ("ordering", "id")]
    assert read.param("ordering") == "id"
    assert read.path.endswith("/entity/order_hdr")
