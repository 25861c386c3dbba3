"""A later run reads what changed since the bookmark, and no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wms_standin import Lie, WmsStandin

from tests.tap.conftest import (
    config_for,
    discovered,
    expected,
    listed,
    replayed,
    run,
    selected,
    tap_with,
    without_keys,
)

if TYPE_CHECKING:
    import pytest


def test_a_second_run_reads_only_what_changed(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", incremental_overlap_minutes=1)
    first = run(config)
    wms.clock.shift(timedelta(hours=1))
    wms.world.update("order_hdr", wms.world.ids("order_hdr")[3], cust_name="changed")
    new = wms.world.insert("order_hdr")
    wms.clock.shift(timedelta(minutes=1))

    second = run(config, state=first.state)

    assert {r["id"] for r in second.records("order_hdr")} == {wms.world.ids("order_hdr")[3], new}
    table = replayed(first.records("order_hdr") + second.records("order_hdr"))
    assert without_keys(table, wms, "order_hdr") == expected(wms, "order_hdr")


def test_a_run_with_nothing_new_costs_one_request(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", incremental_overlap_minutes=1)
    first = run(config, state=run(config).state)
    wms.clock.shift(timedelta(days=365))
    wms.requests.clear()

    second = run(config, state=first.state)

    assert second.records("order_hdr") == []
    assert len(listed(wms, "order_hdr")) == 1
    reached = [r.bookmark("order_hdr")["replication_key_value"] for r in (first, second)]
    assert reached[0] < reached[1]


def test_rows_committed_late_are_found_within_the_overlap(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", incremental_overlap_minutes=10)
    first = run(config)
    wms.clock.shift(timedelta(minutes=4))
    late = wms.world.late_commit("order_hdr", timedelta(minutes=8))
    wms.clock.shift(timedelta(minutes=1))

    second = run(config, state=first.state)

    assert late in {r["id"] for r in second.records("order_hdr")}


def test_a_long_backlog_is_cut_into_windows(wms: WmsStandin) -> None:
    config = config_for(
        wms, entities="order_dtl", incremental_overlap_minutes=0, page_size=10, max_concurrency=3
    )
    known = {"format": 1, "replication_key_value": "2020-01-01T00:00:00Z"}
    state = {"bookmarks": {"order_dtl": known}}

    done = run(config, state=state)

    windows = {(r.param("mod_ts__gte"), r.param("mod_ts__lt")) for r in listed(wms, "order_dtl")}
    assert len(windows) > 10
    table = replayed(done.records("order_dtl"))
    assert without_keys(table, wms, "order_dtl") == expected(wms, "order_dtl")
    assert done.bookmark("order_dtl")["full_load"] is None


def test_full_table_and_incremental_follow_catalog_and_settings(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="order_hdr")), "order_hdr")
    (entry,) = catalog["streams"]
    assert entry["replication_method"] == "INCREMENTAL"
    assert entry["replication_key"] == "mod_ts"

    first = run(config_for(wms), catalog=catalog)
    wms.clock.shift(timedelta(days=1))
    forced = run(config_for(wms, force_full_table=True), catalog=catalog, state=first.state)
    entry["replication_method"] = "FULL_TABLE"
    full = run(config_for(wms), catalog=catalog, state=first.state)

    count = len(wms.world.rows("order_hdr"))
    assert [len(r.records("order_hdr")) for r in (first, forced, full)] == [count] * 3
    assert forced.of("SCHEMA")[0].get("bookmark_properties") is None


def test_a_start_and_an_end_bound_the_first_load_and_the_bookmark(wms: WmsStandin) -> None:
    config = config_for(
        wms, entities="order_hdr", start_date="2024-06-01", end_date="2025-01-01T00:00:00Z"
    )

    done = run(config)

    wanted = {
        r["id"]
        for r in wms.world.rows("order_hdr")
        if "2024-06-01" <= r["mod_ts"].isoformat() < "2025-01-01"
    }
    assert 0 < len(wanted) < len(wms.world.rows("order_hdr"))
    assert {r["id"] for r in done.records("order_hdr")} == wanted
    reached = done.bookmark("order_hdr")["replication_key_value"]
    assert reached == "2025-01-01T00:00:00.000000+00:00"


def test_a_state_of_another_tap_is_not_gone_on_from(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    former = {"replication_key": "mod_ts", "replication_key_value": "2026-11-20T09:00:00Z"}

    done = run(config_for(wms, entities="uom"), state={"bookmarks": {"uom": former}})

    assert len(done.records("uom")) == wms.world.count("uom")
    assert "Stream uom: its state is another tap's" in caplog.text


def test_a_start_after_the_bookmark_is_warned_of(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    config = config_for(wms, entities="uom")
    first = run(config)
    assert "`start_date`" not in caplog.text
    wms.clock.shift(timedelta(days=10))

    run(config | {"start_date": "today-7d"}, state=first.state)

    assert "Stream uom: `start_date` leaves out what changed between" in caplog.text


def test_other_filters_than_before_are_warned_of(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    first = run(config_for(wms, entities="order_hdr", filters={"order_hdr": {"status_id": 90}}))
    run(
        config_for(wms, entities="order_hdr", filters={"order_hdr": {"status_id": 90}}),
        state=first.state,
    )
    assert "filters have changed" not in caplog.text

    run(config_for(wms, entities="order_hdr"), state=first.state)

    assert "Stream order_hdr: its filters have changed since the last run" in caplog.text


def test_another_replication_key_is_gone_by(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", replication_key="create_ts")
    first = run(config)
    wms.clock.shift(timedelta(hours=1))
    wms.world.update("order_hdr", wms.world.ids("order_hdr")[0], cust_name="only changed")
    new = wms.world.insert("order_hdr")
    wms.clock.shift(timedelta(minutes=1))

    second = run(config, state=first.state)

    assert [r["id"] for r in second.records("order_hdr")] == [new]
    assert second.bookmark("order_hdr")["replication_key"] == "create_ts"


def test_everything_can_be_read_in_full_each_time(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", enable_incremental=False)
    first = run(config)
    second = run(config, state=first.state)

    assert len(second.records("order_hdr")) == len(wms.world.rows("order_hdr"))
    assert "bookmark_properties" not in second.of("SCHEMA")[0]


def test_no_state_runs_ahead_of_a_row_that_a_page_lacks() -> None:
    """Wherever the run is killed, the next one reads the row; the run finds it at its end."""
    with WmsStandin(seed=3, rows={"order_hdr": 400}) as wms:
        config = config_for(wms, entities="order_hdr", page_size=20, max_concurrency=1)
        first = run(config)
        for n in range(20):
            wms.clock.shift(timedelta(minutes=3))
            for row_id in wms.world.ids("order_hdr")[n::20]:
                wms.world.update("order_hdr", row_id, cust_field_1="touched")
        wms.clock.shift(timedelta(minutes=3))
        wms.tell(Lie("lost_rows", "next", nth=2, entity="order_hdr"))

        done = run(config, state=first.state, kind=tap_with(state_seconds=0))

        assert done.error is None
        stamps = {row["id"]: row["mod_ts"] for row in wms.world.rows("order_hdr")}
        out: set[int] = set()
        values: list[str] = []
        for message in done.messages:
            if message["type"] == "RECORD":
                out.add(message["record"]["id"])
            if message["type"] == "STATE":
                value = message["value"]["bookmarks"]["order_hdr"]["replication_key_value"]
                reached = datetime.fromisoformat(value)
                values.append(value)
                assert {row for row, stamp in stamps.items() if stamp < reached} <= out
        assert out == stamps.keys()
        assert len(set(values)) > 2  # the bookmark follows the windows that are whole
