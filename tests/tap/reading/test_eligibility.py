"""A run notices that the user sees more than it did: those rows lie before the bookmark."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Fault, WmsStandin

from tests.tap.conftest import Run, config_for, discovered, listed, run, selected

if TYPE_CHECKING:
    from collections.abc import Callable


def see(wms: WmsStandin, facilities: frozenset[str] | None) -> None:
    user = wms.accounts.users[wms.username]
    wms.add_user(replace(user, facilities=facilities))


@pytest.fixture
def codes(wms: WmsStandin) -> list[str]:
    return sorted(row["code"] for row in wms.world.rows("facility"))


@pytest.fixture
def read(wms: WmsStandin) -> Callable[..., Run]:
    names = ["order_hdr", "order_dtl", "container_lock_xref"]
    catalog = selected(discovered(config_for(wms, entities=names)), *names)

    def start(state: Any = None, **settings: Any) -> Run:
        wms.clock.shift(timedelta(minutes=1))
        return run(config_for(wms, **settings), catalog, state)

    return start


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    caplog.clear()
    return [text for text in warnings if "the user now sees" in text]


def test_a_gained_facility_is_a_warning_for_each_incremental_stream(
    wms: WmsStandin, read: Callable[..., Run], codes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    see(wms, frozenset(codes[:1]))
    first = read()
    second = read(first.state)
    assert told(caplog) == []

    see(wms, frozenset(codes[:2]))
    third = read(second.state)

    warnings = told(caplog)
    assert [text.split(":")[0] for text in warnings] == ["Stream order_dtl", "Stream order_hdr"]
    assert f"the user now sees facility {codes[1]}, and did not" in warnings[0]
    assert "`force_full_table`" in warnings[0]
    read(third.state)
    assert told(caplog) == []


def test_a_forced_full_load_reads_what_was_gained_and_is_told_of_nothing(
    wms: WmsStandin, read: Callable[..., Run], codes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    see(wms, frozenset(codes[:1]))
    first = read()
    see(wms, None)

    full = read(first.state, force_full_table=True)
    after = read(full.state)

    assert len(full.records("order_hdr")) == wms.world.count("order_hdr")
    assert after.error is None
    assert told(caplog) == []


def test_a_lost_facility_is_no_warning(
    wms: WmsStandin, read: Callable[..., Run], codes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    first = read()
    see(wms, frozenset(codes[1:]))

    second = read(first.state)

    assert told(caplog) == []
    seen = second.state["sees"]
    assert [found["facility"] for found in seen.values()] == [codes[1:]]
    digests = {bookmark["sees"] for bookmark in second.state["bookmarks"].values()}
    assert digests == set(seen)


def test_fixed_codes_are_not_asked_for(wms: WmsStandin, codes: list[str]) -> None:
    company = wms.world.rows("company")[0]["code"]
    config = config_for(wms, entities="order_hdr", facility_code=codes[0], company_code=company)
    catalog = selected(discovered(config), "order_hdr")
    wms.requests.clear()

    run(config, catalog)

    asked = [dict(r.params) for name in ("facility", "company") for r in listed(wms, name)]
    assert all("code__in" in params for params in asked)


def test_codes_that_wms_does_not_tell_are_no_failure(
    wms: WmsStandin, read: Callable[..., Run], codes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    first = read()
    wms.fail(Fault(status=403, entity="facility"))

    second = read(first.state)

    assert second.error is None
    assert told(caplog) == []
    before, after = (d.bookmark("order_hdr")["sees"] for d in (first, second))
    assert before == after
