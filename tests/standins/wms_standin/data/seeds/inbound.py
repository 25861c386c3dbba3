"""Purchase orders and inbound shipments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wms_standin.data.seeds.dates import HOUR, day
from wms_standin.data.seeds.family import company_index, owner, parent_of, quantity
from wms_standin.data.seeds.master import item_index

if TYPE_CHECKING:
    from wms_standin.data.seeds.plan import Plan, Row

_VERIFIED: Final = 30
_SHIPMENT_STATUSES: Final = (30, 30, 0, 30, 20, 10, 30, 99)
_ORDER_STATUSES: Final = (0, 10, 90, 90, 99)


def _purchase_order(row: Row, i: int, plan: Plan) -> None:
    row |= owner(plan, i)
    row["po_nbr"] = f"PO{i:06}"
    row["status_id"] = _ORDER_STATUSES[i % len(_ORDER_STATUSES)]
    row["ord_date"] = day(row["create_ts"])
    row["delivery_date"] = day(row["create_ts"], 4)
    row["ship_date"] = row["cancel_date"] = day(row["create_ts"], 5)


def _purchase_order_line(row: Row, i: int, plan: Plan) -> None:
    parent, _ = parent_of(plan, "purchase_order_hdr", "purchase_order_dtl", i)
    row["purchase_order_id"] = plan.at("purchase_order_hdr", parent)
    row["item_id"] = plan.at("item", item_index(plan, company_index(plan, parent), i))
    row["uom_id"] = row["ordered_uom_id"] = 1
    ordered = quantity(i)
    received = ordered if _ORDER_STATUSES[parent % len(_ORDER_STATUSES)] == 90 else 0
    row["ord_qty"] = row["orig_ord_qty"] = row["ordered_uom_qty"] = str(ordered)
    row["rcvd_qty"] = row["shpd_qty"] = str(received)


def shipment_status(index: int) -> int:
    """Return the status of the inbound shipment at an index."""
    return _SHIPMENT_STATUSES[index % len(_SHIPMENT_STATUSES)]


def shipment_number(index: int) -> str:
    """Return the number of the inbound shipment at an index."""
    return f"ASN{index:06}"


def _shipment(row: Row, i: int, plan: Plan) -> None:
    starts = plan.parents("ib_shipment", "ib_shipment_dtl")
    lines = range(starts[i], starts[i + 1])
    status = shipment_status(i)
    received = [line for line in lines if status >= 10 and status != 99]
    row |= owner(plan, i)
    row["shipment_nbr"], row["status_id"] = shipment_number(i), status
    row["shipped_date"] = day(row["create_ts"], -1)
    verified = status == _VERIFIED
    row["verified_ts"] = min(row["create_ts"] + 6 * HOUR, row["mod_ts"]) if verified else None
    row["verified_user"] = "RF01" if verified else ""
    row["load_id"] = None if i % 3 else plan.at("load", 0)
    row["lpn_count"] = row["orig_shipped_cntrs"] = len(lines)
    row["received_lpn_count"] = len(received)
    row["shipped_qty"] = float(sum(map(quantity, lines)))
    row["received_qty"] = float(sum(map(quantity, received)))
    row["orig_shipped_units"] = str(int(row["shipped_qty"]))


def _shipment_line(row: Row, i: int, plan: Plan) -> None:
    parent, _ = parent_of(plan, "ib_shipment", "ib_shipment_dtl", i)
    row["ib_shipment_id"] = plan.at("ib_shipment", parent)
    row["item_id"] = plan.at("item", item_index(plan, company_index(plan, parent), i))
    row["uom_id"] = row["shipped_uom_id"] = 1
    row["container_nbr"] = f"LPN{i:07}"
    status = shipment_status(parent)
    row["shipped_qty"] = row["shipped_uom_qty"] = str(quantity(i))
    row["received_qty"] = str(quantity(i)) if status >= 10 and status != 99 else "0"


RECIPES: Final = {
    "purchase_order_hdr": _purchase_order,
    "purchase_order_dtl": _purchase_order_line,
    "ib_shipment": _shipment,
    "ib_shipment_dtl": _shipment_line,
}
