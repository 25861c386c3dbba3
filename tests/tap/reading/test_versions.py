"""When a full load ends with ACTIVATE_VERSION, and when it must not."""

from __future__ import annotations

from typing import Any

import pytest
from tap_oracle_wms.reading.bookmark import LAST_ID
from wms_standin import Fault, Lie, WmsStandin

from tests.tap.conftest import (
    Message,
    config_for,
    run,
    tap_with,
)

WITHOUT_ID = "rf_key_map"


def test_an_unfiltered_full_load_ends_with_its_version(wms: WmsStandin) -> None:
    eager = tap_with(state_seconds=0)
    whole = run(config_for(wms, entities="order_hdr", force_full_table=True), kind=eager)
    part = run(config_for(wms, entities="order_hdr", filters={"order_hdr": {"status_id": 90}}))

    (activation,) = whole.of("ACTIVATE_VERSION")
    assert {m["version"] for m in whole.of("RECORD")} == {activation["version"]}
    kinds = [message["type"] for message in whole.messages]
    assert kinds[-3:] == ["ACTIVATE_VERSION", "STATE", "STATE"]
    assert part.of("ACTIVATE_VERSION") == []
    assert all("version" not in m for m in part.of("RECORD"))


def test_versions_are_left_out_when_they_are_not_wanted(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="uom", force_full_table=True, activate_version=False))

    assert done.of("ACTIVATE_VERSION") == []
    assert done.records("uom")
    assert all("version" not in m for m in done.of("RECORD"))


def test_a_resumed_load_keeps_its_version(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_dtl", page_size=20, max_retries=0)
    wms.fail(Fault(entity="order_dtl", status=500, nth=12, params={"page_size": "20"}))
    broken = run(config)
    wms.heal()

    resumed = run(config, state=broken.state)

    (activation,) = resumed.of("ACTIVATE_VERSION")
    assert broken.of("ACTIVATE_VERSION") == []
    versions = {m["version"] for m in broken.of("RECORD") + resumed.of("RECORD")}
    assert versions == {activation["version"]}


def test_rows_of_a_limited_run_survive_the_end_of_its_load(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", page_size=20)
    limited = run(config | {"record_limit": 40})

    whole = run(config, state=limited.state)

    (activation,) = whole.of("ACTIVATE_VERSION")
    kept = [m for m in limited.of("RECORD") + whole.of("RECORD")
            if m.get("version") == activation["version"]]  # fmt: skip
    assert {m["record"]["id"] for m in kept} == set(wms.world.ids("order_hdr"))
    assert limited.of("ACTIVATE_VERSION") == []


def test_a_load_without_versions_does_not_end_with_one(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", page_size=20)
    begun = run(config | {"record_limit": 40, "activate_version": False})

    whole = run(config, state=begun.state)

    (activation,) = whole.of("ACTIVATE_VERSION")
    kept = {m["record"]["id"] for m in whole.of("RECORD") if m["version"] == activation["version"]}
    assert kept == set(wms.world.ids("order_hdr"))


def under_way(messages: list[Message], stream: str) -> list[dict[str, Any]]:
    """The STATEs that left while a load of a stream was under way."""
    states = [message["value"] for message in messages if message["type"] == "STATE"]
    return [s for s in states if s.get("bookmarks", {}).get(stream, {}).get("full_load")]


@pytest.mark.parametrize("page_size", [1000, 3])
def test_a_load_without_ids_that_broke_off_begins_under_a_version_of_its_own(
    wms: WmsStandin, page_size: int
) -> None:
    """No id tells how far it was: under the old version, its rows would be there twice."""
    config = config_for(wms, entities=WITHOUT_ID, page_size=page_size)
    first = run(config, kind=tap_with(state_seconds=0))
    states = under_way(first.messages, WITHOUT_ID)
    assert states

    for state in states:
        resumed = run(config, state=state)

        (activation,) = resumed.of("ACTIVATE_VERSION")
        assert activation["version"] > state["bookmarks"][WITHOUT_ID]["version"]
        assert len(resumed.records(WITHOUT_ID)) == wms.world.count(WITHOUT_ID)
        assert {m["version"] for m in resumed.of("RECORD")} == {activation["version"]}


def test_a_state_that_counts_ids_where_there_are_none_is_not_resumed_from(wms: WmsStandin) -> None:
    """Version 0.1.0 wrote it when it was killed after the last page."""
    config = config_for(wms, entities=WITHOUT_ID)
    done = run(config)
    rows, bookmark = wms.world.count(WITHOUT_ID), done.bookmark(WITHOUT_ID)
    bookmark["full_load"] = {
        "mark": "2026-11-20T12:00:00.000000+00:00",
        "version": bookmark["version"],
        "scope": bookmark["scope"],
        "done": [[None, LAST_ID, rows]],
    }

    resumed = run(config, state={"bookmarks": {WITHOUT_ID: bookmark}})

    assert len(resumed.records(WITHOUT_ID)) == rows
    assert [m["version"] > bookmark["version"] for m in resumed.of("ACTIVATE_VERSION")] == [True]
    assert resumed.bookmark(WITHOUT_ID)["rows"] == rows


def test_no_date_of_wms_gives_a_load_an_earlier_version(wms: WmsStandin) -> None:
    """The run before left rows and no STATE: those under a later version would never leave."""
    config = config_for(wms, entities=WITHOUT_ID)
    told = [wms.tell(Lie("date_ahead", "codes", 2))]
    killed = run(config)
    told.append(wms.tell(Lie("date_behind", "codes", 2)))

    done = run(config)

    assert all(rule.told for rule in told)
    (activation,) = done.of("ACTIVATE_VERSION")
    assert activation["version"] > max(m["version"] for m in killed.of("RECORD"))
