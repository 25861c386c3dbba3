"""The data: deterministic, relational, changeable."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from wms_standin import Change, Options, WmsStandin
from wms_standin.data.seeds import generate
from wms_standin.data.seeds.values import pool

from ..conftest import Get, client

CORE = ("order_hdr", "order_dtl", "allocation", "item", "inventory", "container", "ib_shipment")


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """No world has rows or values that were made for another."""
    monkeypatch.setattr(generate, "MOST_KEPT", -1)
    monkeypatch.setattr(generate, "pool", pool.__wrapped__)


def test_rows_that_are_kept_for_another_world_are_those_that_it_would_make(
    request: pytest.FixtureRequest,
) -> None:
    kinds: list[dict[str, Any]] = [{}, {"seed": 8}, {"size": 0.5}, {"rows": {"item": 9}}]

    def worlds() -> list[Any]:
        return [WmsStandin(**{"seed": 7, **kind}).world for kind in kinds]

    def rows() -> list[Any]:
        return [world.rows(entity) for world in worlds() for entity in ("item", "order_hdr")]

    for world in worlds():
        world.update("item", world.ids("item")[0], mod_user="CHANGED")
    kept = rows()
    request.getfixturevalue("anew")
    assert kept == rows()


@pytest.mark.usefixtures("anew")
def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    first, second, other = (WmsStandin(seed=seed).world for seed in (7, 7, 8))
    for entity in CORE:
        assert first.rows(entity) == second.rows(entity)
        assert first.rows(entity) != other.rows(entity)


@pytest.mark.usefixtures("anew")
def test_rows_do_not_depend_on_the_order_in_which_tables_are_touched() -> None:
    first, second = WmsStandin().world, WmsStandin().world
    assert [first.rows(e) for e in CORE] == [second.rows(e) for e in reversed(CORE)][::-1]


def test_size_and_rows_choose_the_counts() -> None:
    world = WmsStandin(size=2.0, rows={"order_hdr": 500}).world
    assert world.count("order_hdr") == 500
    assert world.count("order_dtl") == 760
    assert world.count("order_status") == 10
    with pytest.raises(ValueError, match="no_such, iblpn"):
        WmsStandin(rows={"no_such": 1, "iblpn": 1})


@pytest.mark.parametrize("entity", ["order_hdr", "item", "vendor", "facility", "order_dtl"])
def test_an_entity_may_be_empty(entity: str) -> None:
    with WmsStandin(rows={entity: 0}) as standin, client(standin) as http:
        assert http.get(f"/{entity}").status_code == 404
        assert standin.world.rows(entity) == []
        assert http.get("/order_dtl").status_code == (404 if entity == "order_dtl" else 200)
        assert http.get("/purchase_order_hdr").status_code == 200
        assert http.get("/inventory").status_code == 200


def test_every_link_points_at_an_existing_row(wms: WmsStandin) -> None:
    world = wms.world
    ids = {name: set(world.ids(name)) for name, e in world.entities.items() if e.has_id}
    for name, entity in world.entities.items():
        links = [f for f in entity.fields.values() if f.target and f.name in entity.record_keys]
        rows = world.rows(name)
        for field in links:
            found = {row[field.name] for row in rows} - {None}
            if field.target in {"company", "item", "facility"}:
                found -= {0}
            assert found <= ids[field.target], (name, field.name)


def test_everything_together_is_a_few_thousand_rows(wms: WmsStandin) -> None:
    total = sum(wms.world.count(name) for name in wms.world.entities)
    assert 3000 < total < 8000


def test_ids_are_ascending_large_and_with_gaps(wms: WmsStandin) -> None:
    ids = wms.world.ids("order_dtl")
    steps = {after - before for before, after in pairwise(ids)}
    assert ids[0] > 2**31
    assert min(steps) >= 1
    assert max(steps) > 1000
    assert len(steps) > 2


def test_timestamps_make_sense(wms: WmsStandin) -> None:
    anchor = Options().anchor
    for entity in CORE:
        for row in wms.world.rows(entity):
            assert row["create_ts"] <= row["mod_ts"] <= anchor
    rows = wms.world.rows("order_hdr")
    assert sum(row["create_ts"] == row["mod_ts"] for row in rows) >= len(rows) // 4
    for row in rows:
        assert row["req_ship_date"] >= row["ord_date"]
        assert (row["order_shipped_ts"] is not None) == (row["status_id"] == 90)
        assert row["order_shipped_ts"] is None or row["order_shipped_ts"] <= row["mod_ts"]


def test_lines_belong_to_their_headers(wms: WmsStandin) -> None:
    orders = {row["id"]: row for row in wms.world.rows("order_hdr")}
    items = {row["id"]: row for row in wms.world.rows("item")}
    lines = wms.world.rows("order_dtl")
    numbers = {(line["order_id"], line["seq_nbr"]) for line in lines}
    assert len(numbers) == len(lines)
    totals = dict.fromkeys(orders, Decimal(0))
    for line in lines:
        order = orders[line["order_id"]]
        assert line["status_id"] == order["status_id"]
        assert items[line["item_id"]]["company_id"] == order["company_id"]
        assert line["alloc_qty"] in {Decimal(0), line["ord_qty"]}
        totals[order["id"]] += line["ord_qty"]
    assert {i: order["total_orig_ord_qty"] for i, order in orders.items()} == totals


def test_stock_lies_in_a_container_or_in_a_location_of_its_facility(wms: WmsStandin) -> None:
    containers = {row["id"]: row for row in wms.world.rows("container")}
    locations = {row["id"]: row for row in wms.world.rows("location")}
    for row in wms.world.rows("inventory"):
        assert (row["container_id"] is None) != (row["location_id"] is None)
        place = containers.get(row["container_id"]) or locations[row["location_id"]]
        assert place["facility_id"] == row["facility_id"]
        assert row["curr_qty"] <= row["orig_qty"]


def test_natural_keys_are_unique(wms: WmsStandin) -> None:
    for entity, key in (("order_hdr", "order_nbr"), ("item", "code"), ("location", "barcode")):
        rows = wms.world.rows(entity)
        assert len({(row.get("facility_id"), row[key]) for row in rows}) == len(rows)


def test_raw_values_have_python_types(wms: WmsStandin) -> None:
    row = wms.world.rows("order_hdr")[0]
    assert type(row["total_orig_ord_qty"]) is Decimal
    assert type(row["stop_ship_flg"]) is bool
    assert row["mod_ts"].tzinfo is UTC
    assert type(row["facility_id"]) is int
    assert row["order_instructions_set"] == sorted(row["order_instructions_set"])
    assert "url" not in row


def test_updates_inserts_and_deletes_are_served_at_once(own_wms: WmsStandin, own_get: Get) -> None:
    world = own_wms.world
    own_wms.clock.fix(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC))
    order = world.ids("order_hdr")[0]
    world.update("order_hdr", order, cust_field_1="changed", total_orig_ord_qty=Decimal("1.50"))
    record = own_get(f"/order_hdr/{order}").json()
    assert (record["cust_field_1"], record["total_orig_ord_qty"]) == ("changed", "1.5")
    assert record["mod_ts"] == "2026-01-02T00:04:05.678901-03:00"
    added = world.insert("order_hdr", order_nbr="NEW-1", facility_id=record["facility_id"]["id"])
    assert added > max(i for i in world.ids("order_hdr") if i != added)
    fresh = own_get(f"/order_hdr/{added}").json()
    assert (fresh["order_nbr"], fresh["create_ts"]) == ("NEW-1", record["mod_ts"])
    world.delete("order_hdr", added)
    assert own_get(f"/order_hdr/{added}").status_code == 404
    with pytest.raises(KeyError):
        world.update("order_hdr", added, cust_field_1="x")


def test_a_late_commit_has_an_old_mod_ts(own_wms: WmsStandin) -> None:
    added = own_wms.world.late_commit("order_hdr", timedelta(minutes=10), cust_field_1="late")
    row = own_wms.world.row("order_hdr", added)
    age = own_wms.now - row["mod_ts"]
    assert timedelta(minutes=9.9) < age < timedelta(minutes=10.1)
    assert row["cust_field_1"] == "late"


def test_keys_follow_their_rows(own_wms: WmsStandin, own_get: Get) -> None:
    line = own_wms.world.rows("order_dtl")[0]
    own_get(f"/order_dtl/{line['id']}")
    own_wms.world.update("order_hdr", line["order_id"], order_nbr="RENAMED")
    assert own_get(f"/order_dtl/{line['id']}").json()["order_id"]["key"] == "RENAMED"
    own_wms.world.update("item", line["item_id"], item_alternate_code="OTHER")
    assert own_get(f"/order_dtl/{line['id']}").json()["item_id"]["key"] == "OTHER"


def test_a_delete_leaves_no_dangling_link(own_wms: WmsStandin) -> None:
    world = own_wms.world
    order = world.rows("order_dtl")[0]["order_id"]
    world.delete("order_hdr", order)
    assert order not in {row["order_id"] for row in world.rows("order_dtl")}
    lines = set(world.ids("order_dtl"))
    assert {row["order_dtl_id"] for row in world.rows("allocation")} <= lines
    assert order not in {row["order_id"] for row in world.rows("inventory_history")}


def test_a_bundle_of_changes_is_deterministic_and_of_every_kind() -> None:
    worlds = [WmsStandin().world for _ in range(2)]
    for world in worlds:
        world.clock.fix(datetime(2026, 1, 1, tzinfo=UTC))
    first, second = (world.mutate(3, 30) for world in worlds)
    assert first == second
    assert {change.kind for change in first} == {"update", "insert", "late", "delete"}
    for entity in CORE:
        assert worlds[0].rows(entity) == worlds[1].rows(entity)
    for kind, entity, row_id in ((c.kind, c.entity, c.id) for c in first):
        present = row_id in set(worlds[0].ids(entity))
        deleted_later = Change("delete", entity, row_id) in first
        assert present == (kind != "delete" and not deleted_later)


def test_parents_follow_their_children_only_as_an_option() -> None:
    for bump in (False, True):
        world = WmsStandin(options=Options(bump_parents=bump)).world
        line = world.rows("order_dtl")[0]
        before = world.row("order_hdr", line["order_id"])["mod_ts"]
        world.update("order_dtl", line["id"], cust_field_1="x")
        after = world.row("order_hdr", line["order_id"])["mod_ts"]
        assert (after > before) == bump


def test_a_lively_wms_changes_while_it_is_read(own_wms: WmsStandin, own_get: Get) -> None:
    life = own_wms.live(every=2, updates=2, inserts=1, late=1, deletes=1, seed=4)
    for _ in range(4):
        own_get("/order_hdr")
    own_get("/order_hdr/describe")
    assert [change.kind for change in life.changes] == [
        "update", "update", "insert", "late", "delete",
    ] * 2  # fmt: skip
    own_wms.heal()
    own_get("/order_hdr")
    own_get("/order_hdr")
    assert len(life.changes) == 10


def test_an_entity_that_deletes_have_emptied_is_filled_again(own_wms: WmsStandin) -> None:
    for row_id in own_wms.world.ids("order_lock"):
        own_wms.world.delete("order_lock", row_id)
    first, *rest = own_wms.world.mutate(seed=1, n=3, entities=("order_lock",))
    assert (first.kind, first.entity) == ("insert", "order_lock")
    assert [change.kind for change in rest] == ["update", "insert"]
    assert len(own_wms.world.ids("order_lock")) == 2


def test_changes_can_come_at_a_rate(own_wms: WmsStandin, own_get: Get) -> None:
    started = time.perf_counter()
    activity = own_wms.live(per_second=100, inserts=1, updates=1, late=0, deletes=1)
    own_get("/order_hdr")
    before = len(activity.changes)
    time.sleep(0.3)
    assert len(activity.changes) == before, "they wait for the next list"
    for _ in range(4):
        own_get("/order_hdr")
        assert 30 <= len(activity.changes) <= 100 * (time.perf_counter() - started)
    assert {change.kind for change in activity.changes} == {"update", "insert", "delete"}


def test_drift_adds_a_column_that_describe_does_not_know_yet_and_an_entity(
    own_wms: WmsStandin, own_get: Get
) -> None:
    own_get("/order_hdr")
    own_wms.drift(column="order_hdr.brand_new", entity="allocation_run_hdr")
    record = own_get("/order_hdr", page_size=1).json()["results"][0]
    assert record["brand_new"].startswith("new ")
    assert "brand_new" not in own_get("/order_hdr/describe").json()["fields"]
    assert own_wms.world.row("order_hdr", record["id"])["brand_new"] == record["brand_new"]
    assert "allocation_run_hdr" in own_get("/").json()
    assert own_get("/allocation_run_hdr").json()["result_count"] == 5
    assert own_get("/allocation_run_hdr/describe").json()["fields"]["code"]["max_length"] == 30
    own_wms.world.describe_column("order_hdr", "brand_new")
    assert own_get("/order_hdr/describe").json()["fields"]["brand_new"]["type"] == "string"


def test_drift_comes_also_to_an_entity_that_nobody_has_read(
    own_wms: WmsStandin, own_get: Get
) -> None:
    own_wms.drift(column="wave.brand_new")
    records = own_get("/wave", page_size=1).json()["results"]
    assert records[0]["brand_new"].startswith("new ")


def test_changes_from_another_thread_are_safe_while_lists_are_read(own_wms: WmsStandin) -> None:
    def read(_: int) -> int:
        with client(own_wms) as http:
            return http.get("/order_dtl?page_size=100").status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = pool.map(read, range(20))
        for seed in range(5):
            own_wms.world.mutate(seed, 10)
        assert set(statuses) == {200}


def test_an_id_is_never_given_twice(own_wms: WmsStandin) -> None:
    """The ids of WMS come from sequences."""
    world = own_wms.world
    first = world.insert("container_lock_xref")
    for row_id in world.ids("container_lock_xref"):
        world.delete("container_lock_xref", row_id)

    assert world.insert("container_lock_xref") > first


def test_a_row_in_an_emptied_table_has_no_parent_to_move() -> None:
    with WmsStandin(seed=3, options=Options(bump_parents=True)) as wms:
        told: list[tuple[str, int]] = []
        wms.world.on_change.append(lambda table, row_id: told.append((table, row_id)))
        for row_id in wms.world.ids("container_lock_xref"):
            wms.world.delete("container_lock_xref", row_id)

        new = wms.world.insert("container_lock_xref")

        assert told[-1] == ("container_lock_xref", new)
