"""`values_list`: a flat projection over paths, with aliases, `distinct` and aggregates."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wms_standin.api.errors import failure, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from zoneinfo import ZoneInfo

    from wms_standin.options import Options
    from wms_standin.query.records import Wire
    from wms_standin.query.source import Column, Source

_AGGREGATE: Final = re.compile(r"(count|sum|avg|min|max)\((\w+)\)")


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    path: str
    sql: str
    convert: Callable[[Any], Any] | None
    aggregate: bool = False


class ValuesList:
    """The columns of one `values_list` parameter; links are bare integer ids."""

    def __init__(
        self,
        source: Source,
        wanted: str,
        wire: Wire,
        zone: ZoneInfo,
        options: Options,
        *,
        distinct: bool,
    ) -> None:
        self._source, self._wire, self._zone, self._options = source, wire, zone, options
        self._values = [self._value(item) for item in wanted.split(",")]
        self._check_names()
        self.distinct = distinct
        self.columns = [value.sql for value in self._values]

    @property
    def collapsed(self) -> bool:
        """Whether a result row stands for several rows of the entity."""
        return self.distinct or any(value.aggregate for value in self._values)

    @property
    def group_by(self) -> str:
        """GROUP BY the plain values when there are aggregates."""
        if not any(value.aggregate for value in self._values):
            return ""
        plain = [value.sql for value in self._values if not value.aggregate]
        return f" GROUP BY {', '.join(plain)}" if plain else ""

    def check_ordering(self, ordering: str | None) -> None:
        """Raise 400 unless `distinct` comes with an ordering on the same values."""
        if not self.distinct:
            return
        ordered = {name.removeprefix("-") for name in (ordering or "").split(",")}
        if not ordered & {value.path for value in self._values}:
            raise invalid({"distinct": "distinct needs ordering on the selected values."})

    def order_by(self, ordering: list[tuple[Column, bool]]) -> str:
        """Return the order of collapsed rows: what is asked for of the values, else the first."""
        chosen = [
            f"{column.sql}{' DESC' if down else ''}"
            for column, down in ordering
            if column.sql in self.columns
        ]
        return ", ".join(chosen) or "1"

    def render(self, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
        """Return fetched rows as flat objects."""
        return [
            {
                value.name: value.convert(cell) if value.convert else cell
                for value, cell in zip(self._values, row, strict=False)
            }
            for row in rows
        ]

    def _value(self, item: str) -> _Value:
        path, _, alias = item.partition(":")
        self._check_path(path)
        found = _AGGREGATE.fullmatch(path)
        if found:
            return self._aggregate(alias or path, path, *found.groups())
        if path.endswith("__datetz"):
            column = self._source.column(path.removesuffix("__datetz"))
            sql = f"local_date('{self._zone.key}', {column.sql})"
            return _Value(alias or path, path, sql, None)
        column = self._source.column(path)
        return _Value(alias or path, path, column.sql, self._wire.scalar(column.field, self._zone))

    def _aggregate(self, name: str, path: str, function: str, inner: str) -> _Value:
        column = self._source.column(inner)
        convert = self._wire.scalar(column.field, self._zone)
        if function == "count":
            return _Value(name, path, f"count({column.sql})", None, aggregate=True)
        if function in {"min", "max"}:
            return _Value(name, path, f"{function}({column.sql})", convert, aggregate=True)
        if column.field.storage == "int" and function == "sum":
            return _Value(name, path, f"sum({column.sql})", None, aggregate=True)
        return _Value(name, path, f"decimal_{function}({column.sql})", None, aggregate=True)

    def _check_path(self, path: str) -> None:
        failing = self._options.failing_paths
        status = failing.get(path) or failing.get(f"{self._source.entity.name}:{path}")
        if status is not None:
            raise failure(status)
        is_new = path.endswith("__datetz") or _AGGREGATE.fullmatch(path)
        if is_new and not self._options.aggregates:
            raise invalid({path: f"Unknown field {path}"})

    def _check_names(self) -> None:
        names = Counter(value.name for value in self._values)
        names.update({v.path for v in self._values if v.path != v.name} & names.keys())
        if self._options.alias_clash == "any_field":
            fields = self._source.entity.fields.keys()
            names.update(v.name for v in self._values if v.name != v.path and v.name in fields)
        repeated = sorted(name for name, times in names.items() if times > 1)
        if repeated:
            raise invalid(
                {"values_list": f"Values list alias names must be unique: {', '.join(repeated)}"}
            )
