"""Containers, pallets and the inventory in them or in active locations."""

from __future__ import annotations

from typing import Final

from wms_standin.data.seeds.dates import day
from wms_standin.data.seeds.family import company_index, owner, quantity
from wms_standin.data.seeds.inbound import shipment_number
from wms_standin.data.seeds.master import item_code, item_index
from wms_standin.data.seeds.plan import DCS, Plan, Row

_IBLPN_STATUSES: Final = (30, 30, 20, 40, 95, 10)
_OBLPN_STATUSES: Final = (50, 90, 80, 90, 99, 0)


def container_number(index: int) -> str:
    """Return the number of the container at an index; every third is outbound."""
    return f"OB{index:08}" if is_outbound(index) else f"LPN{index:07}"


def is_outbound(index: int) -> bool:
    """Return whether the container at an index is an oblpn; the others are iblpn."""
    return index // DCS % 3 == 2


def location_index(plan: Plan, facility: int, pick: int) -> int:
    """Return the index of a location in the facility with that index."""
    return plan.member("location", facility, DCS, pick)


def _container(row: Row, i: int, plan: Plan) -> None:
    outbound = is_outbound(i)
    shipment = plan.member("ib_shipment", i % DCS, DCS, i)
    row |= owner(plan, i)
    row["container_nbr"], row["type"] = container_number(i), "O" if outbound else "I"
    row["status_id"] = (_OBLPN_STATUSES if outbound else _IBLPN_STATUSES)[i % 6]
    row["curr_location_id"] = plan.at("location", location_index(plan, i % DCS, i))
    row["rcvd_shipment_id"] = None if outbound else plan.at("ib_shipment", shipment)
    row["ref_shipment_nbr"] = "" if outbound else shipment_number(shipment)
    row["rcvd_ts"] = None if outbound else row["create_ts"]
    row["first_putaway_ts"] = row["mod_ts"] if row["status_id"] == 30 else None
    row["pallet_id"] = None if i % 4 else plan.at("pallet", plan.member("pallet", i % DCS, DCS, i))


def _pallet(row: Row, i: int, plan: Plan) -> None:
    row |= owner(plan, i)
    row["pallet_nbr"] = f"PAL{i:06}"


def _inventory(row: Row, i: int, plan: Plan) -> None:
    """A row is either in a container or in an active location, never in both."""
    facility = i % DCS
    row["facility_id"] = plan.at("facility", facility)
    row["container_id"] = row["location_id"] = None
    if i % 5:
        container = plan.member("container", facility, DCS, i // DCS)
        row["container_id"] = plan.at("container", container)
        company = company_index(plan, container)
    else:
        row["location_id"] = plan.at("location", location_index(plan, facility, i))
        company = plan.wrap("company", i)
    row["item_id"] = plan.at("item", item_index(plan, company, i))
    row["uom_id"], row["status_id"] = 1, 0
    row["orig_qty"] = str(quantity(i) * 12)
    row["curr_qty"] = row["orig_qty"] if i % 4 else str(quantity(i) * 12 - quantity(i))
    row["expiry_date"] = day(row["create_ts"], 365) if i % 3 == 0 else None


def _owned_item(row: Row, i: int, plan: Plan) -> None:
    row |= owner(plan, i)
    row["item_id"] = plan.at("item", item_index(plan, company_index(plan, i), i))


def _history(row: Row, i: int, plan: Plan) -> None:
    _owned_item(row, i, plan)
    index = item_index(plan, company_index(plan, i), i)
    row["item_code"] = row["item_alternate_code"] = item_code(index)
    row["history_activity_id"] = (1, 3, 4, 10, 13, 17, 51, 85)[i % 8]
    row["container_nbr"] = container_number(plan.wrap("container", i))
    row["group_nbr"], row["seq_nbr"] = 1 + i // 4, 1 + i % 4
    row["adj_qty"] = str(quantity(i) if i % 3 else -quantity(i))


RECIPES: Final = {
    "container": _container,
    "pallet": _pallet,
    "inventory": _inventory,
    "batch_number": _owned_item,
    "serial_nbr": _owned_item,
    "inventory_history": _history,
}
