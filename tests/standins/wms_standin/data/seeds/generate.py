"""Rows of one table, in stored form: a generic row from pools, corrected by the table's recipe."""

from __future__ import annotations

from functools import lru_cache
from itertools import cycle
from random import Random
from typing import TYPE_CHECKING, Any, Final

from wms_standin.catalog.entities import Entity, Field, key_field
from wms_standin.data.seeds.codes import CODES
from wms_standin.data.seeds.dates import HOUR
from wms_standin.data.seeds.plan import DCS, Plan, Row
from wms_standin.data.seeds.recipes import RECIPES
from wms_standin.data.seeds.values import pool
from wms_standin.data.store import hash_rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SPAN: Final = 540 * 24 * HOUR
"""The history before the anchor in which rows were created."""

MOST_KEPT: Final = 2000
"""Rows of a table that is kept in memory."""


def generate(entity: Entity, plan: Plan, anchor: int) -> Iterable[tuple[Any, ...]]:
    """Return all rows of a table: its stored fields in order, then the hash rank."""
    if plan.count(entity.table) <= MOST_KEPT:
        return _kept(entity, plan, anchor)
    return _made(entity, plan, anchor)


@lru_cache(maxsize=300)
def _kept(entity: Entity, plan: Plan, anchor: int) -> list[tuple[Any, ...]]:
    """Return the rows of a table; they are kept for later worlds of the same seed and sizes."""
    return list(_made(entity, plan, anchor))


def _made(entity: Entity, plan: Plan, anchor: int) -> Iterator[tuple[Any, ...]]:
    columns = _columns(entity, plan, anchor)
    names = [field.name for field in entity.stored]
    recipe = RECIPES.get(entity.table)
    count = plan.count(entity.table)
    for number, values in zip(range(count), zip(*columns, strict=False), strict=False):
        if recipe is None:
            yield (*values, hash_rank(number))
            continue
        row: Row = dict(zip(names, values, strict=True))
        recipe(row, number, plan)
        yield (*row.values(), hash_rank(number))


def _columns(entity: Entity, plan: Plan, anchor: int) -> list[Iterable[Any]]:
    count = plan.count(entity.table)
    instants = _instants(entity, plan, anchor, count)
    return [
        instants[field.name] if field.name in instants else _column(entity, field, plan, anchor)
        for field in entity.stored
    ]


def _instants(entity: Entity, plan: Plan, anchor: int, count: int) -> dict[str, Iterable[Any]]:
    """Rows are created in id order over the span; a third never changed after that."""
    if not entity.has_mod_ts:
        return {}
    rng = Random(f"{plan.seed}:{entity.table}:instants")
    step = _SPAN // max(1, count)
    jitter = [rng.randrange(step or 1) if i % 11 else 0 for i in range(97)]
    delays = [0 if i % 3 == 0 else rng.randrange(1, 20 * 24 * HOUR) for i in range(101)]
    start = anchor - _SPAN
    created = [start + i * step + jitter[i % 97] for i in range(count)]
    changed = (min(at + delays[i % 101], anchor) for i, at in enumerate(created))
    return {"create_ts": created, "mod_ts": changed}


def _column(entity: Entity, field: Field, plan: Plan, anchor: int) -> Iterable[Any]:
    seed = f"{plan.seed}:{entity.table}:{field.name}"
    if field.name == "id":
        return plan.ids(entity.table)
    if entity.table in CODES and field.storage == "text":
        return list(_code_texts(entity, field))
    if field.kind == "relation":
        return cycle(_links(field, plan, Random(seed)))
    if field.kind == "datetime":
        return cycle(_times(field, anchor, Random(seed)))
    if field.name == key_field(entity) and field.storage == "text":
        return _natural_keys(entity, field)
    return cycle(pool(field, seed))


def _code_texts(entity: Entity, field: Field) -> Iterator[str]:
    prefix = "".join(word[0] for word in entity.table.split("_")).upper()
    for number, description in CODES[entity.table].items():
        text = f"{prefix}{number}" if "code" in field.name or field.max_length == 1 else description
        yield text[-(field.max_length or 99) :]


def _natural_keys(entity: Entity, field: Field) -> Iterator[str]:
    prefix = "".join(word[0] for word in entity.table.split("_")).upper()
    number = 0
    while True:
        yield f"{prefix}{number:06}"[-(field.max_length or 99) :]
        number += 1


def _links(field: Field, plan: Plan, rng: Random) -> list[int | None]:
    """Return ids of existing rows; small numbers for unsupported targets, defaults often."""
    if field.target == "":
        some: list[int] = [1, 2, 3, 4, 5]
    else:
        some = [i for i in plan.ids(field.target) if i != 0 or field.target in CODES]
        if field.target == "facility":
            some = some[:DCS]
    if not some:
        return [None if field.nullable else 0]
    picks: list[int | None] = [rng.choice(some) for _ in range(rng.choice((89, 97, 101, 103)))]
    if field.nullable:
        return [None if rng.random() < 0.4 else pick for pick in picks]
    if isinstance(field.default, int | float):
        return [int(field.default) if rng.random() < 0.6 else pick for pick in picks]
    return picks


def _times(field: Field, anchor: int, rng: Random) -> list[int | None]:
    """`required` means no default, not never null: such instants are null now and then."""
    chance = 0.0 if field.default is not None else 0.4 if field.nullable else 0.15
    return [None if rng.random() < chance else anchor - rng.randrange(_SPAN) for _ in range(101)]
