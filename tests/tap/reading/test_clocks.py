"""A bookmark follows the server's clock, but no clock alone moves it past what is yet to come."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from wms_standin import Options, WmsStandin

from tests.tap.conftest import Run, config_for, discovered, run, selected

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTITY = "order_hdr"


@pytest.fixture
def skewed_wms(request: pytest.FixtureRequest) -> Iterator[WmsStandin]:
    options = Options(date_skew=request.param.total_seconds())
    with WmsStandin(seed=3, rows={ENTITY: 30}, options=options) as wms:
        wms.clock.shift(timedelta())  # this machine's clock is the same from here on
        yield wms


def reached(done: Run) -> datetime:
    return datetime.fromisoformat(done.bookmark(ENTITY)["replication_key_value"])


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.getMessage().startswith("WMS says that")]


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("skewed_wms", [HOUR, -HOUR], indirect=True)
def test_clocks_that_differ_are_told_once_and_the_earlier_one_counts(
    skewed_wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    skew = timedelta(seconds=skewed_wms.options.date_skew)
    config = config_for(skewed_wms, entities=ENTITY, incremental_overlap_minutes=10)
    catalog = selected(discovered(config), ENTITY)
    caplog.clear()
    first = run(config, catalog)
    told = warnings(caplog)
    row_id = skewed_wms.world.ids(ENTITY)[7]
    skewed_wms.clock.shift(2 * HOUR)
    skewed_wms.world.update(ENTITY, row_id, cust_field_1="touched")
    skewed_wms.clock.shift(2 * HOUR)

    second = run(config, catalog, first.state)

    assert [record["id"] for record in second.records(ENTITY)] == [row_id]
    earlier = skewed_wms.now + min(skew, timedelta())
    assert earlier - timedelta(seconds=60) < reached(second) <= earlier
    assert len(told) == 1
    assert "they differ by more than `incremental_overlap_minutes`" in told[0]
    assert [r.levelno for r in caplog.records if r.getMessage() in told] == [logging.WARNING]


@pytest.mark.parametrize("skewed_wms", [HOUR], indirect=True)
def test_no_change_is_lost_when_a_clock_that_was_ahead_is_set_right(
    skewed_wms: WmsStandin,
) -> None:
    config = config_for(skewed_wms, entities=ENTITY, incremental_overlap_minutes=0)
    catalog = selected(discovered(config), ENTITY)
    state = run(config, catalog, run(config, catalog).state).state
    skewed_wms.clock.shift(timedelta(minutes=5))
    row_id = skewed_wms.world.ids(ENTITY)[7]
    skewed_wms.world.update(ENTITY, row_id, cust_field_1="touched")
    skewed_wms.clock.shift(HOUR)

    after = run(config, catalog, state)

    assert row_id in [record["id"] for record in after.records(ENTITY)]


@pytest.mark.parametrize("skewed_wms", [timedelta(minutes=5)], indirect=True)
def test_clocks_that_differ_within_the_overlap_are_no_matter(
    skewed_wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    config = config_for(skewed_wms, entities=ENTITY, incremental_overlap_minutes=10)
    catalog = selected(discovered(config), ENTITY)

    done = run(config, catalog)

    assert reached(done) > skewed_wms.now + timedelta(minutes=4)
    assert not warnings(caplog)
