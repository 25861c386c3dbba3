"""The data behind the API, in raw Python values and independent of any wire form.

Rows of a table are generated when it is first touched, so that starting costs nothing.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from wms_standin.entities import SETS, ChildSet, Entity, Field, key_field, load_entities
from wms_standin.seeds.generate import generate
from wms_standin.seeds.plan import Plan
from wms_standin.store import (
    connect,
    create_table,
    fill,
    from_stored,
    hash_rank,
    micros,
    to_stored,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from wms_standin.clock import Clock

NONE_KEYS: Final = {"company": "*", "item": "-----------"}
"""Keys of the id-0 rows that stand for "none" and cannot be read themselves."""


class World:
    """All rows of one stand-in; every method is safe to call from any thread."""

    def __init__(
        self,
        *,
        seed: int,
        size: float,
        rows: Mapping[str, int],
        anchor: datetime,
        clock: Clock,
        bump_parents: bool = False,
    ) -> None:
        self.lock = RLock()
        self.entities = dict(load_entities())
        self.plan = Plan(seed, size, rows)
        self.database = connect()
        self.clock = clock
        self.bump_parents = bump_parents
        self.on_change: list[Callable[[str, int | None], None]] = []
        self._anchor = micros(anchor)
        self._ready: set[str] = set()

    def entity(self, name: str) -> Entity:
        """The entity of that name; KeyError when the API does not have it."""
        return self.entities[name]

    def ensure(self, table: str) -> None:
        """Generate the rows of a table unless that was done."""
        with self.lock:
            if table in self._ready:
                return
            self._ready.add(table)
            entity = self.entities[table]
            create_table(self.database, entity)
            known = table in load_entities()
            fill(self.database, entity, generate(entity, self.plan, self._anchor) if known else ())

    def query(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run SQL whose tables were ensured; the caller holds `lock` while it fetches."""
        return self.database.execute(sql, parameters)

    def where(self, entity: Entity, alias: str = "t") -> tuple[str, list[Any]]:
        """The condition that tells the rows of a view within its table."""
        if entity.view is None:
            return "1", []
        column, value = entity.view
        return f'{alias}."{column}" = ?', [value]

    def count(self, name: str) -> int:
        """How many rows an entity has now."""
        entity = self._ensured(name)
        condition, values = self.where(entity)
        with self.lock:
            sql = f'SELECT count(*) FROM "{entity.table}" t WHERE {condition}'
            return int(self.query(sql, values).fetchone()[0])

    def rows(self, name: str) -> list[dict[str, Any]]:
        """All rows in id order: int, str, Decimal, aware UTC datetime, date, bool, float, None.

        A link is the integer id of its target. A counted set is its count or None, a single set
        the id of its row or None, an array a list of ids.
        """
        entity = self._ensured(name)
        condition, values = self.where(entity)
        return self._select(entity, condition, values)

    def row(self, name: str, row_id: int) -> dict[str, Any]:
        """One row, as `rows` gives it; KeyError when there is none."""
        entity = self._ensured(name)
        condition, values = self.where(entity)
        found = self._select(entity, f"{condition} AND t.id = ?", [*values, row_id])
        if not found:
            raise KeyError(f"{name} {row_id}")
        return found[0]

    def ids(self, name: str) -> list[int]:
        """The ids an entity has now, ascending."""
        entity = self._ensured(name)
        condition, values = self.where(entity)
        with self.lock:
            sql = f'SELECT id FROM "{entity.table}" t WHERE {condition} ORDER BY id'
            return [row[0] for row in self.query(sql, values)]

    def key(self, target: str, row_id: int, field: str = "") -> str:
        """What a link to that row shows as `key`; `field` names links without a known target."""
        if target == "":
            return f"{field.removesuffix('_id').upper()}{row_id}"
        if row_id == 0 and target in NONE_KEYS:
            return NONE_KEYS[target]
        entity = self._ensured(target)
        if entity.table == "order_dtl":
            return self._order_line_key(row_id)
        return self._plain_key(entity, row_id)

    def _plain_key(self, entity: Entity, row_id: int) -> str:
        column = key_field(entity)
        if not column:
            return ""
        with self.lock:
            found = self.query(
                f'SELECT "{column}" FROM "{entity.table}" WHERE id = ?', [row_id]
            ).fetchone()
        key = "" if found is None or found[0] is None else str(found[0])
        if entity.table != "location_size_type" or found is None:
            return key
        owner = self.row("location_size_type", row_id)["company_id"]
        return f"{self.key('company', owner)} / {key}"

    def _order_line_key(self, row_id: int) -> str:
        self.ensure("order_hdr")
        with self.lock:
            found = self.query(
                "SELECT h.order_nbr || ',' || d.seq_nbr FROM order_dtl d "
                "JOIN order_hdr h ON h.id = d.order_id WHERE d.id = ?",
                [row_id],
            ).fetchone()
        return "" if found is None else str(found[0])

    def _ensured(self, name: str) -> Entity:
        entity = self.entity(name)
        self.ensure(entity.table)
        return entity

    def _select(self, entity: Entity, condition: str, values: list[Any]) -> list[dict[str, Any]]:
        fields = [field for field in entity.fields.values() if field.name in entity.record_keys]
        fields += [f for f in entity.fields.values() if f.described and f not in fields]
        columns = ", ".join(self.column_sql(entity, field) for field in fields)
        order = "t.id" if entity.has_id else "t._rid"
        sql = f'SELECT {columns} FROM "{entity.table}" t WHERE {condition} ORDER BY {order}'
        with self.lock:
            found = self.query(sql, values).fetchall()
        return [
            {
                field.name: self._raw(entity, field, value)
                for field, value in zip(fields, row, strict=True)
            }
            for row in found
        ]

    def column_sql(self, entity: Entity, field: Field, alias: str = "t") -> str:
        """The SQL of a field: its column, or the count, id or ids (text) of its child set."""
        child = self.child_set(entity, field)
        if child is None:
            return f'{alias}."{field.name}"'
        self.ensure(child.child)
        pick = {"count": "nullif(count(*), 0)", "single": "min(id)", "array": "group_concat(id)"}
        source = f'"{child.child}" c WHERE c."{child.by}" = {alias}.id'
        return f"(SELECT {pick[child.shape]} FROM {source})"

    def child_set(self, entity: Entity, field: Field) -> ChildSet | None:
        """The child set behind a `*_set` field."""
        return SETS[entity.table, field.name] if field.kind == "set" else None

    def _raw(self, entity: Entity, field: Field, value: Any) -> Any:
        child = self.child_set(entity, field)
        if child is not None and child.shape == "array":
            return sorted(int(i) for i in value.split(",")) if value else []
        return from_stored(field, value)

    def insert(self, name: str, **values: Any) -> int:
        """Add a row like an existing one, with a new id and `mod_ts` now; the new id."""
        entity = self._ensured(name)
        with self.lock:
            rank = self.query(f'SELECT coalesce(max(id), 0) FROM "{entity.table}"').fetchone()[0]
            fresh = self._like(entity) | self._stamps(entity) | {"id": rank + 1 + rank % 3}
            fresh |= self._natural_key(entity, fresh["id"])
            fresh |= self._stored(entity, values)
            names = ", ".join(f'"{column}"' for column in fresh)
            marks = ", ".join("?" * len(fresh))
            sql = f'INSERT INTO "{entity.table}" ({names}, _h) VALUES ({marks}, ?)'
            self.query(sql, [*fresh.values(), hash_rank(fresh["id"])])
            self._changed(entity, fresh["id"])
            return int(fresh["id"])

    def _like(self, entity: Entity) -> dict[str, Any]:
        condition, values = self.where(entity)
        names = [field.name for field in entity.stored]
        columns = ", ".join(f't."{name}"' for name in names)
        order = "ORDER BY t.id DESC LIMIT 1"
        sql = f'SELECT {columns} FROM "{entity.table}" t WHERE {condition} {order}'
        found = self.query(sql, values).fetchone()
        if found is None:
            blank = {"text": "", "decimal": "0", "date": "2025-01-01"}
            return {field.name: blank.get(field.storage, 0) for field in entity.stored}
        return dict(zip(names, found, strict=True))

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

    def update(self, name: str, row_id: int, **values: Any) -> None:
        """Change columns of a row; `mod_ts` becomes now unless given. KeyError without the row."""
        entity = self._ensured(name)
        with self.lock:
            stamp = {"mod_ts": micros(self.clock.now())} if entity.has_mod_ts else {}
            changes = stamp | self._stored(entity, values)
            pairs = ", ".join(f'"{column}" = ?' for column in changes)
            sql = f'UPDATE "{entity.table}" SET {pairs} WHERE id = ?'
            if self.query(sql, [*changes.values(), row_id]).rowcount != 1:
                raise KeyError(f"{name} {row_id}")
            self._changed(entity, row_id)

    def late_commit(self, name: str, age: timedelta, **values: Any) -> int:
        """Insert a row whose create_ts and mod_ts are `age` old: a long transaction's row."""
        at = self.clock.now() - age
        return self.insert(name, **{"create_ts": at, "mod_ts": at} | values)

    def delete(self, name: str, row_id: int) -> None:
        """Remove a row; optional links to it become null, rows that need it go too."""
        entity = self._ensured(name)
        with self.lock:
            self._release(entity, row_id)
            sql = f'DELETE FROM "{entity.table}" WHERE id = ?'
            if self.query(sql, [row_id]).rowcount != 1:
                raise KeyError(f"{name} {row_id}")
            self._changed(entity, row_id)

    def _release(self, entity: Entity, row_id: int) -> None:
        for other, field in self._references(entity.table):
            self.ensure(other.table)
            sql = f'SELECT id FROM "{other.table}" WHERE "{field.name}" = ?'
            for (referrer,) in self.query(sql, [row_id]).fetchall():
                if field.nullable:
                    self.update(other.name, referrer, **{field.name: None})
                else:
                    self.delete(other.name, referrer)

    def _references(self, table: str) -> list[tuple[Entity, Field]]:
        return [
            (entity, field)
            for entity in self.entities.values()
            if entity.name == entity.table and entity.has_id
            for field in entity.fields.values()
            if field.target == table
        ]

    def _changed(self, entity: Entity, row_id: int) -> None:
        for listener in self.on_change:
            listener(entity.table, row_id)
