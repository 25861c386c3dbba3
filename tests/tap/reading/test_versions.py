"""When a full load ends with ACTIVATE_VERSION, and when it must not."""

from __future__ import annotations

from wms_standin import Fault, WmsStandin

from tests.tap.conftest import (
    config_for,
    run,
    tap_with,
)


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
