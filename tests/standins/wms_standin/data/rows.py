"""The rows behind the API, in raw Python values and independent of any wire form.

Rows of a table are generated when it is first touched, so that starting costs nothing.
"""

from __future__ import annotations

import weakref
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from wms_standin.catalog.entities import (
    COMPOSITE_KEYS,
    SETS,
    ChildSet,
    Entity,
    Field,
    KeyForm,
    key_field,
    without_fields,
)
from wms_standin.data.seeds.generate import generate
from wms_standin.data.seeds.plan import Plan
from wms_standin.data.store import (
    connect,
    create_table,
    fill,
    from_stored,
    micros,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping
    from datetime import datetime


NONE_KEYS: Final = {"company": "*", "item": "-----------"}
"""Keys of the id-0 rows that stand for "none" and cannot be read themselves."""


class Rows:
    """All rows of one stand-in; every method is safe to call from any thread."""

    def __init__(
        self,
        *,
        seed: int,
        size: float,
        rows: Mapping[str, int],
        anchor: datetime,
        absent_fields: Collection[str] = (),
        key_forms: Mapping[str, KeyForm] | None = None,
    ) -> None:
        self.key_forms = {**COMPOSITE_KEYS, **(key_forms or {})}
        self.lock = RLock()
        self.entities = without_fields(absent_fields)
        self.plan = Plan(seed, size, rows)
        self.database = connect()
        weakref.finalize(self, self.database.close)
        self._anchor = micros(anchor)
        self.ready: set[str] = set()

    def entity(self, name: str) -> Entity:
        """Return the entity of that name; KeyError when the API does not have it."""
        return self.entities[name]

    def ensure(self, table: str) -> None:
        """Generate the rows of a table unless that was done."""
        with self.lock:
            if table in self.ready:
                return
            self.ready.add(table)
            entity = self.entities[table]
            create_table(self.database, entity)
            fill(self.database, entity, generate(entity, self.plan, self._anchor))

    def query(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run SQL whose tables were ensured; the caller holds `lock` while it fetches."""
        return self.database.execute(sql, parameters)

    def where(self, entity: Entity, alias: str = "t") -> tuple[str, list[Any]]:
        """Return the condition that tells the rows of a view within its table."""
        if entity.view is None:
            return "1", []
        column, value = entity.view
        return f'{alias}."{column}" = ?', [value]

    def count(self, name: str) -> int:
        """Return how many rows an entity has now."""
        entity = self.ensured(name)
        condition, values = self.where(entity)
        with self.lock:
            sql = f'SELECT count(*) FROM "{entity.table}" t WHERE {condition}'
            return int(self.query(sql, values).fetchone()[0])

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return all rows by id: int, str, Decimal, aware UTC datetime, date, bool, float, None.

        A link is the integer id of its target. A counted set is its count or None, a single set
        the id of its row or None, an array a list of ids.
        """
        entity = self.ensured(name)
        condition, values = self.where(entity)
        return self._select(entity, condition, values)

    def row(self, name: str, row_id: int) -> dict[str, Any]:
        """Return one row, as `rows` gives it; KeyError when there is none."""
        entity = self.ensured(name)
        condition, values = self.where(entity)
        found = self._select(entity, f"{condition} AND t.id = ?", [*values, row_id])
        if not found:
            msg = f"{name} {row_id}"
            raise KeyError(msg)
        return found[0]

    def ids(self, name: str) -> list[int]:
        """Return the ids an entity has now, ascending."""
        entity = self.ensured(name)
        condition, values = self.where(entity)
        with self.lock:
            sql = f'SELECT id FROM "{entity.table}" t WHERE {condition} ORDER BY id'
            return [row[0] for row in self.query(sql, values)]

    def key(self, target: str, row_id: int, field: str = "") -> str:
        """Return the `key` of a link to that row; `field` names links without a known target."""
        if target == "":
            return f"{field.removesuffix('_id').upper()}{row_id}"
        if row_id == 0 and target in NONE_KEYS:
            return NONE_KEYS[target]
        entity = self.ensured(target)
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
        return key if found is None else self._formed_key(entity, row_id, key)

    def _formed_key(self, entity: Entity, row_id: int, key: str) -> str:
        """Return a key in the form that the entity's keys have."""
        form = self.key_forms.get(entity.table)
        if form == "localised":
            return f"{key} [pt-BR]"
        if form in {None, "plain"} or (form == "mixed" and row_id % 7):
            return key
        return f"{self._owner_key(entity, row_id)} / {key}"

    def _owner_key(self, entity: Entity, row_id: int) -> str:
        """Return the key of the row's company or facility; its own id without either."""
        for target in ("company", "facility"):
            name = f"{target}_id"
            if name in entity.fields and entity.fields[name].target == target:
                with self.lock:
                    sql = f'SELECT "{name}" FROM "{entity.table}" WHERE id = ?'
                    owner = self.query(sql, [row_id]).fetchone()[0]
                return "" if owner is None else self.key(target, owner)
        return str(row_id)

    def _order_line_key(self, row_id: int) -> str:
        self.ensure("order_hdr")
        with self.lock:
            found = self.query(
                "SELECT h.order_nbr || ',' || d.seq_nbr FROM order_dtl d "
                "JOIN order_hdr h ON h.id = d.order_id WHERE d.id = ?",
                [row_id],
            ).fetchone()
        return "" if found is None else str(found[0])

    def ensured(self, name: str) -> Entity:
        """Return the entity of that name once its rows are there."""
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
        """Return the SQL of a field: its column, or count, id or ids (text) of its child set."""
        child = self.child_set(entity, field)
        if child is None:
            return f'{alias}."{field.name}"'
        self.ensure(child.child)
        pick = {"count": "nullif(count(*), 0)", "single": "min(id)", "array": "group_concat(id)"}
        source = f'"{child.child}" c WHERE c."{child.by}" = {alias}.id'
        return f"(SELECT {pick[child.shape]} FROM {source})"

    def child_set(self, entity: Entity, field: Field) -> ChildSet | None:
        """Return the child set behind a `*_set` field."""
        return SETS[entity.table, field.name] if field.kind == "set" else None

    def _raw(self, entity: Entity, field: Field, value: Any) -> Any:
        child = self.child_set(entity, field)
        if child is not None and child.shape == "array":
            return sorted(int(i) for i in value.split(",")) if value else []
        return from_stored(field, value)
