"""A request to read rows of one entity, for one user; a single row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from wms_standin.api.errors import invalid, not_found
from wms_standin.data.store import instant
from wms_standin.query.eligibility import scope_condition
from wms_standin.query.records import Renderer, Wire
from wms_standin.query.source import Source
from wms_standin.query.values_list import ValuesList

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wms_standin.api.accounts import User
    from wms_standin.catalog.entities import Entity
    from wms_standin.data.world import World
    from wms_standin.options import Options

RESERVED: Final = frozenset(
    {
        "page",
        "page_size",
        "page_mode",
        "cursor",
        "ordering",
        "fields",
        "values_list",
        "distinct",
        "format",
        "limit",
        "empty_response_http_code",
    }
)
Projection = Renderer | ValuesList


@dataclass(slots=True)
class Reading:
    """One request to read rows: its entity, parameters and user."""

    world: World
    wire: Wire
    options: Options
    user: User
    entity: Entity
    parameters: list[tuple[str, str]]
    url: str
    """Of the list, without query: what page links start with."""

    def get(self, name: str) -> str | None:
        """Return the last occurrence of a parameter."""
        return dict(self.parameters).get(name)

    @property
    def filters(self) -> list[tuple[str, str]]:
        """The parameters that choose rows."""
        known = RESERVED
        if not self.options.empty_response_parameter:
            known = RESERVED - {"empty_response_http_code"}
        return [(key, text) for key, text in self.parameters if key not in known]

    @property
    def input_zone(self) -> ZoneInfo:
        """The zone of time stamps that name none."""
        return ZoneInfo("UTC") if self.options.naive_times == "utc" else self.zone

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the user's default facility."""
        return ZoneInfo(self.user.time_zone)

    def retrieve(self, row_id: int) -> dict[str, Any]:
        """Return the bare object of one row; 404 when there is none the user may see."""
        with self.world.lock:
            source = Source(self.world, self.entity)
            projection = self.projection(source)
            condition, values = visible(self, source)
            sql = f"SELECT {', '.join(projection.columns)} {source.sql()}"
            sql += f" WHERE t.id = ? AND {condition} LIMIT 1"
            found = self.world.query(sql, [row_id, *values]).fetchall()
            if not found:
                raise not_found()
            return projection.render(found)[0]

    def last_modified(self, row_id: int) -> datetime | None:
        """`mod_ts` of a row in the user's zone; None for entities without it."""
        if not self.entity.has_mod_ts:
            return None
        with self.world.lock:
            sql = f'SELECT mod_ts FROM "{self.entity.table}" WHERE id = ?'
            found = self.world.query(sql, [row_id]).fetchone()
        return None if found is None else instant(found[0]).astimezone(self.zone)

    def projection(self, source: Source) -> Projection:
        """Return the projection: what of each row leaves, and how."""
        wanted = self.get("values_list")
        if wanted and self.options.values_list == "off":
            raise invalid({"values_list": "Unsupported parameter."})
        if wanted and self.options.values_list == "on":
            distinct = self.get("distinct") in {"1", "true", "True"}
            return ValuesList(source, wanted, self.wire, self.zone, self.options, distinct=distinct)
        return self.wire.renderer(self.entity, self._keys(), self.zone)

    def _keys(self) -> Sequence[str]:
        wanted = self.get("fields")
        if not wanted:
            return self.entity.record_keys
        names = set(wanted.split(","))
        known = [*self.entity.record_keys]
        known += [n for n, f in self.entity.fields.items() if f.described and n not in known]
        unknown = names.difference(known)
        if unknown and self.options.unknown_field == "400":
            raise invalid({"fields": f"Unknown field(s): {', '.join(sorted(unknown))}"})
        return [key for key in known if key in names]


def visible(reading: Reading, source: Source) -> tuple[str, list[Any]]:
    """Return the condition of the view and of what the user's facilities and companies allow."""
    condition, values = reading.world.where(reading.entity)
    allowed, more = scope_condition(source, reading.user)
    return f"{condition} AND {allowed}", [*values, *more]
