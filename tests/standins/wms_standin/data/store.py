"""SQLite in memory: one table per entity, exact decimals, instants as microseconds.

Stored forms: bool 0/1, decimal as canonical text ordered by a collation, datetime as integer
microseconds since 1970 UTC, date and time as ISO text. `_h` is a hash of the row number: the
order rows come in when a request names none.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from wms_standin.catalog.entities import SETS, Entity, Field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_SQL_TYPES: Final = {
    "int": "INTEGER",
    "bool": "INTEGER",
    "ts": "INTEGER",
    "text": "TEXT",
    "date": "TEXT",
    "float": "REAL",
    "decimal": "TEXT COLLATE DECIMAL",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Return microseconds since 1970 of an aware instant, exact."""
    return (at - _EPOCH) // _MICROSECOND


def instant(stored: int) -> datetime:
    """Return the aware instant in UTC of stored microseconds."""
    return _EPOCH + stored * _MICROSECOND


def decimal_text(value: Decimal | float | str) -> str:
    """Return plain digits without exponent or trailing zeros, as the API writes decimals."""
    text = format(Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


_TO_STORED: Final[dict[str, Callable[[Any], Any]]] = {
    "bool": int,
    "ts": micros,
    "decimal": decimal_text,
    "date": date.isoformat,
}
_FROM_STORED: Final[dict[str, Callable[[Any], Any]]] = {
    "bool": bool,
    "ts": instant,
    "decimal": Decimal,
    "date": date.fromisoformat,
}


def to_stored(field: Field, value: Any) -> Any:
    """Return a raw Python value in the form its column keeps."""
    convert = _TO_STORED.get(field.storage)
    return value if value is None or convert is None else convert(value)


def from_stored(field: Field, value: Any) -> Any:
    """Return a cell as int, str, Decimal, aware datetime, date, bool or None."""
    convert = _FROM_STORED.get(field.storage)
    return value if value is None or convert is None else convert(value)


def _compare_decimals(left: str, right: str) -> int:
    a, b = Decimal(left), Decimal(right)
    return (a > b) - (a < b)


class _DecimalSum:
    """`sum()` that does not pass through binary floats."""

    def __init__(self) -> None:
        self.total: Decimal | None = None
        self.count = 0

    def step(self, value: Any) -> None:
        if value is not None:
            self.total = (self.total or Decimal(0)) + Decimal(str(value))
            self.count += 1

    def finalize(self) -> str | None:
        return None if self.total is None else decimal_text(self.total)


class _DecimalAverage(_DecimalSum):
    def finalize(self) -> str | None:
        return None if self.total is None else decimal_text(self.total / self.count)


_DATE_PARTS: Final[dict[str, Callable[[Any], int]]] = {
    "year": lambda d: int(d.year),
    "month": lambda d: int(d.month),
    "day": lambda d: int(d.day),
    "week_day": lambda d: d.isoweekday() % 7 + 1,
    "hour": lambda d: int(d.hour),
    "minute": lambda d: int(d.minute),
}


def _date_part(part: str, zone: str, stored: Any) -> int | None:
    if stored is None:
        return None
    if isinstance(stored, int):
        return _DATE_PARTS[part](instant(stored).astimezone(ZoneInfo(zone)))
    return _DATE_PARTS[part](date.fromisoformat(stored))


def _local_date(zone: str, stored: int | None) -> str | None:
    if stored is None:
        return None
    return instant(stored).astimezone(ZoneInfo(zone)).date().isoformat()


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def connect() -> sqlite3.Connection:
    """Return an empty database with the functions that queries use."""
    database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.create_collation("DECIMAL", _compare_decimals)
    database.create_function("fold", 1, _fold, deterministic=True)
    database.create_function("date_part", 3, _date_part, deterministic=True)
    database.create_function("local_date", 2, _local_date, deterministic=True)
    database.create_aggregate("decimal_sum", 1, _DecimalSum)  # type: ignore[arg-type] # returns text
    database.create_aggregate("decimal_avg", 1, _DecimalAverage)  # type: ignore[arg-type] # returns text
    return database


def is_decimal(text: str) -> bool:
    """Return whether a filter value is a finite number the decimal collation can compare."""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def hash_rank(number: int) -> int:
    """Return the place of a row in the default order: stable, and unrelated to its id."""
    return (number * 2654435761) & 0xFFFFFFFF


def create_table(database: sqlite3.Connection, entity: Entity) -> None:
    """Create an empty table for the entity; rows without an `id` get a hidden `_rid`."""
    columns = [] if entity.has_id else ["_rid INTEGER PRIMARY KEY"]
    for field in entity.stored:
        key = " PRIMARY KEY" if field.name == "id" else ""
        columns.append(f'"{field.name}" {_SQL_TYPES[field.storage]}{key}')
    database.execute(f'CREATE TABLE "{entity.table}" ({", ".join(columns)}, _h INTEGER)')


def fill(database: sqlite3.Connection, entity: Entity, rows: Iterable[Sequence[Any]]) -> None:
    """Insert stored-form rows (all stored fields in order, then `_h`) and index the table."""
    marks = ", ".join("?" * (len(entity.stored) + 1))
    names = ", ".join([f'"{field.name}"' for field in entity.stored] + ["_h"])
    database.execute("BEGIN")
    database.executemany(f'INSERT INTO "{entity.table}" ({names}) VALUES ({marks})', rows)
    database.execute("COMMIT")
    for column in _indexed(entity):
        database.execute(f'CREATE INDEX "{entity.table}.{column}" ON "{entity.table}" ("{column}")')


def _indexed(entity: Entity) -> list[str]:
    columns = {"_h"} | ({"mod_ts", "create_ts"} if entity.has_mod_ts else set())
    columns |= {s.by for s in SETS.values() if s.child == entity.table}
    return sorted(columns)


def add_column(database: sqlite3.Connection, entity: Entity, field: Field) -> None:
    """Add a text column, filled with values that differ from row to row."""
    database.execute(f'ALTER TABLE "{entity.table}" ADD COLUMN "{field.name}" TEXT')
    database.execute(f'UPDATE "{entity.table}" SET "{field.name}" = \'new \' || (_h % 7)')
