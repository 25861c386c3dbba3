"""Orders, waves, allocations, tasks, loads and stops."""

from __future__ import annotations

from typing import Final

from wms_standin.data.seeds.dates import HOUR, between, day
from wms_standin.data.seeds.family import company_index, owner, parent_of, quantity
from wms_standin.data.seeds.master import item_index
from wms_standin.data.seeds.plan import DCS, Plan, Row
from wms_standin.data.seeds.stock import location_index

_STATUSES: Final = (90, 90, 0, 90, 20, 90, 10, 25, 90, 27, 90, 40, 99, 90, 50, 30, 90)
_ALLOCATED: Final = 20
_SHIPPED: Final = 90
_CANCELLED: Final = 99


def order_status(index: int) -> int:
    """Return the status of the order at an index: half are shipped, every other status occurs."""
    return _STATUSES[index % len(_STATUSES)]


def order_number(index: int) -> str:
    """Return the number of the order at an index; some have a character that URLs must escape."""
    return f"ORD{index:07}" if index % 23 else f"ORD/{index:06} &ç"


def _order(row: Row, i: int, plan: Plan) -> None:
    starts = plan.parents("order_hdr", "order_dtl")
    lines = range(starts[i], starts[i + 1])
    status = order_status(i)
    created = row["create_ts"]
    row |= owner(plan, i)
    row["order_nbr"], row["status_id"] = order_number(i), status
    row["order_type_id"] = plan.at("order_type", i)
    row["ord_date"], row["req_ship_date"] = day(created), day(created, 2)
    row["dest_facility_id"] = row["shipto_facility_id"] = plan.at("facility", DCS + i % 5)
    row["order_shipped_ts"] = between(created, row["mod_ts"], i) if status == _SHIPPED else None
    row["total_orig_ord_qty"] = str(sum(map(quantity, lines)))
    row["orig_sku_count"] = len(lines)
    row["orig_sale_price"] = None if i % 2 else "149.9"
    row["work_order_kit_id"] = None


def _order_line(row: Row, i: int, plan: Plan) -> None:
    parent, seq = parent_of(plan, "order_hdr", "order_dtl", i)
    status = order_status(parent)
    row["order_id"], row["status_id"] = plan.at("order_hdr", parent), status
    row["seq_nbr"] = row["order_dtl_original_seq_nbr"] = seq
    row["item_id"] = plan.at("item", item_index(plan, company_index(plan, parent), i))
    row["uom_id"] = row["ordered_uom_id"] = 1
    row["ord_qty"] = row["orig_ord_qty"] = row["ordered_uom_qty"] = str(quantity(i))
    row["alloc_qty"] = str(quantity(i)) if _ALLOCATED <= status < _CANCELLED else "0"
    row["orig_order_ref_id"] = None


def _order_lock(row: Row, i: int, plan: Plan) -> None:
    row["order_id"] = plan.at("order_hdr", i * 5)


def _order_instruction(row: Row, i: int, plan: Plan) -> None:
    line = plan.wrap("order_dtl", i * 3)
    row["order_dtl_id"] = plan.at("order_dtl", line) if i % 2 else None
    row["order_id"] = plan.at("order_hdr", parent_of(plan, "order_hdr", "order_dtl", line)[0])


def _wave(row: Row, i: int, plan: Plan) -> None:
    row["facility_id"] = plan.at("facility", i % DCS)
    row["run_nbr"] = f"RUN{i:06}"


def _task(row: Row, i: int, plan: Plan) -> None:
    row |= owner(plan, i)
    row["task_nbr"] = f"TASK{i:07}"
    row["wave_id"] = plan.at("wave", plan.member("wave", i % DCS, DCS, i))
    row["curr_location_id"] = plan.at("location", location_index(plan, i % DCS, i))


def _allocation(row: Row, i: int, plan: Plan) -> None:
    """Belongs to a line of an order that is allocated or further, where there is one."""
    line, _ = parent_of(plan, "order_dtl", "allocation", i)
    order, _ = parent_of(plan, "order_hdr", "order_dtl", line)
    facility, status = order % DCS, order_status(order)
    packed = status >= 40 and status != _CANCELLED
    row["order_dtl_id"] = plan.at("order_dtl", line)
    row["from_inventory_id"] = plan.at("inventory", plan.member("inventory", facility, DCS, i))
    row["to_inventory_id"] = (
        plan.at("inventory", plan.member("inventory", facility, DCS, i + 1)) if packed else None
    )
    row["wave_id"] = plan.at("wave", plan.member("wave", facility, DCS, i))
    row["task_id"] = plan.at("task", plan.member("task", facility, DCS, i))
    row["status_id"] = _CANCELLED if status == _CANCELLED else 90 if packed else 0
    row["alloc_qty"] = str(quantity(line))
    row["packed_qty"] = row["alloc_qty"] if packed else "0"
    row["picked_ts"] = between(row["create_ts"], row["mod_ts"], i) if packed else None
    row["pick_user"] = "RF01" if packed else ""
    row["alloc_uom_id"] = 1


def _load(row: Row, i: int, plan: Plan) -> None:
    row |= owner(plan, i)
    row["load_nbr"], row["type"] = f"LOAD{i:05}", "I" if i % 4 == 0 else "O"
    arrived = row["create_ts"] + HOUR if row["status_id"] >= 10 else None
    row["act_arrival_ts"] = arrived
    row["act_departure_ts"] = row["mod_ts"] + HOUR if row["status_id"] == _SHIPPED else None


def _stop(row: Row, i: int, plan: Plan) -> None:
    parent, seq = parent_of(plan, "load", "ob_stop", i)
    row["load_id"], row["seq_nbr"] = plan.at("load", parent), seq


def _stop_line(row: Row, i: int, plan: Plan) -> None:
    row["ob_stop_id"] = plan.at("ob_stop", parent_of(plan, "ob_stop", "ob_stop_dtl", i)[0])


RECIPES: Final = {
    "order_hdr": _order,
    "order_dtl": _order_line,
    "order_lock": _order_lock,
    "order_instruction": _order_instruction,
    "wave": _wave,
    "task": _task,
    "allocation": _allocation,
    "load": _load,
    "ob_stop": _stop,
    "ob_stop_dtl": _stop_line,
}
