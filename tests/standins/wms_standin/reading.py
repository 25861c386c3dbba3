"""Lists and single rows of one entity, for one user."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from wms_standin.errors import ApiError, invalid, not_found
from wms_standin.filters import Filters, order_by, order_sql
from wms_standin.history import require_combination
from wms_standin.pages import Cursor, link, page_number, page_size
from wms_standin.render import Renderer, Wire
from wms_standin.scope import scope_condition
from wms_standin.source import Column, Source
from wms_standin.store import instant
from wms_standin.values_list import ValuesList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wms_standin.auth import User
    from wms_standin.entities import Entity, Field
    from wms_standin.options import Options
    from wms_standin.world import World

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
        """The last occurrence of a parameter."""
        return dict(self.parameters).get(name)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the user's default facility."""
        return ZoneInfo(self.user.time_zone)

    def page(self) -> dict[str, Any]:
        """The envelope of the page asked for; `results` may be empty."""
        if self.entity.name == "inventory_history" and self.options.inventory_history_rule:
            require_combination(dict(self.parameters))
        with self.world.lock:
            return _List(self).envelope()

    def retrieve(self, row_id: int) -> dict[str, Any]:
        """The bare object of one row; 404 when there is none the user may see."""
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

    def last_modified(self, row_id: int) -> int | None:
        """`mod_ts` of a row in microseconds; None for entities without it."""
        if not self.entity.has_mod_ts:
            return None
        with self.world.lock:
            sql = f'SELECT mod_ts FROM "{self.entity.table}" WHERE id = ?'
            found = self.world.query(sql, [row_id]).fetchone()
        return None if found is None else int(found[0])

    def last_modified_text(self, row_id: int) -> str | None:
        """The `Last-Modified` header: ISO 8601 in the user's zone."""
        stored = self.last_modified(row_id)
        if stored is None:
            return None
        return instant(stored).astimezone(self.zone).isoformat(timespec="microseconds")

    def projection(self, source: Source) -> Projection:
        """What of each row leaves, and how."""
        wanted = self.get("values_list")
        if wanted:
            distinct = self.get("distinct") in {"1", "true", "True"}
            return ValuesList(source, wanted, self.wire, self.zone, distinct=distinct)
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
            raise invalid({"fields": f"Unknown fields: {', '.join(sorted(unknown))}"})
        return [key for key in known if key in names]


def visible(reading: Reading, source: Source) -> tuple[str, list[Any]]:
    """The condition of the view and of what the user's facilities and companies allow."""
    condition, values = reading.world.where(reading.entity)
    allowed, more = scope_condition(source, reading.user)
    return f"{condition} AND {allowed}", [*values, *more]


