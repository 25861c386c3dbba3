"""The paths by which a `values_list` may show what records show as the key of a related record.

Which column of an entity its key is, is known of the core (by Oracle's guides and by payloads of
tenants) and supposed of the others, by the names of their columns in 25B. A path is taken only
where its values equal the keys of records.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class KeyPath:
    """Columns whose texts, joined by `by`, are a key; without any column each key is blank."""

    columns: tuple[str, ...] = ()
    by: str = ""

    def below(self, link: str) -> KeyPath:
        """Return the same path from an entity that has this link."""
        return replace(self, columns=tuple(f"{link}__{column}" for column in self.columns))

    def keys(
        self, ids: Sequence[int | None], columns: Mapping[str, Sequence[Any]]
    ) -> list[str | None]:
        """Return the keys of rows by the ids of their links; None where the path has none.

        A blank text tells none: another column may stand in for it.
        """
        if not self.columns:
            return [None if found is None else "" for found in ids]
        texts = [columns[name] for name in self.columns]
        if len(texts) == 1:
            if None not in ids and all(texts[0]):
                return list(texts[0])
            return [
                None if found is None else text or None
                for found, text in zip(ids, texts[0], strict=True)
            ]
        return [
            self.by.join(parts) if found is not None and all(parts) else None
            for found, parts in zip(ids, zip(*texts, strict=True), strict=True)
        ]


def _single(*columns: str) -> tuple[KeyPath, ...]:
    return tuple(KeyPath((column,)) for column in columns)


_CODE: Final = (
    "barcode_type", "carrier", "check_digit_method", "company", "company_type", "dock_type",
    "facility", "facility_type", "hazmat_regulation_type", "hire_type", "item_assignment_type",
    "item_hierarchy_defn", "lgfapi_archive_level", "location_type", "lpn_type",
    "multi_field_barcode_class", "multi_field_barcode_delimiter", "oblpn_printing_validation",
    "order_instruction_type", "printer_protocol", "reason_code", "replenishment_zone", "ship_via",
    "std_carrier", "std_carrier_accessorial", "std_carrier_service", "time_zone", "vendor",
    "work_area", "work_area_activity",
)  # fmt: skip
_DESCRIPTION: Final = (
    "allocation_distribution_mode", "carrier_type", "carrier_webservice_label_type",
    "cc_creation_type", "cubing_mode", "date_format", "language", "mhe_type",
    "module_parm_choice", "movement_request_type", "order_instruction_level",
    "property_prompt_in_receiving", "property_prompt_mode", "putaway_method",
    "putaway_search_mode", "putaway_type", "reason_code_type", "receipt_validation_type",
    "rf_key_code", "routing_mode", "selection_type", "shipment_verif_orderdtl_cancel_mode",
    "sql_operator", "storage_priority", "time_format", "wave_stage", "wave_type",
    "wms_activity_code", "work_area_activity_type", "work_order_activity_type",
)  # fmt: skip
_NAME: Final = (
    "cost_centre", "cw_break", "group", "parm_type", "screen_type", "shift", "sku_line",
    "sku_line_group", "team", "work_group",
)  # fmt: skip
_OWN: Final = ("column_name", "contact", "order_type", "report_type", "task_type",
               "work_order_type")  # fmt: skip
"""Entities with a column of their own name."""

PATHS: Final[dict[str, tuple[KeyPath, ...]]] = {
    **dict.fromkeys(_CODE, _single("code")),
    **dict.fromkeys(_DESCRIPTION, _single("description")),
    **dict.fromkeys(_NAME, _single("name")),
    **{name: _single(name) for name in _OWN},
    "asset": _single("asset_nbr"),
    "batch_number": _single("batch_nbr"),
    "container": _single("container_nbr"),
    "dock": _single("dock_nbr"),
    "ib_shipment": _single("shipment_nbr"),
    "ib_shipment_type": _single("shipment_type"),
    "inventory": (KeyPath(),),
    "inventory_attribute": (KeyPath(),),
    "inventory_lock": _single("lock_code"),
    "item": _single("item_alternate_code", "code"),
    "load": _single("load_nbr"),
    "location": _single("locn_str", "barcode"),
    "location_size_type": (KeyPath(("company_id__code", "size_type"), " / "),),
    "module": _single("module_name"),
    "order_dtl": (KeyPath(("order_id__order_nbr", "seq_nbr"), ","),),
    "order_hdr": _single("order_nbr"),
    "pallet": _single("pallet_nbr"),
    "parcel_shipment": _single("parcel_shipment_nbr"),
    "payment_method": _single("payment_method_code"),
    "printer": _single("printer_name"),
    "printer_type": _single("printer_type_code"),
    "purchase_order_hdr": _single("po_nbr"),
    "serial_nbr": _single("serial_nbr"),
    "task": _single("task_nbr"),
    "trailer": _single("trailer_nbr"),
    "uom": _single("uom_code"),
    "uom_class": _single("uom_class_code"),
    "wave": _single("run_nbr"),
    "work_order_hdr": _single("work_order_nbr"),
}
"""Entity -> paths to what may be its key, the likeliest first."""


def candidates(link: str, urls: Iterable[str | None]) -> tuple[KeyPath, ...]:
    """Return the paths that may lead to the keys of a link, whose related records are at `urls`."""
    address = next(filter(None, urls), "")
    target = (
        address.rstrip("/").split("/")[-2] if address.count("/") > 1 else link.removesuffix("_id")
    )
    return tuple(path.below(link) for path in PATHS.get(target, ()))
