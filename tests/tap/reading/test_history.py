"""Inventory history is read by the combinations that WMS asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wms_standin import Fault, User, WmsStandin

from tests.tap.conftest import (
    config_for,
    run,
)

if TYPE_CHECKING:
    import pytest


def test_history_without_combinations_is_said_to_be_empty(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    wms.add_user(User(name="nobody", password="p", facilities=frozenset()))

    run(config_for(wms, entities="inventory_history") | {"username": "nobody", "password": "p"})

    assert "Stream inventory_history: nothing is read, for the user sees no company" in caplog.text


def test_inventory_history_is_read_by_the_statuses_that_are_wanted(wms: WmsStandin) -> None:
    rows = wms.world.rows("inventory_history")
    status = rows[0]["status_id"]
    done = run(config_for(wms, entities="inventory_history", history_status_ids=[status]))

    assert done.error is None
    read = done.records("inventory_history")
    assert read
    assert {r["status_id"] for r in read} == {status}
    asked = [dict(r.params) for r in wms.requests if r.entity == "inventory_history"]
    assert all(params["status_id"] == str(status) for params in asked if "page_size" in params)


def test_inventory_history_is_read_by_its_combinations(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="inventory_history", page_size=20))

    managed = {r["id"] for r in wms.world.rows("facility") if r["wms_managed_flg"]}
    rows = [r for r in wms.world.rows("inventory_history") if r["facility_id"] in managed]
    assert done.error is None
    assert len(rows) > 50
    assert sorted(r["id"] for r in done.records("inventory_history")) == [r["id"] for r in rows]
    assert done.of("ACTIVATE_VERSION") == []
    assert done.bookmark("inventory_history")["full_load"] is None
    assert "replication_key_value" in done.bookmark("inventory_history")


def test_history_is_gone_on_with_by_combination_and_then_incrementally(wms: WmsStandin) -> None:
    config = config_for(
        wms, entities="inventory_history", max_retries=0, max_concurrency=1,
        history_activity_ids=[1, 4, 17, 51],
    )  # fmt: skip
    wms.fail(Fault(entity="inventory_history", status=500, nth=6, params={"page_size": "*"}))
    broken = run(config)
    wms.heal()

    resumed = run(config, state=broken.state)
    wms.clock.shift(timedelta(hours=1))
    third = run(config, state=resumed.state)

    first = [r["id"] for r in broken.records("inventory_history")]
    again = [r["id"] for r in resumed.records("inventory_history")]
    whole = run(config).records("inventory_history")
    assert broken.error is not None
    assert first
    assert sorted(first + again) == sorted(r["id"] for r in whole)
    assert third.records("inventory_history") == []
