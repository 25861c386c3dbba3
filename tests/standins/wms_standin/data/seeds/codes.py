"""Rows of code tables: id -> description. Order-status ids are product lore, the rest is ours."""

from __future__ import annotations

from typing import Final

from wms_standin.catalog.entities import load_entities

_KNOWN: Final[dict[str, dict[int, str]]] = {
    "order_status": {
        0: "Created", 10: "Partially Allocated", 20: "Allocated", 25: "In-Picking", 27: "Picked",
        30: "In-Packing", 40: "Packed", 50: "Loaded", 90: "Shipped", 99: "Cancelled",
    },
    "container_status": {
        0: "Created", 10: "In Transit", 20: "Received", 30: "Located", 40: "Allocated",
        50: "Packed", 80: "Loaded", 90: "Delivered", 95: "Consumed", 99: "Cancelled",
    },
    "ib_shipment_status": {
        0: "In Transit", 10: "In Receiving", 20: "Receiving Completed", 30: "Verified",
        99: "Cancelled",
    },
    "purchase_order_status": {
        0: "Created", 10: "Partially Received", 90: "Closed", 99: "Cancelled",
    },
    "allocation_status": {
        0: "Created", 10: "In Picking", 20: "Picked", 90: "Packed", 99: "Cancelled",
    },
    "task_status": {0: "Created", 10: "Ready", 20: "In Progress", 90: "Completed", 99: "Cancelled"},
    "wave_status": {0: "Created", 10: "In Progress", 90: "Completed", 99: "Cancelled"},
    "load_status": {0: "Created", 10: "Checked In", 20: "Loading", 90: "Shipped", 99: "Cancelled"},
    "stop_status": {10: "Created", 20: "Loading", 90: "Shipped"},
    "pallet_status": {10: "Created", 20: "In Use", 90: "Shipped"},
    "route_hdr_status": {10: "Created", 90: "Closed"},
    "audit_status": {0: "Not Required", 10: "Not Audited", 20: "Audited"},
    "location_type": {1: "Active", 2: "Reserve", 3: "Staging", 4: "Dock"},
    "property_prompt_mode": {0: "Not Required", 1: "Optional", 2: "Mandatory"},
    "uom": {1: "Units", 2: "Packs", 3: "Cases", 4: "Pallets"},
    "time_zone": {0: "UTC", 1: "America/Sao_Paulo", 2: "America/New_York", 3: "Asia/Kolkata"},
}  # fmt: skip
LOCATION_CODES: Final = {1: "A", 2: "R", 3: "S", 4: "D"}
UOM_CODES: Final = {1: "UNITS", 2: "PACKS", 3: "CASES", 4: "PALLETS"}

_GENERIC_STATUS: Final = {0: "Created", 10: "In Progress", 90: "Completed", 99: "Cancelled"}
_GENERIC: Final = ("Standard", "Optional", "Extended", "Legacy")
_BUSINESS: Final = {
    "aiml_order_cycle_time",
    "aiml_prediction_order_cycle_time",
    "container_lock_xref",
    "stage_planned_parcel_shipment_hdr",
    "stage_planned_parcel_shipment_dtl",
    "ups_routing_code",
}


def _rows(table: str) -> dict[int, str]:
    if table in _KNOWN:
        return _KNOWN[table]
    if table.endswith("_status"):
        return {1: "None", **_GENERIC_STATUS} if table == "wave_mhe_status" else _GENERIC_STATUS
    words = table.replace("_", " ").title()
    return {i: f"{name} {words}" for i, name in enumerate(_GENERIC)}


CODES: Final[dict[str, dict[int, str]]] = {
    name: dict(sorted(_rows(name).items()))
    for name, entity in load_entities().items()
    if name in _KNOWN or (not entity.has_mod_ts and name not in _BUSINESS)
}
"""Tables of a few fixed rows that do not grow with the size; ids include every FK default."""
