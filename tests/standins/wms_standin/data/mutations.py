"""Deterministic changes of the world: what users and interfaces do while someone reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final, Literal

from wms_standin.catalog.entities import Entity, key_field
from wms_standin.data.seeds.values import any_value
from wms_standin.data.store import from_stored

if TYPE_CHECKING:
    from wms_standin.data.changing_rows import ChangingRows

Kind = Literal["update", "insert", "late", "delete"]

CORE: Final = (
    "order_hdr",
    "order_dtl",
    "allocation",
    "inventory",
    "container",
    "ib_shipment",
    "ib_shipment_dtl",
    "item",
    "location",
    "purchase_order_hdr",
    "order_lock",
    "ob_stop_dtl",
)
_KINDS: Final[tuple[Kind, ...]] = ("update", "update", "insert", "update", "late", "delete")
_LATE: Final = timedelta(minutes=7)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a row."""

    kind: Kind
    entity: str
    id: int


def mutate(world: ChangingRows, seed: int, n: int, entities: tuple[str, ...] = ()) -> list[Change]:
    """Make `n` changes of every kind in turn; deletes take rows that nothing else needs."""
    rng = Random(f"mutate:{seed}")
    names = entities or CORE
    return [change(world, _KINDS[i % len(_KINDS)], rng, names) for i in range(n)]


def change(world: ChangingRows, kind: Kind, rng: Random, names: tuple[str, ...]) -> Change:
    """Change a row of one of the entities; update one where no delete is possible."""
    if kind == "delete":
        leaves = [name for name in names if world.ids(name) and not _needed(world, name)]
        if leaves:
            name = rng.choice(leaves)
            row_id = rng.choice(world.ids(name))
            world.delete(name, row_id)
            return Change(kind, name, row_id)
        kind = "update"
    name = rng.choice(names)
    entity = world.entity(name)
    if kind == "insert":
        return Change(kind, name, world.insert(name, **_values(entity, rng)))
    if kind == "late" and entity.has_mod_ts:
        age = _LATE * rng.random()
        return Change(kind, name, world.late_commit(name, age, **_values(entity, rng)))
    ids = world.ids(name)
    if not ids:  # deletes have emptied it
        return Change("insert", name, world.insert(name, **_values(entity, rng)))
    row_id = rng.choice(ids)
    world.update(name, row_id, **_values(entity, rng))
    return Change("update", name, row_id)


def _needed(world: ChangingRows, name: str) -> bool:
    """Return whether other rows cannot do without rows of this entity."""
    table = world.entity(name).table
    return any(not field.nullable for _, field in world.references(table))


def _values(entity: Entity, rng: Random) -> dict[str, Any]:
    """Return new values of a few fields that neither identify nor link."""
    plain = [
        field
        for field in entity.stored
        if field.kind in {"string", "decimal", "integer", "boolean", "date"}
        and field.recorded
        and field.name not in {key_field(entity), "seq_nbr", "type"}
    ]
    chosen = rng.sample(plain, min(3, len(plain)))
    return {field.name: from_stored(field, any_value(field, rng)) for field in chosen}
