"""Tables as a stream needs them and as the database has them. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_oracle.schema.names import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_oracle.schema.types import Converter, OracleType


@dataclass(frozen=True)
class Column:
    """A column that is loaded, and the property that its values come from."""

    name: str
    source: str
    type: OracleType
    convert: Converter | None = None
    key: bool = False
    version: bool = False
    """Whether it is the part of the key by which versions differ: a deletion may lack it."""
    stamped: bool = False
    """Whether the target makes the values itself."""
    bounded: bool = False
    """Whether every value that is valid by the schema fits the column."""
    turns_into: OracleType | None = None
    """The type that the column gets for a text that it cannot hold."""


@dataclass(frozen=True)
class TableSpec:
    """A table as a stream needs it."""

    owner: str
    name: str
    columns: Mapping[str, OracleType]
    keys: Sequence[str] = ()
    options: str = ""
    comment: str = ""
    comments: Mapping[str, str] = field(default_factory=dict)
    readers: Sequence[str] = ()
    indexes: Sequence[Sequence[str]] = ()
    public: bool = False
    """Whether a public synonym may stand for the table."""
    stream: str = ""
    """The stream that is loaded into it; none for a table of the target's own."""

    @property
    def sql(self) -> str:
        """The quoted name."""
        return quoted(self.owner, self.name)


@dataclass(frozen=True)
class ExistingColumn:
    """A column in the dictionary; `generated` ones (virtual, identity always) take no values."""

    type: OracleType
    generated: bool = False


@dataclass
class Table:
    """A table as it is, or a view that is loaded like one; the DDL of tables is not for views."""

    owner: str
    name: str
    columns: dict[str, ExistingColumn] = field(default_factory=dict)
    is_view: bool = False
    wanted: frozenset[str] = frozenset()
    """The identifiers of the stream that is loaded into the table."""
    primary_key: tuple[str, ...] = ()
    is_new: bool = False
    """Whether it was made just now."""
    added: list[str] = field(default_factory=list)
    """Columns that were added just now to a table that was there."""
    widened: dict[str, str] = field(default_factory=dict)
    """Columns that were widened just now -> from which type to which."""

    @property
    def sql(self) -> str:
        """The quoted name."""
        return quoted(self.owner, self.name)

    def column_for(self, identifier: str) -> str | None:
        """Find the column of a name: spelled so, else the only one that differs by case alone.

        A column that is spelled like another identifier of the stream belongs to that one.
        """
        if identifier in self.columns:
            return identifier
        near = [name for name in self.columns if name.casefold() == identifier.casefold()]
        return near[0] if len(near) == 1 and near[0] not in self.wanted else None


@dataclass(frozen=True)
class Conditions:
    """When a row that is there is worth an UPDATE; without conditions, always."""

    compared: tuple[str, ...] = ()
    """Columns of which one must differ."""
    compared_lobs: tuple[str, ...] = ()
    """The same for LOBs, which are compared in another way."""
    newer: str | None = None
    """The column whose stored value must not be above the new one."""
    json: tuple[str, ...] = ()
    """JSON columns: they cannot be compared, and count as different where there is a value."""

    def __bool__(self) -> bool:
        return bool(self.compared or self.compared_lobs or self.newer or self.json)
