"""The list request: one SELECT, cut into paged or sequenced envelopes."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from wms_standin.api.errors import ApiError
from wms_standin.query.filters import Filters, order_by, order_sql
from wms_standin.query.inventory_history import require_combination
from wms_standin.query.paging import Cursor, invalid_cursor, link, page_number, page_size
from wms_standin.query.reading import Reading, visible
from wms_standin.query.sequence import Sequence
from wms_standin.query.source import Column, Source
from wms_standin.query.values_list import ValuesList

if TYPE_CHECKING:
    from wms_standin.catalog.entities import Field


def list_rows(reading: Reading) -> dict[str, Any]:
    """Return the envelope of the page asked for; `results` may be empty."""
    if reading.entity.name == "inventory_history" and reading.options.inventory_history_rule:
        require_combination(dict(reading.parameters))
    with reading.world.lock:
        return _Listing(reading).envelope()


class _Listing:
    """Holds the world's lock from SELECT to rendered rows."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._source = Source(reading.world, reading.entity)
        filters = Filters(self._source, reading.input_zone, reading.options)
        wanted, values = filters.where(reading.filters)
        self._projection = reading.projection(self._source)
        allowed, more = visible(reading, self._source)
        self._where, self._values = f"{wanted} AND {allowed}", [*values, *more]
        self._ordering = self._order()
        default = reading.user.rows_per_page
        self._size = page_size(reading.get("page_size"), default, reading.options)

    def envelope(self) -> dict[str, Any]:
        if self._reading.get("page_mode") != "sequenced":
            return self._paged()
        text = self._reading.get("cursor")
        cursor = Cursor.decode(text) if text else Cursor()
        if cursor.until is not None and cursor.until < self._now:
            raise invalid_cursor()
        try:
            return self._by_position(cursor) if self._has_positions() else self._by_offset(cursor)
        except ValueError as error:  # a position of another list
            raise invalid_cursor() from error

    def _order(self) -> list[tuple[Column, bool]]:
        ordering = self._reading.get("ordering")
        if isinstance(self._projection, ValuesList):
            self._projection.check_ordering(ordering)
        return order_by(self._source, ordering, self._reading.options)

    @property
    def _collapsed(self) -> ValuesList | None:
        """The projection whose result rows are no longer rows of the entity."""
        projection = self._projection
        return projection if isinstance(projection, ValuesList) and projection.collapsed else None

    def _has_positions(self) -> bool:
        if not self._ordering or self._collapsed:
            return False
        by_position = self._reading.options.sequenced_cursor == "position"
        return by_position and self._ordering[0][0].field.never_null

    def _paged(self) -> dict[str, Any]:
        number = page_number(self._reading.get("page"), self._reading.options)
        total = self._count()
        pages = ceil(total / self._size)
        if number > max(1, pages):
            self._past_end()
        found = self._fetch((number - 1) * self._size, self._size)
        exact = self._reading.options.counts == "exact"
        return {
            "result_count": total if exact else None,
            "page_count": pages if exact else None,
            "page_nbr": number,
            **self._next(self._link(page=number + 1) if number < pages else None),
            "previous_page": self._link(page=number - 1) if number > 1 else None,
            "results": self._projection.render(found),
        }

    def _next(self, link: str | None) -> dict[str, str | None]:
        absent = link is None and self._reading.options.last_link == "absent"
        return {} if absent else {"next_page": link}

    def _past_end(self) -> None:
        answer = self._reading.options.page_past_end
        if answer != "empty":
            code = "NOT_FOUND" if answer == "404" else "VALIDATION_ERROR"
            raise ApiError(int(answer), code, "Invalid page.")

    def _by_offset(self, cursor: Cursor) -> dict[str, Any]:
        start = int(cursor.position or 0)
        found = self._fetch(start, self._size + 1)
        following = Cursor(str(start + self._size)) if len(found) > self._size else None
        previous = Cursor(str(max(0, start - self._size)), reverse=True) if start else None
        return self._sequenced(found[: self._size], following, previous)

    def _by_position(self, cursor: Cursor) -> dict[str, Any]:
        condition, values = "1", list[Any]()
        if cursor.position is not None:
            column, down = self._ordering[0]
            sign = "<" if down != cursor.reverse else ">"
            condition = f"{column.sql} {sign} ?"
            values = [_stored_position(column.field, cursor.position)]
        found = self._fetch(
            cursor.offset, self._size + 1, condition, values, reverse=cursor.reverse
        )
        cut = Sequence(cursor, self._size, found)
        ends = (cut.behind, cut.ahead) if cursor.reverse else (cut.ahead, cut.behind)
        return self._sequenced(cut.page, *ends)

    def _sequenced(
        self, page: list[Any], following: Cursor | None, previous: Cursor | None
    ) -> dict[str, Any]:
        return {
            **self._next(self._cursor_link(following)),
            "previous_page": self._cursor_link(previous),
            "results": self._projection.render(page),
        }

    def _count(self) -> int:
        if isinstance(self._projection, ValuesList):
            sql = f"SELECT count(*) FROM ({self._select()})"
        else:
            sql = f"SELECT count(*) {self._source.sql()} WHERE {self._where}"
        return int(self._reading.world.query(sql, self._values).fetchone()[0])

    def _select(self, more: str = "", condition: str = "1") -> str:
        columns = ", ".join(self._projection.columns) + more
        tail = ""
        if self._collapsed:
            columns = f"DISTINCT {columns}" if self._collapsed.distinct else columns
            tail = self._collapsed.group_by
        where = f"{self._where} AND {condition}"
        return f"SELECT {columns} {self._source.sql()} WHERE {where}{tail}"

    def _fetch(
        self,
        offset: int,
        limit: int,
        condition: str = "1",
        values: list[Any] | None = None,
        *,
        reverse: bool = False,
    ) -> list[Any]:
        if self._collapsed:
            select, order = self._select(), self._collapsed.order_by(self._ordering)
        else:
            position = self._ordering[0][0].sql if self._ordering else "0"
            select = self._select(f", {position}", condition)
            order = order_sql(self._ordering, reverse=reverse)
        sql = f"{select} ORDER BY {order} LIMIT ? OFFSET ?"
        bound = [*self._values, *(values or []), limit, offset]
        return self._reading.world.query(sql, bound).fetchall()

    @property
    def _now(self) -> float:
        return self._reading.world.clock.now().timestamp()

    def _cursor_link(self, cursor: Cursor | None) -> str | None:
        if cursor is None:
            return None
        good_for = self._reading.options.cursor_seconds
        until = None if good_for is None else self._now + good_for
        return self._link(cursor=replace(cursor, until=until).encode())

    def _link(self, **changes: Any) -> str:
        return link(self._reading.url, self._reading.parameters, **changes)


def _stored_position(field: Field, text: str) -> Any:
    return int(text) if field.storage in {"int", "bool", "ts"} else text
