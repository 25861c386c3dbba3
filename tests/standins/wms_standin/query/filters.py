"""Query-string filters and ordering as SQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from wms_standin.api.errors import ApiError, invalid
from wms_standin.data.store import decimal_text, is_decimal, micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from zoneinfo import ZoneInfo

    from wms_standin.catalog.entities import Field
    from wms_standin.options import Options
    from wms_standin.query.source import Column, Source

_COMPARISONS: Final = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_TEXT: Final[dict[str, str]] = {
    "iexact": "fold({0}) = fold(?)",
    "contains": "instr({0}, ?) > 0",
    "icontains": "instr(fold({0}), fold(?)) > 0",
    "startswith": "substr({0}, 1, length(?1)) = ?1",
    "istartswith": "substr(fold({0}), 1, length(fold(?1))) = fold(?1)",
    "endswith": "substr({0}, -length(?1)) = ?1",
    "iendswith": "substr(fold({0}), -length(fold(?1))) = fold(?1)",
}
_DATE_PARTS: Final = ("year", "month", "day", "week_day", "hour", "minute")
LOOKUPS: Final = frozenset({*_COMPARISONS, *_TEXT, *_DATE_PARTS, "isnull", "in", "range"})
_TRUE: Final = ("true", "True", "1")
_FALSE: Final = ("false", "False", "0")

Condition = tuple[str, list[Any]]


def _integer(text: str, zone: ZoneInfo) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def _float(text: str, zone: ZoneInfo) -> float:
    return float(text)


def _boolean(text: str, zone: ZoneInfo) -> int:
    if text not in _TRUE + _FALSE:
        raise ValueError(text)
    return int(text in _TRUE)


def _decimal(text: str, zone: ZoneInfo) -> str:
    if not is_decimal(text):
        raise ValueError(text)
    return decimal_text(text)


def _instant(text: str, zone: ZoneInfo) -> int:
    """Parse a time stamp; without an offset, it is in the given zone."""
    at = datetime.fromisoformat(text)
    return micros(at if at.tzinfo else at.replace(tzinfo=zone))


def _date(text: str, zone: ZoneInfo) -> str:
    return date.fromisoformat(text).isoformat()


_PARSERS: Final[dict[str, Callable[[str, ZoneInfo], Any]]] = {
    "int": _integer,
    "bool": _boolean,
    "decimal": _decimal,
    "ts": _instant,
    "date": _date,
    "float": _float,
}
_MISTAKES: Final = {
    "int": "Enter a whole number.",
    "bool": "Enter true or false.",
    "decimal": "Enter a number.",
    "float": "Enter a number.",
    "ts": "Enter a valid date/time.",
    "date": "Enter a valid date.",
}


def parse_value(key: str, field: Field, text: str, zone: ZoneInfo) -> Any:
    """Return a filter value in stored form; 400 when it does not fit the field."""
    parser = _PARSERS.get(field.storage)
    if parser is None:
        return text
    try:
        return parser(text, zone)
    except (ValueError, OverflowError) as error:
        raise invalid({key: _MISTAKES[field.storage]}) from error


class Filters:
    """Turns the filters of one request into one condition; all of them are ANDed."""

    def __init__(self, source: Source, zone: ZoneInfo, options: Options) -> None:
        self._source = source
        self._zone = zone
        self._options = options

    def where(self, filters: Iterable[tuple[str, str]]) -> Condition:
        """Return the condition of all filters; of a repeated parameter, the last one counts."""
        parts: list[str] = []
        values: list[Any] = []
        for key, text in dict(filters).items():
            try:
                sql, bound = self._condition(key, text)
            except ApiError:
                if self._options.unknown_filter == "ignore":
                    continue
                raise
            parts.append(f"({sql})")
            values += bound
        return " AND ".join(parts) or "1", values

    def _condition(self, key: str, text: str) -> Condition:
        path, negated = key.removesuffix("!"), key.endswith("!")
        tokens = path.split("__")
        lookups: list[str] = []
        while len(tokens) > 1 and tokens[-1] in LOOKUPS and len(lookups) < 2:
            lookups.insert(0, tokens.pop())
        refused = self._options.unsupported_lookups.intersection(lookups)
        if refused:
            raise invalid({key: f"Unsupported lookup {min(refused)}"})
        column = self._source.column("__".join(tokens))
        sql, values = self._lookup(key, column, lookups or ["exact"], text)
        return (f"({sql}) IS NOT TRUE", values) if negated else (sql, values)

    def _lookup(self, key: str, column: Column, lookups: list[str], text: str) -> Condition:
        lookup, *rest = lookups
        if lookup in _DATE_PARTS:
            return self._date_part(key, column, lookup, rest, text)
        if rest:
            raise invalid({key: f"Unsupported lookup {rest[0]}"})
        if lookup == "isnull":
            return f"{column.sql} IS {'' if self._flag(key, text) else 'NOT '}NULL", []
        if lookup in _TEXT:
            return self._text(column, lookup, text)
        if lookup in {"in", "range"}:
            return self._many(key, column, lookup, text)
        value = parse_value(key, column.field, text, self._zone)
        return f"{column.sql} {_COMPARISONS[lookup]} ?", [value]

    def _flag(self, key: str, text: str) -> int:
        try:
            return _boolean(text, self._zone)
        except ValueError as error:
            raise invalid({key: _MISTAKES["bool"]}) from error

    def _text(self, column: Column, lookup: str, text: str) -> Condition:
        template = _TEXT[lookup].format(f"CAST({column.sql} AS TEXT)")
        return template.replace("?1", "?"), [text] * template.count("?")

    def _many(self, key: str, column: Column, lookup: str, text: str) -> Condition:
        values = [parse_value(key, column.field, part, self._zone) for part in text.split(",")]
        if lookup == "in":
            return f"{column.sql} IN ({', '.join('?' * len(values))})", values
        if len(values) != 2:
            raise invalid({key: "Enter two values separated by a comma."})
        return f"{column.sql} BETWEEN ? AND ?", values

    def _date_part(
        self, key: str, column: Column, part: str, rest: list[str], text: str
    ) -> Condition:
        comparison = _COMPARISONS.get(rest[0] if rest else "exact")
        parts = {"ts": _DATE_PARTS, "date": _DATE_PARTS[:4]}.get(column.field.storage, ())
        if comparison is None or part not in parts:
            raise invalid({key: f"Unsupported lookup {part}"})
        try:
            wanted = _integer(text, self._zone)
        except ValueError as error:
            raise invalid({key: _MISTAKES["int"]}) from error
        return f"date_part('{part}', '{self._zone.key}', {column.sql}) {comparison} ?", [wanted]


def order_by(source: Source, ordering: str | None, options: Options) -> list[tuple[Column, bool]]:
    """Return the columns to order by, each with whether it descends."""
    names = [*filter(None, (ordering or "").split(","))]
    if options.ordering == "ignored":
        names = []
    if not names and options.default_order == "id" and source.entity.has_id:
        names = ["id"]
    return [found for name in names for found in _ordered(source, name, options)]


def _ordered(source: Source, name: str, options: Options) -> list[tuple[Column, bool]]:
    try:
        return [(source.column(name.removeprefix("-")), name.startswith("-"))]
    except ApiError:
        if options.unknown_ordering == "ignore":
            return []
        raise


def order_sql(columns: list[tuple[Column, bool]], *, reverse: bool = False) -> str:
    """Return the ORDER BY, with ties by hash rank: stable, not by id.  Nulls are greatest."""
    parts = [_term(column, down=down != reverse) for column, down in columns]
    return ", ".join([*parts, "t._h DESC" if reverse else "t._h"])


def _term(column: Column, *, down: bool) -> str:
    nulls = "" if column.field.never_null else f" NULLS {'FIRST' if down else 'LAST'}"
    return f"{column.sql}{' DESC' if down else ''}{nulls}"
