"""A full load reads every row once, and a broken one resumes where it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from wms_standin import Fault, Options, WmsStandin

from tests.tap.conftest import (
    CORE,
    config_for,
    expected,
    listed,
    replayed,
    run,
    tap_with,
    without_keys,
)


@pytest.mark.parametrize("page_size", [1000, 7])
def test_every_value_of_every_row_leaves(wms: WmsStandin, page_size: int) -> None:
    done = run(config_for(wms, entities=CORE, page_size=page_size))

    assert done.error is None
    for entity in CORE:
        records = done.records(entity)
        assert len(records) == len(wms.world.rows(entity))
        assert without_keys(replayed(records), wms, entity) == expected(wms, entity), entity


ENDED = ("empty_since", "extract", "full_load", "known_ids")
"""Keys of STATE that are null when they mean nothing."""


def test_a_wms_that_caps_pages_below_what_is_asked_loses_no_row() -> None:
    with WmsStandin(seed=1, options=Options(max_page_size=25)) as capped:
        done = run(config_for(capped, entities=CORE))

        assert done.error is None
        for entity in CORE:
            assert sorted(r["id"] for r in done.records(entity)) == capped.world.ids(entity)


def test_keys_of_relations_leave_beside_their_ids(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="order_dtl"))

    orders = {row["id"]: row["order_nbr"] for row in wms.world.rows("order_hdr")}
    assert all(r["order_key"] == orders[r["order_id"]] for r in done.records("order_dtl"))


def test_a_small_entity_costs_one_request(wms: WmsStandin) -> None:
    run(config_for(wms, entities="uom"))

    assert [r.params for r in listed(wms, "uom")] == [
        [("page_mode", "paged"), ("page_size", "100"), ("ordering", "id")]
    ]


def test_rows_are_read_in_parallel_without_ordering_by_time(wms: WmsStandin) -> None:
    run(config_for(wms, entities="allocation", page_size=20))

    requests = listed(wms, "allocation")
    assert {r.param("ordering") for r in requests} == {"id", "-id"}
    assert len({r.param("id__lte") for r in requests}) > 3


def test_the_state_after_a_full_load_is_the_time_before_it(wms: WmsStandin) -> None:
    before = wms.now
    done = run(config_for(wms, entities="order_hdr"))

    bookmark = done.bookmark("order_hdr")
    assert set(bookmark) == {
        "format", "replication_key", "replication_key_value", "scope", "version", "rows", "sees",
        *ENDED,
    }  # fmt: skip
    assert not any(bookmark[name] for name in ENDED)
    mark = bookmark["replication_key_value"]
    assert (before - timedelta(seconds=2)).isoformat() < mark < wms.now.isoformat()


def test_a_broken_full_load_goes_on_where_it_was(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_dtl", page_size=20, max_retries=0, max_concurrency=2)
    wms.fail(Fault(entity="order_dtl", status=500, nth=12, params={"page_size": "20"}))
    broken = run(config)
    wms.heal()
    loaded = {r["id"] for r in broken.records("order_dtl")}
    mark = broken.bookmark("order_dtl")["full_load"]["mark"]

    resumed = run(config, state=broken.state)

    assert broken.error is not None
    assert 0 < len(loaded) < len(wms.world.ids("order_dtl"))
    assert not loaded & {r["id"] for r in resumed.records("order_dtl")}
    table = replayed(broken.records("order_dtl") + resumed.records("order_dtl"))
    assert without_keys(table, wms, "order_dtl") == expected(wms, "order_dtl")
    assert resumed.bookmark("order_dtl")["replication_key_value"] == mark


@pytest.mark.parametrize("grows", [True, False])
@pytest.mark.parametrize("entity", ["order_dtl", "uom"])
def test_a_load_that_broke_off_after_its_last_page_reads_no_row_again(
    wms: WmsStandin, entity: str, grows: bool
) -> None:
    first = run(config_for(wms, entities=entity, page_size=100), kind=tap_with(state_seconds=0))
    loads = [m["value"]["bookmarks"].get(entity, {}) for m in first.of("STATE")]
    *_, last = [found for found in loads if found.get("full_load")]
    assert sum(rows for *_, rows in last["full_load"]["done"]) == wms.world.count(entity)
    new = [wms.world.insert(entity)] if grows else []

    resumed = run(config_for(wms, entities=entity), state={"bookmarks": {entity: last}})

    assert [r["id"] for r in resumed.records(entity)] == new
    assert len(resumed.of("ACTIVATE_VERSION")) == 1


def test_a_table_that_lives_while_it_is_read_is_complete_after_the_next_run(
    wms: WmsStandin,
) -> None:
    config = config_for(wms, entities="order_dtl", page_size=10)
    wms.live(every=1, entities=("order_dtl",))

    first = run(config)
    wms.live(updates=0, inserts=0, late=0, deletes=0)
    wms.clock.shift(timedelta(seconds=2))
    second = run(config, state=first.state)

    table = replayed(first.records("order_dtl") + second.records("order_dtl"))
    there = expected(wms, "order_dtl")
    found = without_keys(table, wms, "order_dtl")
    assert {i: row for i, row in found.items() if i in there} == there


def test_entities_without_id_are_read_page_by_page(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="rf_key_map", page_size=3))

    assert len(done.records("rf_key_map")) == len(wms.world.rows("rf_key_map"))
    (schema,) = done.of("SCHEMA")
    assert schema["key_properties"] == []
    assert set(done.bookmark("rf_key_map")) == {
        "format",
        "scope",
        "version",
        "rows",
        "sees",
        *ENDED,
    }


def test_an_entity_without_rows_is_read_as_empty() -> None:
    with WmsStandin(seed=1, rows={"order_hdr": 0, "order_dtl": 0}) as wms:
        done = run(config_for(wms, entities="order_hdr"))

    assert done.error is None
    assert done.records("order_hdr") == []
    assert "replication_key_value" in done.bookmark("order_hdr")


def test_a_record_limit_ends_a_stream_and_the_next_run_goes_on(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr,uom", record_limit=40, page_size=20)
    state: Any = None
    read: list[int] = []
    for _ in range(6):
        done = run(config, state=state)
        assert done.error is None
        read += [r["id"] for r in done.records("order_hdr")]
        assert len(done.records("order_hdr")) <= 40
        state = done.state

    assert set(read) == set(wms.world.ids("order_hdr"))
    assert state["bookmarks"]["order_hdr"]["full_load"] is None
