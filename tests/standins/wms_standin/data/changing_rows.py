"""Rows that change: inserts, updates, late commits and deletes, each at the clock's time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wms_standin.catalog.entities import SETS, VIEWS, Entity, Field, key_field
from wms_standin.data.rows import Rows
from wms_standin.data.store import hash_rank, micros, to_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime, timedelta

    from wms_standin.catalog.entities import KeyForm
    from wms_standin.data.clock import Clock

_BLANK: Final = {"text": "", "decimal": "0", "date": "2025-01-01"}


class ChangingRows(Rows):
    """Rows that can be changed; every method is safe to call from any thread."""

    def __init__(
        self,
        *,
        seed: int,
        size: float,
        rows: Mapping[str, int],
        anchor: datetime,
        clock: Clock,
        bump_parents: bool = False,
        absent_fields: Collection[str] = (),
        key_forms: Mapping[str, KeyForm] | None = None,
    ) -> None:
        super().__init__(
            seed=seed,
            size=size,
            rows=rows,
            anchor=anchor,
            absent_fields=absent_fields,
            key_forms=key_forms,
        )
        self.clock = clock
        self.on_change: list[Callable[[str, int], None]] = []
        self._bump_parents = bump_parents
        self._last_ids: dict[str, int] = {}
        """Table -> the last id that was given: a sequence gives none twice."""

    def insert(self, name: str, **values: Any) -> int:
        """Add a row like the newest one, with a new id and `mod_ts` now; the new id."""
        entity = self._changeable(name)
        with self.lock:
            fresh = self._like(entity) | self._stamps(entity) | {"id": self._next_id(entity)}
            fresh |= self._natural_key(entity, fresh["id"]) | self._stored(entity, values)
            names = ", ".join(f'"{column}"' for column in fresh)
            marks = ", ".join("?" * len(fresh))
            sql = f'INSERT INTO "{entity.table}" ({names}, _h) VALUES ({marks}, ?)'
            self.query(sql, [*fresh.values(), hash_rank(fresh["id"])])
            self._changed(entity, fresh["id"])
            return int(fresh["id"])

    def _next_id(self, entity: Entity) -> int:
        highest = self.query(f'SELECT coalesce(max(id), 0) FROM "{entity.table}"').fetchone()[0]
        last = max(highest, self._last_ids.get(entity.table, 0))
        self._last_ids[entity.table] = last + 1 + last % 3
        return int(self._last_ids[entity.table])

    def update(self, name: str, row_id: int, **values: Any) -> None:
        """Change columns of a row; `mod_ts` becomes now unless given. KeyError without the row."""
        entity = self._changeable(name)
        with self.lock:
            stamp = {"mod_ts": micros(self.clock.now())} if entity.has_mod_ts else {}
            changes = stamp | self._stored(entity, values)
            if not changes:
                return
            pairs = ", ".join(f'"{column}" = ?' for column in changes)
            sql = f'UPDATE "{entity.table}" SET {pairs} WHERE id = ?'
            if self.query(sql, [*changes.values(), row_id]).rowcount != 1:
                msg = f"{name} {row_id}"
                raise KeyError(msg)
            self._changed(entity, row_id)

    def late_commit(self, name: str, age: timedelta, **values: Any) -> int:
        """Insert a row whose create_ts and mod_ts are `age` old: a long transaction's row."""
        at = self.clock.now() - age
        return self.insert(name, **{"create_ts": at, "mod_ts": at} | values)

    def delete(self, name: str, row_id: int) -> None:
        """Remove a row; optional links to it become null, rows that need it go too."""
        entity = self._changeable(name)
        with self.lock:
            self._release(entity, row_id)
            self._bump(entity, row_id)
            sql = f'DELETE FROM "{entity.table}" WHERE id = ?'
            if self.query(sql, [row_id]).rowcount != 1:
                msg = f"{name} {row_id}"
                raise KeyError(msg)
            self._tell(entity, row_id)

    def _changeable(self, name: str) -> Entity:
        entity = self.ensured(name)
        if not entity.has_id:
            msg = f"rows of {name} have no id and cannot be changed"
            raise ValueError(msg)
        return entity

    def _like(self, entity: Entity) -> dict[str, Any]:
        condition, values = self.where(entity)
        names = [field.name for field in entity.stored]
        columns = ", ".join(f't."{name}"' for name in names)
        sql = f'SELECT {columns} FROM "{entity.table}" t WHERE {condition} ORDER BY t.id DESC'
        found = self.query(f"{sql} LIMIT 1", values).fetchone()
        if found is None:
            return {field.name: _BLANK.get(field.storage, 0) for field in entity.stored}
        row = dict(zip(names, found, strict=True))
        if "seq_nbr" in row:
            row["seq_nbr"] = (row["seq_nbr"] or 0) + 1
        return row

    def _stamps(self, entity: Entity) -> dict[str, int]:
        now = micros(self.clock.now())
        return {"create_ts": now, "mod_ts": now} if entity.has_mod_ts else {}

    def _natural_key(self, entity: Entity, row_id: int) -> dict[str, str]:
        column = key_field(entity)
        if column and entity.fields[column].storage == "text":
            limit = entity.fields[column].max_length or 99
            return {column: f"NEW{row_id}"[-limit:]}
        return {}

    def _stored(self, entity: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: to_stored(entity.fields[name], value) for name, value in values.items()}

    def _release(self, entity: Entity, row_id: int) -> None:
        for other, field in self.references(entity.table):
            self.ensure(other.table)
            sql = f'SELECT id FROM "{other.table}" WHERE "{field.name}" = ?'
            for (referrer,) in self.query(sql, [row_id]).fetchall():
                if field.nullable:
                    self.update(other.name, referrer, **{field.name: None})
                else:
                    self.delete(other.name, referrer)

    def references(self, table: str) -> list[tuple[Entity, Field]]:
        """Return the fields that link to rows of a table."""
        return [
            (entity, field)
            for entity in self.entities.values()
            if entity.name not in VIEWS and entity.has_id
            for field in entity.fields.values()
            if field.target == table
        ]

    def _changed(self, entity: Entity, row_id: int) -> None:
        self._bump(entity, row_id)
        self._tell(entity, row_id)

    def _has(self, name: str, row_id: int | None) -> bool:
        """Whether a link leads to a row: one of a table that was emptied leads to none."""
        sql = f'SELECT 1 FROM "{self.ensured(name).table}" WHERE id = ?'
        return self.query(sql, [row_id]).fetchone() is not None

    def _tell(self, entity: Entity, row_id: int) -> None:
        for listener in self.on_change:
            listener(entity.table, row_id)

    def _bump(self, entity: Entity, row_id: int) -> None:
        """Let the parent's `mod_ts` follow a child's change, if the option says so."""
        if not self._bump_parents:
            return
        for (parent, _), child in SETS.items():
            if child.child == entity.table:
                sql = f'SELECT "{child.by}" FROM "{entity.table}" WHERE id = ?'
                found = self.query(sql, [row_id]).fetchone()
                if found is not None and self._has(parent, found[0]):
                    self.update(parent, found[0])
