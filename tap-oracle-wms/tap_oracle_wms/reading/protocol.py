"""The protocol between a stream and its reading, by pages, history or extract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import Self

    from tap_oracle_wms.reading.plan import ReadPlan
    from tap_oracle_wms.reading.sweep import Sweep


class Piece(Protocol):
    """Rows on their way out."""

    @property
    def rows(self) -> int:
        """How many."""

    @property
    def pages(self) -> int:
        """1, or 0 for what only marks an end."""

    @property
    def extracted(self) -> datetime:
        """When they were read."""

    @property
    def is_milestone(self) -> bool:
        """Whether STATE can say that all rows up to this piece are written."""

    def ids(self) -> Iterable[int]:
        """The ids of the rows."""

    def first(self, rows: int) -> Self:
        """The first rows alone."""

    def records(self) -> list[dict[str, Any]]:
        """Singer records."""

    def lines(self, stream: str, version: int | None) -> Iterator[memoryview] | None:
        """Lines of RECORD messages; None where they are encoded from objects."""


P = TypeVar("P", bound=Piece)


@dataclass(frozen=True)
class Proof:
    """How far what was read is proved to be all."""

    counted: bool | None = None
    """Whether it was compared with counts of WMS; None where there was not one row."""
    rows: int | None = None
    """As many as there are by that count."""
    asked_again: int = 0
    """Answers that were not believed at once."""
    read_flat: int = 0
    """Rows that came by `values_list`, where that is proved to be the same."""
    ms_a_row: Mapping[str, float] = field(default_factory=dict)
    """Way (`flat`, `records`) -> the milliseconds of a row, as far as measured."""


class Reading(Protocol[P]):
    """One read of one entity, from its plan to its end."""

    @property
    def plan(self) -> ReadPlan:
        """What is read, and how far it is; its bookmark is what STATE will say."""

    @property
    def sweep(self) -> Sweep | None:
        """The search for deleted rows, if it is wanted."""

    @property
    def numbers(self) -> set[str] | None:
        """Where pieces are columns, which of these hold decimals."""

    @property
    def total(self) -> int | None:
        """Rows in all, where they were counted."""

    @property
    def proof(self) -> Proof:
        """How far what was read is proved to be all, at the end."""

    def pieces(self) -> Iterator[P]:
        """Yield what is read, in the order in which it may be written."""

    def commit(self, piece: P) -> None:
        """Note in the plan that all rows of a piece are written."""

    @property
    def schema_changes(self) -> dict[str, list[str]]:
        """Kind (`new`, `gone`) -> the fields by which rows differ from the schema."""

    def warn(self) -> None:
        """Log what was left out, at the end."""

    def close(self) -> None:
        """Ask for nothing more."""
