"""The FROM clause of one request: paths over relations become joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wms_standin.api.errors import invalid

if TYPE_CHECKING:
    from wms_standin.catalog.entities import Entity, Field
    from wms_standin.data.world import World

_REVERSE: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("purchase_order_hdr", "purchaseorderdtl"): ("purchase_order_dtl", "purchase_order_id"),
    ("ib_shipment", "ibshipmentdtl"): ("ib_shipment_dtl", "ib_shipment_id"),
    ("work_order_hdr", "workorderkit"): ("work_order_kit", "work_order_id"),
    ("work_order_kit", "workordercomponent"): ("work_order_component", "work_order_kit_id"),
    ("container", "containerlockxref"): ("container_lock_xref", "container_id"),
    ("container", "cntr_inv"): ("inventory", "container_id"),
    ("inventory", "to_from_inv"): ("allocation", "to_inventory_id"),
    ("inventory", "inv_serial_nbr_id"): ("serial_nbr_inventory", "inventory_id"),
    ("order_hdr", "orderdtl"): ("order_dtl", "order_id"),
    ("order_hdr", "orderlockxref"): ("order_lock", "order_id"),
}
"""Documented reverse relations: rows repeat like in an SQL join."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field reached by a path, as SQL."""

    sql: str
    field: Field
    entity: Entity


class Source:
    """Joins needed by filters, ordering and values_list of one request on one entity."""

    def __init__(self, world: World, entity: Entity) -> None:
        self.world = world
        self.entity = entity
        world.ensure(entity.table)
        self._joins: dict[tuple[str, str], tuple[str, Entity]] = {}
        self._clauses: list[str] = []

    def sql(self) -> str:
        """Return the FROM clause; the entity's own rows are `t`."""
        return " ".join([f'FROM "{self.entity.table}" t', *self._clauses])

    def column(self, path: str) -> Column:
        """Return the field at the end of a path such as `order_id__facility_id__code`."""
        alias, entity = "t", self.entity
        *steps, last = path.split("__")
        for step in steps:
            alias, entity = self._follow(alias, entity, step, path)
        if (entity.table, last) in _REVERSE:
            alias, entity = self._reverse(alias, entity, last)
            last = "id"
        field = entity.fields.get(last)
        if field is None or field.kind in {"set", "computed"}:
            raise invalid({path: f"Unknown field {last}"})
        return Column(f'{alias}."{last}"', field, entity)

    def _follow(self, alias: str, entity: Entity, step: str, path: str) -> tuple[str, Entity]:
        if (entity.table, step) in _REVERSE:
            return self._reverse(alias, entity, step)
        field = entity.fields.get(step)
        if field is None or field.kind != "relation" or field.target == "":
            raise invalid({path: f"Unknown relation {step}"})
        target = self.world.entity(field.target)
        return self._join(alias, step, target, "id", f'{alias}."{step}"')

    def _reverse(self, alias: str, entity: Entity, step: str) -> tuple[str, Entity]:
        child, by = _REVERSE[entity.table, step]
        return self._join(alias, step, self.world.entity(child), by, f"{alias}.id")

    def _join(
        self, alias: str, step: str, target: Entity, column: str, equals: str
    ) -> tuple[str, Entity]:
        if (alias, step) not in self._joins:
            self.world.ensure(target.table)
            name = f"j{len(self._joins) + 1}"
            self._joins[alias, step] = name, target
            self._clauses.append(
                f'LEFT JOIN "{target.table}" {name} ON {name}."{column}" = {equals}'
            )
        return self._joins[alias, step]
