"""Rows in the wire form of JSON: one prepared renderer per entity, key set, zone and base URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wms_standin.catalog.entities import Entity, Field
from wms_standin.data.rows import NONE_KEYS
from wms_standin.data.store import instant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from wms_standin.data.world import World

_QUARTER: Final = 900_000_000
"""Microseconds; offsets of zones change on quarters of an hour."""
_FLAGS: Final = {0: False, 1: True, None: None}

Converter = Callable[[Any], Any]


class Timestamps(dict[int, tuple[str, int, str]]):
    """Instants as text in one zone, always with microseconds and offset."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def __missing__(self, quarter: int) -> tuple[str, int, str]:
        local = instant(quarter * _QUARTER).astimezone(self._zone)
        offset = local.isoformat()[-6:]
        self[quarter] = entry = (local.strftime("%Y-%m-%dT%H:"), local.minute, offset)
        return entry

    def text(self, stored: int | None) -> str | None:
        """Return the wire form of stored microseconds."""
        if stored is None:
            return None
        quarter, rest = divmod(stored, _QUARTER)
        prefix, minute, offset = self[quarter]
        seconds, fraction = divmod(rest, 1_000_000)
        more, second = divmod(seconds, 60)
        return f"{prefix}{minute + more:02}:{second:02}.{fraction:06}{offset}"


class Links(dict[int | None, msgspec.Raw | None]):
    """`{id, key, url}` of every row of one target that was linked to so far, encoded."""

    def __init__(self, world: World, target: str, field: Field, base: str) -> None:
        self._world, self._target, self._field = world, target, field
        self._url = f"{base}/entity/{target}/" if target and not field.blank_url else ""
        self[None] = None

    def __missing__(self, row_id: int | None) -> msgspec.Raw | None:
        if row_id is None:
            return None
        key = self._world.key(self._target, row_id, self._field.name)
        blank = not self._url or (row_id == 0 and self._target in NONE_KEYS)
        url = "" if blank else f"{self._url}{row_id}"
        self[row_id] = raw = msgspec.Raw(
            msgspec.json.encode({"id": row_id, "key": key, "url": url})
        )
        return raw


class Renderer:
    """Selects and shapes the given keys of one entity's rows."""

    def __init__(self, entity: Entity, keys: Sequence[str], wire: Wire, zone: ZoneInfo) -> None:
        self.keys = tuple(keys)
        self.columns: list[str] = []
        self._converters: list[tuple[int, Converter]] = []
        for position, key in enumerate(self.keys):
            sql, converter = wire.column(entity, key, zone)
            self.columns.append(sql)
            if converter is not None:
                self._converters.append((position, converter))
        self.columns = self.columns or ["NULL"]  # rows without keys are still rows

    def render(self, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
        """Return fetched rows as JSON objects in record order."""
        converters, keys = self._converters, self.keys
        shaped = []
        for row in rows:
            cells = list(row)
            for position, convert in converters:
                cells[position] = convert(cells[position])
            shaped.append(dict(zip(keys, cells, strict=False)))
        return shaped


class Wire:
    """How values leave: links, sets, instants and flags under one base URL."""

    def __init__(self, world: World, base: str) -> None:
        self._world = world
        self._base = base
        self._links: dict[tuple[str, str], Links] = {}
        self._timestamps: dict[str, Timestamps] = {}
        self._renderers: dict[tuple[Any, ...], Renderer] = {}
        world.on_change.append(self._forget)

    def renderer(self, entity: Entity, keys: Sequence[str], zone: ZoneInfo) -> Renderer:
        """Return the prepared renderer of these keys."""
        known = (entity.name, tuple(keys), zone.key, len(entity.fields))
        if known not in self._renderers:
            self._renderers[known] = Renderer(entity, keys, self, zone)
        return self._renderers[known]

    def column(self, entity: Entity, key: str, zone: ZoneInfo) -> tuple[str, Converter | None]:
        """Return the SQL of a record key and the converter of its cells, if they need one."""
        if key == "url":
            return self._self_url(entity)
        field = entity.fields[key]
        sql = self._world.column_sql(entity, field)
        if field.kind == "set":
            return self._set(entity, field, sql)
        if field.is_link:
            return sql, self._link(field).__getitem__
        return sql, self.scalar(field, zone)

    def scalar(self, field: Field, zone: ZoneInfo) -> Converter | None:
        """Return the converter of a plain value."""
        if field.storage == "bool":
            return _FLAGS.__getitem__
        if field.storage == "ts":
            return self._timestamps.setdefault(zone.key, Timestamps(zone)).text
        return None

    def _self_url(self, entity: Entity) -> tuple[str, Converter]:
        prefix = f"{self._base}/entity/{entity.name}/"
        return f"t.{'id' if entity.has_id else '_rid'}", lambda row_id: f"{prefix}{row_id}"

    def _link(self, field: Field) -> Links:
        name = "" if field.target else field.name
        known = (field.target, f"{name}{'-' if field.blank_url else ''}")
        if known not in self._links:
            self._links[known] = Links(self._world, field.target, field, self._base)
        return self._links[known]

    def _set(self, entity: Entity, field: Field, sql: str) -> tuple[str, Converter]:
        child = self._world.child_set(entity, field)
        assert child is not None, "a set field has a child entity"
        link = self._link(Field(child.by, "relation", "int", "fk", target=child.child))
        if child.shape == "single":
            return sql, link.__getitem__
        if child.shape == "array":
            return sql, lambda ids: [link[int(i)] for i in ids.split(",")] if ids else []
        prefix = f"{self._base}/entity/{child.child}/?{child.by}="
        return f"{sql} || ' ' || t.id", lambda cell: _counted(cell, prefix)

    def _forget(self, table: str, row_id: int | None) -> None:
        for (target, _), links in self._links.items():
            if target in {"", table}:
                links.pop(row_id, None)
            elif (table, target) == ("order_hdr", "order_dtl") or self._is_owned(target, table):
                links.clear()

    def _is_owned(self, target: str, table: str) -> bool:
        """Return whether keys of the target hold the key of a row of that table."""
        return table in {"company", "facility"} and target in self._world.key_forms


def _counted(cell: str | None, prefix: str) -> dict[str, Any] | None:
    if cell is None:
        return None
    count, parent = cell.split(" ")
    return {"result_count": int(count), "url": f"{prefix}{parent}"}
