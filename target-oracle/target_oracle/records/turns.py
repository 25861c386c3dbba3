"""Deletions of a history among its records, in turns.

    records of a row, then its deletions        its first turn
    records of the row that come after those    its next one

Loaded turn by turn, a flush leaves what flushes of a single record each would leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from target_oracle.records.frames import Row

Key = tuple[Any, ...]


@dataclass
class Turn:
    """What is loaded together: first its rows, then its deletions."""

    rows: list[Row] = field(default_factory=list)
    """Empty in the first turn, whose rows are loaded as they are made."""
    gone: dict[Key, list[datetime]] = field(default_factory=dict)
    """What the versions of a row share of their key -> when it was deleted, as that came."""


@dataclass
class Turns:
    """The turns of a flush, from its first deletion on."""

    keys_at: Sequence[int]
    """The places of the keys that the versions of a row share."""
    all: list[Turn] = field(default_factory=list)
    _numbers: dict[Key, int] = field(default_factory=dict)
    """The present turn of each row that was deleted."""

    def first(self, rows: Sequence[Row], times: Iterable[datetime | None]) -> list[Row]:
        """Return the rows of the first turn, and keep deletions and what comes after them.

        `times` has None for a row that is to be loaded.
        """
        found = []
        for row, at in zip(rows, times, strict=True):
            key = tuple(row[i] for i in self.keys_at)
            if at is not None:
                self._delete(key, at)
            elif key in self._numbers:
                self._keep(key, row)
            else:
                found.append(row)
        return found

    def _delete(self, key: Key, at: datetime) -> None:
        number = self._numbers.setdefault(key, 0)
        self._turn(number).gone.setdefault(key, []).append(at)

    def _keep(self, key: Key, row: Row) -> None:
        if key in self.all[self._numbers[key]].gone:
            self._numbers[key] += 1
        self._turn(self._numbers[key]).rows.append(row)

    def _turn(self, number: int) -> Turn:
        if number == len(self.all):
            self.all.append(Turn())
        return self.all[number]
