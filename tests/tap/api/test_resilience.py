"""Whole runs over a WMS that fails in every way the stand-in knows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.errors import StoppedError, UnavailableError
from wms_standin import Fault

from tests.tap.conftest import config_for, expected, replayed, run, without_keys

if TYPE_CHECKING:
    from wms_standin import WmsStandin

PASSING: dict[str, dict[str, Any]] = {
    "conflict": {"status": 409},
    "throttled": {"status": 429},
    "throttled, come back": {"status": 429, "retry_after": 0},
    "server error": {"status": 500},
    "bad gateway": {"status": 502},
    "maintenance": {"status": 503, "retry_after": "Fri, 20 Nov 2015 12:00:00 GMT"},
    "gateway timeout": {"status": 504},
    "page of a proxy": {"kind": "html", "status": 503},
    "page that says it is fine": {"kind": "html", "status": 200},
    "page for nothing found": {"kind": "html", "status": 404},
    "half the JSON": {"kind": "truncated"},
    "broken connection": {"kind": "cut"},
    "no answer at all": {"kind": "reset"},
}


@pytest.mark.parametrize("kind", PASSING)
def test_a_passing_failure_loses_nothing(wms: WmsStandin, kind: str) -> None:
    rule = wms.fail(Fault(entity="order_dtl", every=4, **PASSING[kind]))

    done = run(config_for(wms, entities="order_dtl,uom", page_size=20))

    assert done.error is None
    assert rule.hits > 3
    assert len(done.records("order_dtl")) == len(wms.world.ids("order_dtl"))
    table = replayed(done.records("order_dtl"))
    assert without_keys(table, wms, "order_dtl") == expected(wms, "order_dtl")


@pytest.mark.parametrize("kind", PASSING)
def test_a_lasting_failure_is_never_a_success(wms: WmsStandin, kind: str) -> None:
    wms.fail(Fault(entity="order_dtl", params={"page_size": "20"}, **PASSING[kind]))

    done = run(config_for(wms, entities="order_dtl", page_size=20, max_retries=2))

    assert isinstance(done.error, UnavailableError)
    assert "replication_key_value" not in done.state.get("bookmarks", {}).get("order_dtl", {})


def test_an_answer_that_hangs_is_asked_for_again_in_smaller_pages(wms: WmsStandin) -> None:
    wms.fail(Fault(kind="hang", seconds=1.5, entity="order_dtl", params={"page_size": "8?"}))

    done = run(
        config_for(wms, entities="order_dtl", page_size=80, request_timeout=0.3, max_concurrency=2)
    )

    assert done.error is None
    assert sorted(r["id"] for r in done.records("order_dtl")) == wms.world.ids("order_dtl")
    sizes = {r.param("page_size") for r in wms.requests if r.entity == "order_dtl"}
    assert "40" in sizes


def test_an_answer_that_always_hangs_ends_the_run(wms: WmsStandin) -> None:
    wms.fail(Fault(kind="hang", seconds=1, entity="uom", params={"page_size": "*"}))

    done = run(config_for(wms, entities="uom", page_size=20, request_timeout=0.1, max_retries=1))

    assert "no answer within 0.1 s" in str(done.error)
    assert done.of("RECORD") == []


def test_a_run_out_of_time_can_be_gone_on_from(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_dtl", page_size=10, max_concurrency=1)
    wms.fail(Fault(kind="hang", seconds=0.05, entity="order_dtl"))

    stopped = run(config | {"max_run_seconds": 1})
    wms.heal()
    resumed = run(config, state=stopped.state)

    assert isinstance(stopped.error, StoppedError)
    first = [r["id"] for r in stopped.records("order_dtl")]
    again = [r["id"] for r in resumed.records("order_dtl")]
    assert first
    assert sorted(first + again) == wms.world.ids("order_dtl")


def test_a_stopped_run_does_not_wait_for_requests_in_flight(wms: WmsStandin) -> None:
    wms.fail(Fault(kind="hang", seconds=20, entity="order_dtl", nth=3))
    begun = time.monotonic()

    stopped = run(
        config_for(wms, entities="order_dtl", page_size=10, max_concurrency=1, max_run_seconds=1)
    )

    assert isinstance(stopped.error, StoppedError)
    assert time.monotonic() - begun < 10
