"""Facilities, companies, items, locations: what everything else points at."""

from __future__ import annotations

from typing import Final

from wms_standin.data.seeds.codes import CODES, LOCATION_CODES, UOM_CODES
from wms_standin.data.seeds.plan import DCS, Plan, Row

_TIME_ZONES: Final = (1, 1, 2, 3, 1, 2, 3, 0)


def _facility(row: Row, i: int, plan: Plan) -> None:
    row["code"] = f"DC{i + 1:02}" if i < DCS else f"S{i - DCS + 1:03}"
    row["name"] = f"Distribution centre {i + 1}" if i < DCS else f"Store {i - DCS + 1}"
    row["wms_managed_flg"] = int(i < DCS)
    row["facility_type_id"] = 1 if i < DCS else 2
    row["time_zone_id"] = _TIME_ZONES[i % len(_TIME_ZONES)]
    row["parent_company_id"] = plan.at("company", 0)


def _company(row: Row, i: int, plan: Plan) -> None:
    row["code"] = ("ACME", "GLOBEX", "INITECH")[i] if i < 3 else f"CO{i:03}"
    row["name"] = row["code"].title() + " Ltd"
    row["parent_company_id"] = plan.at("company", 0)
    row["active_flg"] = 1


def _user_facility(row: Row, i: int, plan: Plan) -> None:
    row["cw_user_id"] = plan.at("user", i)
    row["facility_id"] = plan.at("facility", i % DCS)


def item_code(index: int) -> str:
    """Return the code of the item at an index; some hold a blank, quotes and a slash."""
    return f"{100_000 + index}" if index % 13 else f'SKU {index} "é"/x'


def _item(row: Row, i: int, plan: Plan) -> None:
    code = item_code(i)
    row["company_id"] = plan.at("company", i)
    row["code"] = row["part_a"] = row["item_alternate_code"] = code
    row["barcode"] = f"789{i:010}"
    row["description"] = row["description"] or f"Item {i}"
    row["description_2"] = row["description_3"] = ""
    row["primary_uom_id"] = 1
    row["unit_cost"] = ("3.5", "0.99", "12", "1249.9", "0")[i % 5]
    row["unit_weight"] = ("0.09", "1.25", "2", "0.3333333")[i % 4]


def item_index(plan: Plan, company: int, pick: int) -> int:
    """Return the index of an item of the company with that index."""
    return plan.member("item", company, plan.count("company"), pick)


def _item_part(row: Row, i: int, plan: Plan) -> None:
    """Return one row per item, then repeats."""
    row["item_id"] = plan.at("item", i)


def _item_facility(row: Row, i: int, plan: Plan) -> None:
    row["item_id"] = plan.at("item", i)
    row["facility_id"] = plan.at("facility", i // max(1, plan.count("item")) % DCS)


def _location(row: Row, i: int, plan: Plan) -> None:
    """Facilities take turns; within one, active, reserve and a few staging locations."""
    rank = i // DCS
    row["facility_id"] = plan.at("facility", i % DCS)
    row["area"], row["aisle"] = f"{rank // 1000 + 1:02}", f"{rank // 100 % 10 + 1:02}"
    row["bay"], row["level"] = f"{rank // 5 % 20:03}", f"{rank % 5 + 1:02}"
    row["position"] = row["bin"] = ""
    row["locn_str"] = "-".join((row["area"], row["aisle"], row["bay"], row["level"]))
    row["barcode"] = row["locn_str"].replace("-", "")
    row["pick_seq"] = None if i % 9 == 0 else row["barcode"]
    row["type_id"] = (2, 1, 2, 1, 2, 1, 2, 3, 2, 4)[rank % 10]
    active = row["type_id"] == 1
    row["item_id"] = plan.at("item", rank) if active and rank % 4 == 1 else 0
    row["dedicated_company_id"] = 0 if i % 7 else plan.at("company", i)
    row["max_lpns"] = 9_999_999 if active else 1


def _code_row(row: Row, i: int, plan: Plan) -> None:
    row["code"] = LOCATION_CODES[row["id"]]


def _uom(row: Row, i: int, plan: Plan) -> None:
    row["uom_code"], row["uom_name"] = UOM_CODES[row["id"]], CODES["uom"][row["id"]]
    row["base_uom_conversion_factor"] = ("1", "6", "24", "480")[i]
    row["base_uom_flg"] = int(i == 0)


def _time_zone(row: Row, i: int, plan: Plan) -> None:
    row["code"] = CODES["time_zone"][row["id"]][:20]
    row["description"] = CODES["time_zone"][row["id"]]


def _attributes(row: Row, i: int, plan: Plan) -> None:
    row["facility_id"], row["company_id"] = plan.at("facility", i % DCS), plan.at("company", i)
    if row["id"] == 0:
        row |= {name: "" for name in row if name.startswith("invn_attr_")}


RECIPES: Final = {
    "facility": _facility,
    "company": _company,
    "user_facility": _user_facility,
    "item": _item,
    "item_metrics": _item_part,
    "item_characteristics": _item_part,
    "item_barcode": _item_part,
    "item_facility": _item_facility,
    "location": _location,
    "location_type": _code_row,
    "uom": _uom,
    "time_zone": _time_zone,
    "inventory_attribute": _attributes,
}
