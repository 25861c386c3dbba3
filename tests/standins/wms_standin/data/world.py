"""The data behind the API as a whole: rows, bundles of changes, and upgrades of the WMS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wms_standin.catalog.entities import Entity, Field
from wms_standin.data.changing_rows import ChangingRows
from wms_standin.data.mutations import mutate
from wms_standin.data.store import add_column, create_table, fill, hash_rank, micros

if TYPE_CHECKING:
    from wms_standin.data.mutations import Change


class World(ChangingRows):
    """All that one stand-in knows; every method is safe to call from any thread."""

    def mutate(self, seed: int, n: int, entities: tuple[str, ...] = ()) -> list[Change]:
        """Make a deterministic bundle of `n` updates, inserts, late commits and deletes."""
        with self.lock:
            return mutate(self, seed, n, entities)

    def add_column(self, name: str, column: str, *, described: bool = False) -> None:
        """Give an entity a new text field, in records at once and in describe only if told."""
        with self.lock:
            self.ensured(name)  # the rows that are there get the column with the table
            for view in self._sharing(self.entity(name)):
                self.entities[view.name] = _with_field(view, column, described=described)
            entity = self.entity(name)
            add_column(self.database, entity, entity.fields[column])

    def describe_column(self, name: str, column: str) -> None:
        """Let describe list a drifted column from now on."""
        with self.lock:
            for entity in self._sharing(self.entity(name)):
                known = replace(entity.fields[column], described=True)
                fields = entity.fields | {column: known}
                self.entities[entity.name] = replace(entity, fields=fields)

    def add_entity(self, name: str, rows: int) -> None:
        """Add a code-like entity with create_ts and mod_ts, as releases bring them."""
        fields = dict(self.entity("company_parm").fields)
        keys = ("id", "create_user", "create_ts", "mod_user", "mod_ts", "company_id")
        chosen = {key: fields[key] for key in keys}
        chosen["code"] = Field("code", "string", "text", required=True, max_length=30)
        record = ("id", "url", *list(chosen)[1:])
        entity = Entity(name, chosen, record, name)
        now, company = micros(self.clock.now()), self.plan.at("company", 0)
        with self.lock:
            self.entities[name] = entity
            self.ready.add(name)
            create_table(self.database, entity)
            made = [
                (i, "", now, "", now, company, f"CODE{i}", hash_rank(i)) for i in range(1, rows + 1)
            ]
            fill(self.database, entity, made)

    def _sharing(self, entity: Entity) -> list[Entity]:
        return [other for other in self.entities.values() if other.table == entity.table]


def _with_field(entity: Entity, column: str, *, described: bool) -> Entity:
    field = Field(column, "string", "text", default="", max_length=30, described=described)
    fields = entity.fields | {column: field}
    return replace(entity, fields=fields, record_keys=(*entity.record_keys, column))
