"""Values with parts: objects, records, collections and open result sets, and what they are of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .backend import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OBJECT, RECORD, VARRAY, NESTED, INDEXED = "OBJECT", "RECORD", "VARRAY", "TABLE", "INDEX BY"
COLLECTIONS = frozenset((VARRAY, NESTED, INDEXED))


@dataclass(eq=False)
class Kind:
    """What a variable, an attribute or an element is of.

    ``name`` is the type's name in the dictionary; ``is_sized`` tells whether a length or a
    precision was written, which limits the values.
    """

    name: str
    column: Column = field(default_factory=lambda: Column(""))
    shape: Shape | None = None
    is_sized: bool = False


@dataclass(eq=False)
class Shape:
    """A type with parts.

    ``parts`` are the attributes of an object or record by name, ``element`` is the kind of a
    collection's elements and ``limit`` the size of a VARRAY.
    """

    form: str
    owner: str
    name: str
    package: str | None = None
    oid: bytes = b""
    parts: dict[str, Kind] = field(default_factory=dict)
    element: Kind | None = None
    limit: int = 0

    @property
    def is_collection(self) -> bool:
        return self.form in COLLECTIONS

    @property
    def full_name(self) -> str:
        return ".".join(part for part in (self.owner, self.package, self.name) if part)

    def empty(self) -> Instance | Table:
        """A record whose fields are NULL, or a collection without elements."""
        if self.is_collection:
            return Table(self)
        out = Instance(self)
        for name, kind in self.parts.items():
            inner = kind.shape
            is_record = inner is not None and inner.form in (RECORD, INDEXED)
            out.values[name] = inner.empty() if inner is not None and is_record else None
        return out


@dataclass(eq=False)
class Instance:
    """An object or a record."""

    shape: Shape | None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Table:
    """A collection; nested tables and VARRAYs have the keys 1 and up."""

    shape: Shape | None
    items: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Sequence[Any], shape: Shape | None = None) -> Table:
        return cls(shape, dict(enumerate(values, 1)))

    def ordered_keys(self) -> list[int]:
        return sorted(self.items)

    def in_order(self) -> list[Any]:
        return [self.items[key] for key in self.ordered_keys()]


@dataclass(eq=False)
class RefCursor:
    """A result set that is a value; ``found`` is None before the first FETCH."""

    columns: list[Column]
    rows: Iterator[Sequence[Any]]
    is_open: bool = True
    found: bool | None = None
    fetched: int = 0

    def fetch(self) -> Sequence[Any] | None:
        row = next(self.rows, None)
        self.found = row is not None
        self.fetched += self.found
        return row


def copied(value: Any) -> Any:
    """A value of its own: assignments copy collections and records."""
    if isinstance(value, Instance):
        return Instance(value.shape, {name: copied(part) for name, part in value.values.items()})
    if isinstance(value, Table):
        return Table(value.shape, {key: copied(item) for key, item in value.items.items()})
    return value


@dataclass(frozen=True, order=True)
class Months:
    """INTERVAL YEAR TO MONTH."""

    count: int


class DateValue(dt.datetime):
    """A DATE, where the kind of a time is not known by its column."""

    @classmethod
    def of(cls, value: dt.datetime) -> DateValue:
        return cls(value.year, value.month, value.day, value.hour, value.minute, value.second)


FLOAT32, FLOAT64, INT8, BINARY = 2, 3, 4, 5
"""The formats of vectors."""


@dataclass(eq=False)
class Vector:
    """A VECTOR; of a binary one the numbers are bytes, each of eight dimensions."""

    format: int
    numbers: list[float]

    @property
    def text(self) -> str:
        """As FROM_VECTOR writes it."""
        form = "{:.0f}" if self.format in (INT8, BINARY) else "{:E}"
        return "[" + ",".join(form.format(n) for n in self.numbers) + "]"
