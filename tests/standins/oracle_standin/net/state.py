"""What a connection remembers between calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c

from .sqlscan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from oracle_standin.backend import Column

    from .requests import ColumnMeta


class Cursor:
    """A parsed statement, and its result set while rows are left."""

    def __init__(self, number: int, sql: str) -> None:
        self.number = number
        self.sql = sql
        self.scan = scan(sql)
        self.bind_metas: list[ColumnMeta] = []
        self.flags = 0  # of the last full execute: a re-execute does not repeat them
        self.columns: list[Column] = []
        self.described = False
        self.is_result = False  # a result set without a statement: it is only fetched
        self.defines: Sequence[Column | ColumnMeta] | None = None
        self.fetched = 0
        self.is_open = False
        self.kept: list[Sequence[Any]] | None = None  # of a scrollable cursor
        self._rows: Iterator[Sequence[Any]] = iter(())
        self._ahead: Sequence[Any] | None = None  # one row of look-ahead tells the end

    def open(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = iter(rows)
        self._ahead = next(self._rows, None)
        self.fetched = 0
        self.is_open = True

    def scroll(self, rows: Iterable[Sequence[Any]]) -> None:
        """Keep the rows of a result set in which the client will move."""
        self.kept = list(rows)
        self.open(self.kept)

    def move(self, row: int) -> None:
        """Go on from a row, of which the first is 1; beyond the last there is none."""
        kept = self.kept or []
        self.open(kept[max(row, 1) - 1 :])
        self.fetched = min(max(row, 1) - 1, len(kept))

    def take(self, count: int) -> list[Sequence[Any]]:
        """At most ``count`` rows; closes the result set with the last one."""
        out: list[Sequence[Any]] = []
        while self._ahead is not None and len(out) < count:
            out.append(self._ahead)
            self._ahead = next(self._rows, None)
        self.fetched += len(out)
        self.is_open = self._ahead is not None
        return out

    @property
    def needs_define(self) -> bool:
        """Whether the client first says how it wants LOB columns."""
        return self.defines is None and any(col.ora_type in c.NEED_DEFINE for col in self.columns)


@dataclass
class DirectLoad:
    """A direct path load between prepare and finish."""

    schema: str
    table: str
    columns: list[Column]
    values: list[bytes] = field(default_factory=list)  # complete rows, value after value
    row: list[bytes] = field(default_factory=list)  # the row that is still coming
    goes_on: bool = False  # its last value continues in the next piece

    @property
    def name(self) -> str:
        return f'"{self.schema}"."{self.table}"'
