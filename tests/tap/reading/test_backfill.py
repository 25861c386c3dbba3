"""A backfill reads a range again, beside the incremental runs and without their bookmark."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.config.sources import load
from tap_oracle_wms.errors import ConfigError

from tests.tap.conftest import config_for, expected, replayed, run, without_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin import WmsStandin

    from tests.tap.conftest import Program

    Start = Callable[..., Program]

ENTITIES = "item,order_hdr,order_status"
MINIMAL = {"base_url": "https://x1.wms.example.com/acme", "username": "u", "password": "p"}


def moments(wms: WmsStandin, entity: str) -> list[Any]:
    return sorted(row["mod_ts"] for row in wms.world.rows(entity))


def test_a_range_of_time_is_read_again_and_no_bookmark_moves(wms: WmsStandin) -> None:
    first = run(config_for(wms, entities=ENTITIES))
    times = moments(wms, "order_hdr")
    since, until = times[len(times) // 4], times[len(times) // 2]
    wms.clock.shift(timedelta(hours=1))
    wms.world.update("order_hdr", wms.world.ids("order_hdr")[0], cust_name="changed")
    wms.clock.shift(timedelta(minutes=1))
    bounds = {"since": since.isoformat(), "until": until.isoformat()}

    again = run(
        config_for(wms, entities=ENTITIES, page_size=20, backfill={"order_hdr": bounds}),
        state=first.state,
    )

    assert again.error is None
    wanted = {r["id"] for r in wms.world.rows("order_hdr") if since <= r["mod_ts"] < until}
    assert 10 < len(wanted) < wms.world.count("order_hdr")
    assert sorted(r["id"] for r in again.records("order_hdr")) == sorted(wanted)
    assert again.streams == ["order_hdr"]
    assert again.state["bookmarks"] == first.state["bookmarks"]
    assert again.of("ACTIVATE_VERSION") == []
    assert again.state["report"]["status"] == "finished"

    then = run(config_for(wms, entities=ENTITIES), state=again.state)
    assert wms.world.ids("order_hdr")[0] in {r["id"] for r in then.records("order_hdr")}


def test_a_range_of_ids_is_read_again_with_both_its_ends(wms: WmsStandin) -> None:
    ids = sorted(wms.world.ids("order_hdr"))
    first_id, last_id = ids[5], ids[-6]
    backfill = {"order_hdr": {"first_id": first_id, "last_id": last_id}}

    done = run(config_for(wms, entities=ENTITIES, page_size=20, backfill=backfill))

    assert done.error is None
    assert sorted(r["id"] for r in done.records("order_hdr")) == ids[5:-5]
    assert done.state.get("bookmarks", {}).get("order_hdr", {}) == {}


def test_all_rows_of_an_entity_are_read_again_without_a_new_version(wms: WmsStandin) -> None:
    config = config_for(wms, entities=ENTITIES, detect_deletes="order_hdr")
    first = run(config)
    gone = wms.world.ids("order_hdr")[-1]
    wms.world.delete("order_hdr", gone)

    again = run({**config, "backfill": {"order_hdr": None, "order_status": {}}}, state=first.state)

    assert again.error is None
    for name in ("order_hdr", "order_status"):
        table = replayed(again.records(name))
        kept = {key: {**row} for key, row in table.items()}
        assert without_keys(kept, wms, name) == expected(wms, name)
    assert again.of("ACTIVATE_VERSION") == []
    assert all("version" not in message for message in again.of("RECORD"))
    assert again.state["bookmarks"] == first.state["bookmarks"]  # also the ids that are known
    then = run(config, state=again.state)
    assert [r["id"] for r in then.records("order_hdr") if r["_sdc_deleted_at"]] == [gone]


def test_time_and_ids_and_the_filters_narrow_together(wms: WmsStandin) -> None:
    rows = wms.world.rows("order_hdr")
    since, last_id = moments(wms, "order_hdr")[len(rows) // 3], sorted(r["id"] for r in rows)[-9]
    place = rows[0]["facility_id"]
    facility = next(row["code"] for row in wms.world.rows("facility") if row["id"] == place)
    bounds = {"since": since.isoformat(), "last_id": last_id}

    done = run(
        config_for(wms, entities=ENTITIES, facility_code=facility, backfill={"order_hdr": bounds})
    )

    wanted = {
        row["id"]
        for row in rows
        if row["mod_ts"] >= since and row["id"] <= last_id and row["facility_id"] == place
    }
    assert {r["id"] for r in done.records("order_hdr")} == wanted
    assert len(wanted) > 3


def test_the_program_says_what_it_reads_and_ends_well(wms: WmsStandin, program: Start) -> None:
    backfill = json.dumps({"item": {"since": "2000-01-01", "until": "now"}})

    done = program(config=config_for(wms, entities=ENTITIES), TAP_ORACLE_WMS_BACKFILL="ignored")
    asked = program(
        *("--config", "ENV"),
        config=config_for(wms, entities=ENTITIES),
        TAP_ORACLE_WMS_BACKFILL=backfill,
    )

    assert done.returncode == asked.returncode == 0, asked.stderr
    said = "Stream item: reads since 2000-01-01, until now again; its bookmark stays as it is."
    assert said in asked.stderr
    assert said not in done.stderr
    closing = [line for line in asked.stderr.splitlines() if " rows of 1 stream in " in line]
    assert f"{wms.world.count('item')} rows" in closing[0]


def refuse(config: dict[str, Any]) -> None:
    """Raise what ends a run, be it at once or once the entities are described."""
    done = run(config)
    assert done.of("RECORD") == []
    assert done.error
    raise done.error


@pytest.mark.parametrize(
    ("backfill", "more", "sentence"),
    [
        ({"order_hd": {}}, {}, "`order_hd`, which matches no entity; did you mean `order_hdr`?"),
        ({"wave": {}}, {}, "Setting `backfill` names `wave`, which is not selected"),
        ({"order_status": {"since": "2026-01-01"}}, {}, "it has no times of change to bound it by"),
        (
            {"inventory_history": {"first_id": 1}},
            {"entities": "inventory_history"},
            "WMS does not list it by ids",
        ),
        (
            {"rf_key_map": {"last_id": 1}},
            {"entities": "rf_key_map"},
            "it has no ids to bound it by",
        ),
    ],
)
def test_a_backfill_that_cannot_be_read_is_told_before_the_first_row(
    wms: WmsStandin, backfill: Any, more: dict[str, Any], sentence: str
) -> None:
    config = config_for(wms, **{"entities": ENTITIES, **more}, backfill=backfill)

    with pytest.raises(ConfigError) as caught:
        refuse(config)

    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"backfill": {"item": {"since": "last week"}}}, "must be a date like 2026-01-31"),
        (
            {"backfill": {"item": {"since": "2026-02-01", "until": "2026-01-01"}}},
            "`since` must be before `until`",
        ),
        ({"backfill": {"item": {"first_id": 9, "last_id": 8}}}, "`first_id` must not be greater"),
        ({"backfill": {"item": {"from": "2026-01-01"}}}, "backfill"),
        ({"backfill": "item"}, "must be a JSON object"),
        ({"backfill": {"item": {}}, "record_limit": 5}, "set it without `record_limit`"),
        ({"backfill": {"item": {}}, "force_full_table": True}, "without `force_full_table`"),
        ({"backfill": {"item": {}}, "poll_interval_seconds": 5}, "`poll_interval_seconds`"),
    ],
)
def test_a_mistake_in_the_setting_gets_a_sentence(setting: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load({**MINIMAL, **setting}, set())

    assert sentence in str(caught.value)
    assert "backfill" in str(caught.value)


def test_a_comparison_refuses_a_range_that_would_narrow_it(wms: WmsStandin, program: Start) -> None:
    done = program(
        "--reconcile", config=config_for(wms, entities=ENTITIES, backfill={"item": {}}), stdin=""
    )

    assert done.returncode == 1
    assert "Setting `backfill` is for runs that read" in done.stderr
