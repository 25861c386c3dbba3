"""Which way is taken where a WMS answers as slowly as a tenant, and what is said of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Fault, Latency, WmsStandin

from tests.tap.conftest import (
    config_for,
    discovered,
    listed,
    replayed,
    run,
    selected,
    tap_with,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tap.conftest import Run

ENTITY = "order_dtl"
ROWS = 500
COSTLY = Latency(factor=1, base=0.001, row=0.02, light=0.00002)
"""Nearly all time goes into related records."""
ALIKE = Latency(factor=1, base=0.001, row=0.0005, light=0.0005)
CHOOSING = tap_with(flat_rows=200)


@pytest.fixture(scope="module")
def world() -> Iterator[WmsStandin]:
    with WmsStandin(seed=4, rows={ENTITY: ROWS}) as server:
        yield server


@pytest.fixture
def wms(world: WmsStandin) -> Iterator[WmsStandin]:
    yield world
    world.heal()
    world.latency = Latency()
    world.requests.clear()


def read(wms: WmsStandin, state: Any = None, **more: Any) -> Run:
    wms.requests.clear()
    settings = {"page_size": 50, "max_concurrency": 2, "read_mode": "auto", **more}
    return run(config_for(wms, entities=ENTITY, **settings), state=state, kind=CHOOSING)


def reported(done: Run) -> dict[str, Any]:
    found: dict[str, Any] = done.tap.current_run.report.full()["streams"][ENTITY]
    return found


def flat_requests(wms: WmsStandin) -> int:
    return sum(bool(request.param("values_list")) for request in listed(wms, ENTITY))


def test_flat_is_taken_where_related_records_cost_the_time(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tap-oracle-wms")
    wms.latency = COSTLY

    done = read(wms)

    assert done.error is None
    assert reported(done)["read_flat"] > ROWS / 2
    costs = reported(done)["ms_a_row"]
    assert costs["flat"] * 2 < costs["records"]
    said = [text for text in caplog.messages if "ms a row flat" in text]
    assert len(said) == 1
    assert said[0].endswith("by records; it is read flat.")
    assert replayed(done.records(ENTITY)) == replayed(
        read(wms, read_mode="records").records(ENTITY)
    )


def test_records_are_kept_where_flat_is_not_twice_as_cheap(wms: WmsStandin) -> None:
    wms.latency = ALIKE

    done = read(wms)

    assert done.error is None
    assert len(done.records(ENTITY)) == ROWS
    assert flat_requests(wms) <= 3
    assert "read_by" not in done.bookmark(ENTITY)


@pytest.mark.parametrize(
    "more", [{"page_size": 1000}, {"max_concurrency": 16}, {"record_limit": 450}]
)
def test_nothing_is_asked_to_choose_where_it_is_not_worth_it(
    wms: WmsStandin, more: dict[str, Any]
) -> None:
    done = read(wms, **more)

    assert done.error is None
    assert flat_requests(wms) == 0
    assert "ms_a_row" in reported(done)


def test_a_large_window_is_read_flat_too(wms: WmsStandin) -> None:
    wms.latency = COSTLY
    stamps = sorted(row["mod_ts"] for row in wms.world.rows(ENTITY))
    since, until = stamps[0].isoformat(), (stamps[-1] + timedelta(seconds=1)).isoformat()
    key = {"format": 1, "replication_key": "mod_ts", "replication_key_value": since}

    done = read(wms, {"bookmarks": {ENTITY: key}}, end_date=until)

    assert done.error is None
    assert reported(done)["read_flat"] > ROWS / 2
    assert len(done.records(ENTITY)) == ROWS
    assert "full_load" not in {k for k, v in done.bookmark(ENTITY).items() if v}


def test_a_difference_ends_it_for_good_and_all_is_read_again(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    truth = replayed(read(wms, read_mode="records").records(ENTITY))
    caplog.set_level("WARNING", "tap-oracle-wms")
    fault = Fault(kind="wrong_value", column="order_id__order_nbr", request="flat", after=3)
    wms.fail(fault)

    done = read(wms, read_mode="values_list")
    again = read(wms, {"bookmarks": {ENTITY: {"read_by": "records", "format": 1}}})

    assert done.error is None
    assert replayed(done.records(ENTITY)) == truth
    assert len(done.records(ENTITY)) > ROWS
    assert done.bookmark(ENTITY)["read_by"] == "records"
    assert done.bookmark(ENTITY)["rows"] == ROWS
    (said,) = [text for text in caplog.messages if "again by records" in text]
    assert "`order_key`" in said
    assert flat_requests(wms) == 0
    assert again.bookmark(ENTITY)["read_by"] == "records"


def test_a_difference_in_a_backfill_is_kept_beside_the_bookmark(wms: WmsStandin) -> None:
    bookmark = {
        "format": 1, "replication_key": "mod_ts", "rows": ROWS,
        "replication_key_value": "2025-01-01T00:00:00+00:00",
    }  # fmt: skip
    before = {"bookmarks": {ENTITY: bookmark}}
    fault = Fault(kind="wrong_value", column="order_id__order_nbr", request="flat", after=3)
    wms.fail(fault)

    done = read(wms, before, read_mode="values_list", backfill={ENTITY: {}})
    again = read(wms, done.state, read_mode="values_list", backfill={ENTITY: {}})

    assert done.error is None
    assert done.bookmark(ENTITY) == {**bookmark, "read_by": "records"}
    assert again.error is None
    assert flat_requests(wms) == 0


def test_twenty_rows_are_compared_at_least_and_by_one_request(wms: WmsStandin) -> None:
    done = read(wms, read_mode="values_list", page_size=200)

    assert done.error is None
    wanted = [request.param("id__in") for request in listed(wms, ENTITY)]
    (compared,) = [ids.split(",") for ids in wanted if ids]
    assert 20 <= len(compared) <= 40


def test_no_state_speaks_of_rows_that_no_comparison_vouches_for(wms: WmsStandin) -> None:
    wms.fail(Fault(status=500, request="list", entity=ENTITY, after=12))
    flat = {"read_mode": "values_list", "max_retries": 0, "max_concurrency": 1}

    broken = read(wms, **flat)
    wms.heal()
    whole = read(wms, broken.state, **flat)

    assert broken.error is not None
    assert len(broken.records(ENTITY)) >= 150
    (done,) = broken.bookmark(ENTITY)["full_load"]["done"]
    assert done[2] == 50  # what came by records
    assert whole.error is None
    assert len(whole.records(ENTITY)) == ROWS - 50


def test_a_lie_that_begins_with_the_last_pages_is_found(wms: WmsStandin) -> None:
    flat = {"read_mode": "values_list", "page_size": 15, "max_concurrency": 1}
    truth = replayed(read(wms, read_mode="records").records(ENTITY))
    late = Fault(
        kind="wrong_value", column="item_id__item_alternate_code", request="flat", after=24
    )
    rule = wms.fail(late)

    done = read(wms, **flat)

    assert rule.told
    assert done.error is None
    assert replayed(done.records(ENTITY)) == truth
    assert done.bookmark(ENTITY)["read_by"] == "records"


def test_rows_are_read_flat_without_their_time_of_change_too(wms: WmsStandin) -> None:
    config = config_for(wms, entities=ENTITY, page_size=50, max_concurrency=2)
    catalog = selected(discovered(config), ENTITY)
    for metadata in catalog["streams"][0]["metadata"]:
        if metadata["breadcrumb"][1:] in (["mod_ts"], ["item_id"]):
            metadata["metadata"] |= {"selected": False, "inclusion": "available"}
    config["force_full_table"] = True

    by_records = run({**config, "read_mode": "records"}, catalog)
    flat = run({**config, "read_mode": "values_list"}, catalog)

    assert reported(flat)["read_flat"] > ROWS / 2
    records = replayed(flat.records(ENTITY))
    assert records == replayed(by_records.records(ENTITY))
    assert all("mod_ts" not in row and "item_id" not in row for row in records.values())
    assert all("item_key" in row for row in records.values())


def test_flat_rows_tell_that_they_are_not_deleted_where_others_do(wms: WmsStandin) -> None:
    given = {"detect_deletes": [ENTITY], "force_full_table": True}
    by_records = read(wms, read_mode="records", **given)
    flat = read(wms, read_mode="values_list", **given)

    assert reported(flat)["read_flat"] > ROWS / 2
    assert replayed(flat.records(ENTITY)) == replayed(by_records.records(ENTITY))
    assert {row["_sdc_deleted_at"] for row in flat.records(ENTITY)} == {None}
    messages = [(m["type"], m["stream"], m["version"]) for m in flat.of("RECORD")]
    assert len(set(messages)) == 1
    assert all(m["time_extracted"].endswith("Z") for m in flat.of("RECORD"))
