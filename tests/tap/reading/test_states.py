"""STATE that version 0.1.0 has written is read: `states/` holds what it wrote, a file a case.

Each was written against the stand-in of the same seed, whose ids are those of every start.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.extract.task import Extraction

from tests.tap.conftest import config_for, expected, replayed, run, without_keys

if TYPE_CHECKING:
    from wms_standin import WmsStandin

STATES = Path(__file__).parent / "states"
ENTITY = "order_dtl"


def written(name: str) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((STATES / f"{name}.json").read_text())
    return state


@pytest.mark.parametrize(("name", "first"), [("full_load_under_way", 220), ("limited", 50)])
def test_a_full_load_is_resumed_where_it_was(wms: WmsStandin, name: str, first: int) -> None:
    state = written(name)
    load = state["bookmarks"][ENTITY]["full_load"]

    done = run(config_for(wms, entities=ENTITY, page_size=20), state=state)

    left = {record["id"] for record in done.records(ENTITY)}
    spans = [(after or 0, through) for after, through in load["done"]]
    assert not [i for i in left if any(after < i <= through for after, through in spans)]
    assert first - 20 <= wms.world.count(ENTITY) - len(left) <= first
    assert [m["version"] for m in done.of("ACTIVATE_VERSION")] == [load["version"]]
    assert done.bookmark(ENTITY)["replication_key_value"] == load["mark"]


def test_an_incremental_read_goes_on_from_the_bookmark(wms: WmsStandin) -> None:
    state = written("loaded")
    before = state["bookmarks"][ENTITY]

    done = run(config_for(wms, entities=ENTITY), state=state)

    since = datetime.fromisoformat(before["replication_key_value"]) - timedelta(minutes=10)
    asked = {r.param("mod_ts__gte") for r in wms.requests if f"/entity/{ENTITY}/" in f"{r.path}/"}
    assert {datetime.fromisoformat(text) for text in asked if text} == {since}
    assert done.of("ACTIVATE_VERSION") == []
    assert done.bookmark(ENTITY)["version"] == before["version"]
    assert done.bookmark(ENTITY)["replication_key_value"] > before["replication_key_value"]


def test_rows_that_are_gone_since_are_found(wms: WmsStandin) -> None:
    gone = wms.world.ids(ENTITY)[7]
    wms.world.delete(ENTITY, gone)

    done = run(
        config_for(wms, entities=ENTITY, detect_deletes=ENTITY), state=written("deletes_looked_for")
    )

    assert [r["id"] for r in done.records(ENTITY) if r["_sdc_deleted_at"]] == [gone]
    assert done.bookmark(ENTITY)["known_ids"]


def test_history_is_resumed_by_combination(wms: WmsStandin) -> None:
    config = config_for(
        wms, entities="inventory_history", history_activity_ids=[1, 4, 17, 51], max_concurrency=1
    )
    state = written("history_under_way")

    done = run(config, state=state)

    whole = run(config)
    read = state["report"]["streams"]["inventory_history"]["read"]
    assert len(done.records("inventory_history")) == len(whole.records("inventory_history")) - read
    mark = state["bookmarks"]["inventory_history"]["full_load"]["mark"]
    assert done.bookmark("inventory_history")["replication_key_value"] == mark


@pytest.mark.parametrize("name", ["extract_under_way", "extract_loaded"])
def test_an_extract_that_wms_knows_no_more_is_read_by_pages_in_full(
    wms: WmsStandin, name: str
) -> None:
    state = written(name)
    bookmark = state["bookmarks"][ENTITY]
    extraction = Extraction.read(bookmark["extract"])
    assert extraction is not None
    assert json.loads(json.dumps(extraction.pack())) == bookmark["extract"]

    done = run(config_for(wms, entities=ENTITY, force_full_table=True), state=state)

    table = without_keys(replayed(done.records(ENTITY)), wms, ENTITY)
    assert table == expected(wms, ENTITY)
    assert done.bookmark(ENTITY)["version"] > bookmark["version"]
    assert done.bookmark(ENTITY)["extract"] == bookmark["extract"]
