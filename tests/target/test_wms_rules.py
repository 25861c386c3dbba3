"""The rules that ship for WMS: what they let through and what they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import InvalidJSONSchema
from tap_oracle_wms.catalog.shipped import CATALOGS
from target_oracle.records.validation import CompiledValidator

from .conftest import record

if TYPE_CHECKING:
    from .conftest import Target

PROJECT = Path(__file__).parents[2]
RULES = PROJECT / "target-oracle" / "target_oracle" / "config" / "wms_rules.json"
CATALOG = json.loads(CATALOGS["core"].read_bytes())
ENTITIES = {each["stream"]: each for each in CATALOG["streams"]}

GOOD: dict[str, dict[str, Any]] = {
    "order_hdr": {"facility_id": 7, "company_id": 1, "order_nbr": "A-1"},
    "order_dtl": {"order_id": 1, "item_id": 2, "ord_qty": 5, "alloc_qty": 5},
    "allocation": {"alloc_qty": 2.5, "packed_qty": 2.5},
    "inventory": {"facility_id": 7, "item_id": 2, "curr_qty": 0},
    "item": {"company_id": 1, "item_alternate_code": None, "part_a": "X"},
    "location": {"facility_id": 7},
    "ib_shipment_dtl": {"shipped_qty": 0, "received_qty": 3},
    "purchase_order_dtl": {"ord_qty": 0},
}
BAD: list[tuple[str, dict[str, Any]]] = [
    ("order_hdr", {"facility_id": None}),
    ("order_hdr", {"company_id": None}),
    ("order_hdr", {"order_nbr": None}),
    ("order_hdr", {"order_nbr": ""}),
    ("order_dtl", {"order_id": None}),
    ("order_dtl", {"item_id": None}),
    ("order_dtl", {"ord_qty": -1}),
    ("order_dtl", {"alloc_qty": -0.5}),
    ("order_dtl", {"alloc_qty": 5.000001}),
    ("allocation", {"alloc_qty": 0, "packed_qty": 0}),
    ("allocation", {"packed_qty": -1}),
    ("allocation", {"packed_qty": 3}),
    ("inventory", {"facility_id": None}),
    ("inventory", {"item_id": None}),
    ("inventory", {"curr_qty": -1}),
    ("item", {"company_id": None}),
    ("item", {"part_a": None}),
    ("location", {"facility_id": None}),
    ("ib_shipment_dtl", {"shipped_qty": -1}),
    ("ib_shipment_dtl", {"received_qty": -1}),
    ("purchase_order_dtl", {"ord_qty": -1}),
]


def test_each_rule_of_the_shipped_file_is_tried_here() -> None:
    rules = json.loads(RULES.read_bytes())
    assert rules.keys() == GOOD.keys() == {name for name, _ in BAD}
    assert {"allocation", "order_hdr", "order_dtl", "inventory", "item", "location"} <= rules.keys()
    for name, schemas in rules.items():
        known = ENTITIES[name]["schema"]["properties"]
        named = {key for key in _names(schemas) if key not in known}
        assert named == set(), f"{name}: no such property"


def _names(rules: Any) -> set[str]:
    """The properties that rules speak of."""
    if isinstance(rules, list):
        return set().union(*map(_names, rules))
    found = {*rules.get("required", ()), *rules.get("properties", ())}
    found |= {*rules.get("x-at-most", {}), *rules.get("x-at-most", {}).values()}
    return found | _names(rules.get("anyOf", []))


@pytest.mark.parametrize("name", GOOD)
def test_a_shipped_rule_rejects_what_breaks_it_and_nothing_else(target: Target, name: str) -> None:
    entry = ENTITIES[name]
    message = {
        "type": "SCHEMA",
        "stream": name,
        "schema": entry["schema"],
        "key_properties": ["id"],
    }
    bad = [change for entity, change in BAD if entity == name]
    records = [record(name, id=n, **GOOD[name]) for n in (1, 2)]
    records += [record(name, **{"id": n, **GOOD[name], **each}) for n, each in enumerate(bad, 10)]
    target.load(message, *records, rules_file="wms", on_invalid="reject")
    assert [key for (key,) in target.rows(name.upper(), '"ID"')] == [1, 2]
    rejected = target.rows("REJECTS", '"REASON_CODE", "PAYLOAD"')
    assert {code for code, _ in rejected} == {"rule"}
    payloads = [json.loads(payload) for _, payload in rejected]
    assert sorted(each["id"] for each in payloads) == [*range(10, 10 + len(bad))]


@pytest.mark.parametrize("wrong", [5, {"qty": 5}])
def test_x_at_most_takes_names_of_properties(wrong: object) -> None:
    with pytest.raises(InvalidJSONSchema, match="it must be an object of property: property"):
        CompiledValidator({"allOf": [{"x-at-most": wrong}]})
