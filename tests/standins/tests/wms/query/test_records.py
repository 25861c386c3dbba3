"""Section 3.8 and 7: how every kind of value leaves, compared with the raw rows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from wms_standin import WmsStandin
    from wms_standin.catalog.entities import Field

    from ..conftest import Get

BASE = "https://127.0.0.1:443/acme/wms/lgfapi/v10"
COUNTED = {
    "order_hdr": {"order_dtl_set": "order_dtl/?order_id", "order_lock_set": "order_lock/?order_id"},
    "ib_shipment": {"ib_shipment_dtl_set": "ib_shipment_dtl/?ib_shipment_id"},
    "container": {"inventory_lock_set": "container_lock_xref/?container_id"},
}


def every_row(get: Get, entity: str) -> list[dict[str, Any]]:
    answer = get(f"/{entity}", ordering="id", page_size=1250)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def expected_link(wms: WmsStandin, field: Field, value: int) -> dict[str, Any]:
    none = value == 0 and field.target in {"company", "item"}
    shown = field.target and not none and not field.blank_url
    url = f"{BASE}/entity/{field.target}/{value}" if shown else ""
    return {"id": value, "key": wms.world.key(field.target, value, field.name), "url": url}


def expected_scalar(field: Field, value: Any) -> Any:
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo("America/Sao_Paulo")).isoformat(timespec="microseconds")
    return value.isoformat() if field.kind == "date" else value


def expected(wms: WmsStandin, entity: str, field: Field, value: Any, row_id: int) -> Any:
    """The wire form of a raw value, written down independently of the renderer."""
    if value is None:
        return None
    if field.kind == "relation" and field.wire != "int":
        return expected_link(wms, field, value)
    if field.name in COUNTED.get(entity, {}):
        url = f"{BASE}/entity/{COUNTED[entity][field.name]}={row_id}"
        return {"result_count": value, "url": url}
    return expected_scalar(field, value)


@pytest.mark.parametrize(
    "entity",
    [
        "order_hdr", "order_dtl", "allocation", "inventory", "container", "ib_shipment", "location",
        "item", "facility", "company", "order_status", "purchase_order_hdr", "carrier_lpn", "shift",
    ],
)  # fmt: skip
def test_every_value_of_every_row_is_the_worlds_in_its_wire_form(
    get: Get, wms: WmsStandin, entity: str
) -> None:
    fields = wms.world.entity(entity).fields
    plain = {
        name
        for name, field in fields.items()
        if field.kind != "set" or name in COUNTED.get(entity, {})
    }
    records = every_row(get, entity)
    rows = wms.world.rows(entity)
    assert [record["id"] for record in records] == [row["id"] for row in rows]
    for record, row in zip(records, rows, strict=True):
        assert record["url"] == f"{BASE}/entity/{entity}/{row['id']}"
        for name in plain.intersection(record):
            wire = expected(wms, entity, fields[name], row[name], row["id"])
            assert record[name] == wire, (entity, row["id"], name)
            assert type(record[name]) is type(wire), (entity, row["id"], name)


def test_sets_are_counted_null_single_or_arrays(get: Get, wms: WmsStandin) -> None:
    orders = every_row(get, "order_hdr")
    lines = wms.world.rows("order_dtl")
    for order in orders:
        children = sum(line["order_id"] == order["id"] for line in lines)
        if children:
            assert order["order_dtl_set"]["result_count"] == children
        else:
            assert order["order_dtl_set"] is None
    assert {type(order["order_instructions_set"]) for order in orders} == {list}
    some = next(order for order in orders if order["order_instructions_set"])
    assert set(some["order_instructions_set"][0]) == {"id", "key", "url"}
    item = every_row(get, "item")[0]["item_metrics_set"]
    assert item == {"id": item["id"], "key": "", "url": f"{BASE}/entity/item_metrics/{item['id']}"}


def test_the_url_of_a_set_lists_its_rows(get: Get) -> None:
    order = next(row for row in every_row(get, "order_hdr") if row["order_dtl_set"])
    url = order["order_dtl_set"]["url"].removeprefix(f"{BASE}/entity")
    assert get(url).json()["result_count"] == order["order_dtl_set"]["result_count"]
    lock = next(row for row in every_row(get, "order_hdr") if row["order_lock_set"])
    url = lock["order_lock_set"]["url"].removeprefix(f"{BASE}/entity")
    assert get(url).json()["result_count"] == lock["order_lock_set"]["result_count"]


def test_none_rows_have_id_0_their_key_and_no_url_unless_they_can_be_read(get: Get) -> None:
    location = next(row for row in every_row(get, "location") if row["item_id"]["id"] == 0)
    assert location["item_id"] == {"id": 0, "key": "-----------", "url": ""}
    none = next(r for r in every_row(get, "location") if r["dedicated_company_id"]["id"] == 0)
    assert none["dedicated_company_id"] == {"id": 0, "key": "*", "url": ""}
    line = next(row for row in every_row(get, "order_dtl") if row["invn_attr_id"]["id"] == 0)
    assert line["invn_attr_id"] == {
        "id": 0,
        "key": "",
        "url": f"{BASE}/entity/inventory_attribute/0",
    }
    assert get("/inventory_attribute/0").json()["invn_attr_a"] == ""
    item = next(r for r in every_row(get, "item") if r["invn_attr_a_tracking_id"]["id"] == 0)
    assert item["invn_attr_a_tracking_id"]["key"] == "Not Required"


def test_links_to_resources_that_are_not_exposed_have_a_blank_url(get: Get) -> None:
    allocations = every_row(get, "allocation")
    assert {row["type_id"]["url"] for row in allocations} == {""}
    assert {row["wave_id"]["url"] for row in allocations} == {""}
    assert allocations[0]["wave_id"]["key"].startswith("RUN")
    assert allocations[0]["task_id"]["url"].startswith(f"{BASE}/entity/task/")


def test_keys_are_the_natural_keys_of_their_targets(get: Get, wms: WmsStandin) -> None:
    line = every_row(get, "order_dtl")[3]
    order = wms.world.row("order_hdr", line["order_id"]["id"])
    item = wms.world.row("item", line["item_id"]["id"])
    assert line["order_id"]["key"] == order["order_nbr"]
    assert line["item_id"]["key"] == item["item_alternate_code"]
    allocation = every_row(get, "allocation")[3]
    line = wms.world.row("order_dtl", allocation["order_dtl_id"]["id"])
    order = wms.world.row("order_hdr", line["order_id"])
    assert allocation["order_dtl_id"]["key"] == f"{order['order_nbr']},{line['seq_nbr']}"
    assert allocation["from_inventory_id"]["key"] == ""
    size = next(
        r["locn_size_type_id"] for r in every_row(get, "location") if r["locn_size_type_id"]
    )
    assert size["key"].split(" / ")[0] in {"ACME", "GLOBEX", "INITECH"}


def test_statuses_are_bare_integers_that_their_table_explains(get: Get) -> None:
    explained = {row["id"]: row for row in every_row(get, "order_status")}
    assert list(explained[90]) == ["id", "url", "description"]
    assert explained[90]["description"] == "Shipped"
    assert {row["status_id"] for row in every_row(get, "order_hdr")} == set(explained)


def test_computed_numbers_are_json_numbers(get: Get, wms: WmsStandin) -> None:
    lines = wms.world.rows("ib_shipment_dtl")
    for record in every_row(get, "ib_shipment"):
        own = [line for line in lines if line["ib_shipment_id"] == record["id"]]
        assert record["lpn_count"] == len(own)
        assert record["shipped_qty"] == float(sum(line["shipped_qty"] for line in own))
        assert record["received_qty"] == float(sum(line["received_qty"] for line in own))
        assert type(record["shipped_qty"]) is float


def test_strings_fill_their_length_and_hold_awkward_characters(wms: WmsStandin) -> None:
    values = [
        (field.max_length, row[name])
        for entity in ("order_hdr", "order_dtl", "container")
        for row in wms.world.rows(entity)
        for name, field in wms.world.entity(entity).fields.items()
        if field.kind == "string" and row.get(name) is not None
    ]
    assert all(len(value) <= limit for limit, value in values if limit)
    assert {30, 50, 1000} <= {limit for limit, value in values if len(value) == limit}
    text = "".join(value for _, value in values)
    for awkward in ("📦", '"', "\n", "\\", "'", "日本語", "\t", "<b>"):
        assert awkward in text
    assert "" in {value for _, value in values}


def test_decimals_have_up_to_twenty_and_more_digits(wms: WmsStandin) -> None:
    values = {row[f"cust_decimal_{n}"] for row in wms.world.rows("order_hdr") for n in range(1, 6)}
    assert max(len(value.as_tuple().digits) for value in values) >= 24
    assert min(value.as_tuple().exponent for value in values) <= -15


def test_entities_without_id_can_be_listed(get: Get) -> None:
    row = get("/rf_key_map", page_size=1).json()["results"][0]
    assert "id" not in row
    assert row["url"].startswith(f"{BASE}/entity/rf_key_map/")
    assert get("/stage_planned_parcel_shipment_hdr").json()["result_count"] == 8