class _List:
    """The SQL of one list request and the pages cut from it."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._source = Source(reading.world, reading.entity)
        filters = [(k, v) for k, v in reading.parameters if k not in RESERVED]
        wanted = Filters(self._source, reading.zone, reading.options.unknown_filter).where(filters)
        self._projection = reading.projection(self._source)
        allowed, values = visible(reading, self._source)
        self._where = f"{wanted[0]} AND {allowed}"
        self._values = [*wanted[1], *values]
        self._ordering = self._order()
        self._size = page_size(
            reading.get("page_size"), reading.user.rows_per_page, reading.options
        )

    def _order(self) -> list[tuple[Column, bool]]:
        ordering = self._reading.get("ordering")
        if isinstance(self._projection, ValuesList):
            self._projection.check_ordering(ordering)
        return order_by(self._source, ordering)

    def envelope(self) -> dict[str, Any]:
        if self._reading.get("page_mode") == "sequenced":
            return self._sequenced()
        return self._paged()

    def _paged(self) -> dict[str, Any]:
        options = self._reading.options
        number = page_number(self._reading.get("page"), options)
        total = self._count()
        pages = ceil(total / self._size)
        if number > max(1, pages):
            self._past_end()
        results = self._fetch(self._where, self._values, (number - 1) * self._size, self._size)
        return {
            "result_count": total,
            "page_count": pages,
            "page_nbr": number,
            "next_page": self._link(page=number + 1) if number < pages else None,
            "previous_page": self._link(page=number - 1) if number > 1 else None,
            "results": self._projection.render(results),
        }

    def _past_end(self) -> None:
        answer = self._reading.options.page_past_end
        if answer != "empty":
            code = "NOT_FOUND" if answer == "404" else "VALIDATION_ERROR"
            raise ApiError(int(answer), code, "Invalid page.")

    def _count(self) -> int:
        inner = f"SELECT {self._columns()} {self._source.sql()} WHERE {self._where}{self._group()}"
        sql = f"SELECT count(*) FROM ({inner})"
        if isinstance(self._projection, Renderer):
            sql = f"SELECT count(*) {self._source.sql()} WHERE {self._where}"
        return int(self._reading.world.query(sql, self._values).fetchone()[0])

    def _columns(self) -> str:
        projection = self._projection
        distinct = "DISTINCT " if isinstance(projection, ValuesList) and projection.distinct else ""
        return distinct + ", ".join(projection.columns)

    def _group(self) -> str:
        return self._projection.group_by if isinstance(self._projection, ValuesList) else ""

    def _fetch(
        self, where: str, values: list[Any], offset: int, limit: int, *, reverse: bool = False
    ) -> list[Any]:
        position = "" if self._collapsed else f", {self._position_sql()}"
        sql = f"SELECT {self._columns()}{position} {self._source.sql()} WHERE {where}"
        sql += f"{self._group()} ORDER BY {self._order_sql(reverse=reverse)} LIMIT ? OFFSET ?"
        return self._reading.world.query(sql, [*values, limit, offset]).fetchall()

    @property
    def _collapsed(self) -> bool:
        """Whether result rows are no longer rows of the entity."""
        projection = self._projection
        return isinstance(projection, ValuesList) and projection.collapsed

    def _order_sql(self, *, reverse: bool) -> str:
        if self._collapsed:
            assert isinstance(self._projection, ValuesList), "only these collapse rows"
            return self._projection.order_by(self._ordering)
        if not reverse:
            return order_sql(self._ordering)
        return order_sql([(c, not down) for c, down in self._ordering]) + " DESC"

    def _position_sql(self) -> str:
        return self._ordering[0][0].sql if self._ordering else "0"

    def _sequenced(self) -> dict[str, Any]:
        text = self._reading.get("cursor")
        cursor = Cursor.decode(text) if text else Cursor()
        by_offset = (
            not self._ordering
            or self._collapsed
            or self._reading.options.sequenced_cursor == "offset"
        )
        results, following, previous = (
            self._by_offset(cursor) if by_offset else self._by_position(cursor)
        )
        return {
            "next_page": self._link(cursor=following.encode()) if following else None,
            "previous_page": self._link(cursor=previous.encode()) if previous else None,
            "results": self._projection.render(results),
        }

    def _by_offset(self, cursor: Cursor) -> tuple[list[Any], Cursor | None, Cursor | None]:
        start = int(cursor.position or 0)
        found = self._fetch(self._where, self._values, start, self._size + 1)
        following = Cursor(str(start + self._size)) if len(found) > self._size else None
        back = max(0, start - self._size)
        previous = Cursor(str(back), reverse=True) if start else None
        return found[: self._size], following, previous

    def _by_position(self, cursor: Cursor) -> tuple[list[Any], Cursor | None, Cursor | None]:
        """Rows beyond the cursor's position, ties counted by its offset."""
        where, values = self._beyond(cursor)
        found = self._fetch(where, values, cursor.offset, self._size + 1, reverse=cursor.reverse)
        page, more = found[: self._size], found[self._size :]
        ahead = _after(page, more[0][-1], cursor, self._size) if more else None
        if cursor.reverse:
            page.reverse()
            return page, Cursor(_first_smaller(page)), ahead and _turned(ahead)
        behind = Cursor(str(page[0][-1]), 0, reverse=True) if text_of(cursor) and page else None
        return page, ahead, behind

    def _beyond(self, cursor: Cursor) -> tuple[str, list[Any]]:
        if cursor.position is None:
            return self._where, self._values
        column, down = self._ordering[0]
        sign = "<" if down != cursor.reverse else ">"
        position = _stored_position(column.field, cursor.position)
        return f"{self._where} AND {column.sql} {sign} ?", [*self._values, position]

    def _link(self, **changes: Any) -> str:
        return link(self._reading.url, self._reading.parameters, **changes)


def text_of(cursor: Cursor) -> bool:
    """Whether the cursor is not the start of the list."""
    return cursor.position is not None or cursor.offset > 0


def _after(page: list[Any], boundary: Any, cursor: Cursor, size: int) -> Cursor:
    """The cursor behind a page: its last row that differs from the next one, plus ties."""
    for ties, row in enumerate(reversed(page)):
        if row[-1] != boundary:
            return Cursor(str(row[-1]), ties, cursor.reverse)
    return Cursor(cursor.position, cursor.offset + size, cursor.reverse)


def _turned(cursor: Cursor) -> Cursor:
    return Cursor(cursor.position, cursor.offset, reverse=True)


def _first_smaller(page: list[Any]) -> str | None:
    return str(page[-1][-1]) if page else None


def _stored_position(field: Field, text: str) -> Any:
    return int(text) if field.storage in {"int", "bool", "ts"} else text
