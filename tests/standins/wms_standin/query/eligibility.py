"""What a user's eligible facilities and companies leave of an entity's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wms_standin.api.accounts import User
    from wms_standin.catalog.entities import Entity
    from wms_standin.query.source import Source

_OWNERS: Final[dict[str, str]] = {
    "order_dtl": "order_id",
    "order_instruction": "order_id",
    "order_dtl_serial_nbr": "order_dtl_id",
    "order_dtl_xref": "order_dtl_id",
    "allocation": "from_inventory_id",
    "ib_shipment_dtl": "ib_shipment_id",
    "purchase_order_dtl": "purchase_order_id",
    "serial_nbr_inventory": "inventory_id",
    "container_lock_xref": "container_id",
    "ob_stop": "load_id",
    "ob_stop_dtl": "ob_stop_id",
    "item_barcode": "item_id",
    "item_metrics": "item_id",
    "item_characteristics": "item_id",
    "wms_activity_dtl": "activity_id",
    "work_order_kit": "work_order_id",
    "work_order_component": "work_order_kit_id",
    "movement_request_dtl": "movement_req_id",
    "cc_adjustment_dtl": "cc_adjustment_hdr_id",
    "cc_summary_adjustment_dtl": "cc_summary_adjustment_hdr_id",
}
"""Detail rows without facility or company of their own: the link to the row that has them."""


def _path(source: Source, entity: Entity, column: str) -> str | None:
    """Return the path from an entity to `facility_id` or `company_id`, if it has one."""
    if entity.table == column.removesuffix("_id"):
        return "id"
    if column in entity.fields:
        return column
    owner = _OWNERS.get(entity.table)
    if owner is None or owner not in entity.fields:
        return None
    rest = _path(source, source.world.entity(entity.fields[owner].target), column)
    return None if rest is None else f"{owner}__{rest}"


def _allowed(source: Source, column: str, codes: frozenset[str]) -> tuple[str, list[Any]]:
    path = _path(source, source.entity, column)
    if path is None:
        return "1", []
    table = column.removesuffix("_id")
    source.world.ensure(table)
    found = source.column(path)
    marks = ", ".join("?" * len(codes))
    ids = f'SELECT id FROM "{table}" WHERE code IN ({marks})'
    shared = f" OR {found.sql} IS NULL" if found.field.nullable else ""
    return f"({found.sql} IN ({ids}){shared})", sorted(codes)


def scope_condition(source: Source, user: User) -> tuple[str, list[Any]]:
    """Return the condition that hides other facilities' and companies' rows."""
    parts, values = ["1"], []
    for column, codes in (("facility_id", user.facilities), ("company_id", user.companies)):
        if codes is not None:
            sql, bound = _allowed(source, column, codes)
            parts.append(sql)
            values += bound
    return " AND ".join(parts), values
