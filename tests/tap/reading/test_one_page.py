"""What lacks in the only page of an entity, or in a window that seems to be empty, is found out."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.errors import IncompleteError
from wms_standin import Fault, Lie, Options, WmsStandin

from tests.tap.conftest import Run, config_for, discovered, listed, run, selected

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTITY = "container_lock_xref"
CHANGING = "order_hdr"
WITHOUT_ID = "rf_key_map"
ROWS = 70


@pytest.fixture
def small_wms() -> Iterator[WmsStandin]:
    with WmsStandin(seed=3, rows={ENTITY: ROWS, CHANGING: ROWS, WITHOUT_ID: ROWS}) as wms:
        yield wms


def read(wms: WmsStandin, entity: str, state: Any = None, **settings: Any) -> Run:
    config = config_for(wms, entities=entity, page_size=200, **settings)
    catalog = selected(discovered(config), entity)
    wms.requests.clear()
    return run(config, catalog, state)


def touch(wms: WmsStandin) -> int:
    """Change a row, a minute after all that was read and a minute before what follows."""
    wms.clock.shift(timedelta(minutes=1))
    row_id = wms.world.ids(CHANGING)[7]
    wms.world.update(CHANGING, row_id, cust_field_1="touched")
    wms.clock.shift(timedelta(minutes=1))
    return row_id


@pytest.mark.parametrize("entity", [ENTITY, WITHOUT_ID])
def test_rows_that_the_only_page_lacks_are_read(small_wms: WmsStandin, entity: str) -> None:
    rule = small_wms.tell(Lie("lost_rows", "opening", entity=entity))

    done = read(small_wms, entity)

    assert rule.told
    assert done.error is None
    assert len({str(record) for record in done.records(entity)}) == ROWS
    assert len(done.records(entity)) == ROWS
    assert len(done.of("ACTIVATE_VERSION")) == 1


@pytest.mark.parametrize("lost", [98, 100])
def test_a_first_page_that_is_cut_off_once_does_not_make_all_pages_small(lost: int) -> None:
    with WmsStandin(seed=3, rows={ENTITY: 1_500}) as wms:
        one_by_one = {"max_concurrency": 1}  # how slices are shared out is a matter of time
        healthy = read(wms, ENTITY, **one_by_one)
        asked = len(wms.requests)
        wms.fail(Fault(kind="cut_off", by=lost, request="opening", entity=ENTITY, times=1))

        done = read(wms, ENTITY, **one_by_one)

        assert len(wms.requests) == asked + 1
        assert len(done.records(ENTITY)) == len(healthy.records(ENTITY)) == 1_500


@pytest.mark.parametrize("entity", [ENTITY, WITHOUT_ID])
def test_rows_that_the_only_page_always_lacks_fail_the_run(
    small_wms: WmsStandin, entity: str
) -> None:
    for role in ("opening", "slice", "next", "by_ids"):
        small_wms.fail(Fault(kind="lost_rows", entity=entity, request=role))

    done = read(small_wms, entity)

    assert isinstance(done.error, IncompleteError)
    assert f" of {ROWS} rows were not given by WMS" in str(done.error)
    assert not done.of("ACTIVATE_VERSION")


def test_the_only_page_is_compared_with_its_own_count(small_wms: WmsStandin) -> None:
    done = read(small_wms, ENTITY)

    report = done.tap.current_run.report.stream(ENTITY)
    assert (report.counted, report.rows_counted) == (True, ROWS)
    assert len(listed(small_wms, ENTITY)) == 1


def test_rows_without_ids_that_lacked_once_are_read_again(small_wms: WmsStandin) -> None:
    """Only those that lacked leave, for a target cannot tell a row without a key from its twin."""
    small_wms.fail(Fault(kind="lost_rows", entity=WITHOUT_ID, request="next", nth=1, by=3))
    config = config_for(small_wms, entities=WITHOUT_ID, page_size=20)

    done = run(config, selected(discovered(config), WITHOUT_ID))

    assert done.error is None
    assert len({str(record) for record in done.records(WITHOUT_ID)}) == ROWS
    assert len(done.records(WITHOUT_ID)) == ROWS


@pytest.mark.parametrize("kind", ["not_found", "empty"])
def test_a_window_is_asked_for_again_where_rows_came_last(small_wms: WmsStandin, kind: Any) -> None:
    first = read(small_wms, CHANGING, incremental_overlap_minutes=0)
    row_id = touch(small_wms)
    rule = small_wms.tell(Lie(kind, "opening", entity=CHANGING))

    lied_to = read(small_wms, CHANGING, first.state, incremental_overlap_minutes=0)

    assert rule.told
    assert [record["id"] for record in lied_to.records(CHANGING)] == [row_id]
    assert lied_to.tap.current_run.report.stream(CHANGING).asked_again == 1


def test_an_entity_that_stays_idle_costs_one_request(small_wms: WmsStandin) -> None:
    """The first empty window after rows is asked for twice, those after it once each."""
    state, costs = read(small_wms, CHANGING, incremental_overlap_minutes=0).state, []
    for _ in range(4):
        small_wms.clock.shift(timedelta(minutes=1))
        done = read(small_wms, CHANGING, state, incremental_overlap_minutes=0)
        state = done.state
        costs.append(len(listed(small_wms, CHANGING)))

    assert costs == [2, 1, 1, 1]


def test_what_an_idle_entity_hides_once_comes_with_the_next_run(small_wms: WmsStandin) -> None:
    """The bookmark says that the window was empty, so that the next run looks there as well."""
    state = read(small_wms, CHANGING, incremental_overlap_minutes=0).state
    for _ in range(3):
        small_wms.clock.shift(timedelta(minutes=1))
        state = read(small_wms, CHANGING, state, incremental_overlap_minutes=0).state
    before = state["bookmarks"][CHANGING]["replication_key_value"]
    row_id = touch(small_wms)
    small_wms.tell(Lie("not_found", "opening", entity=CHANGING))

    lied_to = read(small_wms, CHANGING, state, incremental_overlap_minutes=0)
    after = read(small_wms, CHANGING, lied_to.state, incremental_overlap_minutes=0)

    assert lied_to.records(CHANGING) == []
    assert lied_to.bookmark(CHANGING)["empty_since"] <= before
    assert [record["id"] for record in after.records(CHANGING)] == [row_id]
    assert after.bookmark(CHANGING)["empty_since"] is None


@pytest.mark.parametrize("entity", [ENTITY, WITHOUT_ID])
def test_rows_that_are_not_counted_are_a_warning(
    entity: str, caplog: pytest.LogCaptureFixture
) -> None:
    with WmsStandin(seed=3, rows={entity: ROWS}, options=Options(counts="null")) as wms:
        done = read(wms, entity)

    assert done.error is None
    assert len(done.records(entity)) == ROWS
    report = done.tap.current_run.report.stream(entity)
    assert (report.counted, report.rows_counted) == (False, None)
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert any(text.startswith(f"Stream {entity}: its rows are not counted") for text in warnings)


def test_a_first_page_whose_count_takes_long_is_asked_for_without(
    small_wms: WmsStandin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tap_oracle_wms.reading.list_requests.OPENING_SECONDS", 0.2)
    small_wms.fail(Fault(kind="hang", seconds=0.6, entity=ENTITY, params={"page_mode": "paged"}))

    done = read(small_wms, ENTITY)

    assert done.error is None
    assert len(done.records(ENTITY)) == ROWS
    assert done.tap.current_run.report.stream(ENTITY).counted is False
    assert "its rows are not counted" in caplog.text
