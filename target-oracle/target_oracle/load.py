"""Rows -> table: one transaction per flush.

    upsert, many rows   staging, filled in slices -> MERGE -> COMMIT
    upsert, few rows    array UPDATE, then array INSERT of those not found -> COMMIT
    append-only         array INSERT -> COMMIT
    overwrite           a shadow table that takes the place of the rows at the end of the stream

Staging is made once per stream and run and emptied before a load, when nothing is pending:
TRUNCATE commits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from target_oracle import statements, tables
from target_oracle.types import NUMBER, staging_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import oracledb

    from target_oracle.batch import Column, Row
    from target_oracle.connection import Session
    from target_oracle.tables import Table

STRAIGHT_ROWS = 1_000  # below this, making and dropping staging costs more than it saves


@dataclass
class Stage:
    """A table of our own that takes a stream's rows, numbered in order of arrival."""

    session: Session
    table: Table
    columns: Sequence[Column]
    made: bool = False
    used: bool = False
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        self.sequence = statements.unused("SDC$SEQ", names)
        self._insert = statements.insert(self.table.sql, [*names, self.sequence])
        self._binds = [*(column.type.bind for column in self.columns), NUMBER.bind]

    def ready(self) -> None:
        """Make the table, or empty it."""
        with self.session.cursor() as cursor:
            if not self.made:
                dialect = self.session.dialect
                types = {each.name: staging_type(each.type, dialect) for each in self.columns}
                tables.create(cursor, self.table, {**types, self.sequence: NUMBER})
                self.made = True
            elif self.used:
                cursor.execute(f"TRUNCATE TABLE {self.table.sql}")
                self.used = False

    def fill(self, rows: list[Row]) -> None:
        """Add rows, in the transaction of the session."""
        self.used = True
        numbered = [(*row, number) for row, number in zip(rows, self._numbers, strict=False)]
        with self.session.cursor() as cursor:
            execute_many(cursor, self._insert, numbered, self._binds)

    def drop(self) -> None:
        """Remove the table."""
        if self.made:
            with self.session.cursor() as cursor:
                tables.drop(cursor, self.table)
            self.made = self.used = False


@dataclass
class Loader:
    """Loads one stream's rows into its table."""

    session: Session
    table: Table
    columns: Sequence[Column]
    stage: Stage

    def __post_init__(self) -> None:
        self.names = [column.name for column in self.columns]
        self.keys = [column.name for column in self.columns if column.key]
        self.key_of = itemgetter(*[i for i, each in enumerate(self.columns) if each.key] or [0])

    def append(self, slices: Iterable[list[Row]]) -> int:
        """INSERT all rows; how many there were."""
        loaded = 0
        for rows in slices:
            self._insert(rows)
            loaded += len(rows)
        self.session.commit()
        return loaded

    def upsert(self, slices: Iterable[list[Row]], expected: int) -> int:
        """UPDATE or INSERT by key, the last row per key winning; how many rows there were."""
        if expected <= STRAIGHT_ROWS:
            rows = list(chain.from_iterable(slices))
            self._update_or_insert(rows)
            loaded = len(rows)
        else:
            self.stage.ready()
            loaded, repeated = self._fill(slices)
            self._merge(repeated=repeated)
        self.session.commit()
        return loaded

    def _fill(self, slices: Iterable[list[Row]]) -> tuple[int, bool]:
        """Stage all rows; how many, and whether a key came in more than one slice."""
        seen: set[Any] = set()
        loaded = 0
        for rows in slices:
            self.stage.fill(rows)
            seen.update(map(self.key_of, rows))
            loaded += len(rows)
        return loaded, len(seen) < loaded

    def _merge(self, *, repeated: bool) -> None:
        source = self.stage.table.sql
        if repeated:
            query = statements.latest(source, self.names, self.keys, self.stage.sequence)
            source = f"({query})"
        with self.session.cursor() as cursor:
            cursor.execute(statements.merge(self.table.sql, source, self.names, self.keys))

    def _update_or_insert(self, rows: list[Row]) -> None:
        keys = [i for i, each in enumerate(self.columns) if each.key]
        rest = [i for i, each in enumerate(self.columns) if not each.key]
        order = [*rest, *keys]
        binds = [self.columns[i].type.bind for i in order]
        with self.session.cursor() as cursor:
            statement = statements.update(self.table.sql, self.names, self.keys)
            ordered = [tuple(row[i] for i in order) for row in rows]
            execute_many(cursor, statement, ordered, binds, counts=True)
            found = cursor.getarraydmlrowcounts()
        self._insert([row for row, hits in zip(rows, found, strict=True) if not hits])

    def _insert(self, rows: list[Row]) -> None:
        binds = [column.type.bind for column in self.columns]
        with self.session.cursor() as cursor:
            execute_many(cursor, statements.insert(self.table.sql, self.names), rows, binds)


def execute_many(
    cursor: oracledb.Cursor,
    statement: str,
    rows: list[Row],
    binds: Sequence[Any],
    *,
    counts: bool = False,
) -> None:
    """One statement with many rows, the binds typed: an all-NULL column has no type of its own."""
    if rows:
        cursor.setinputsizes(*binds)
        cursor.executemany(statement, rows, arraydmlrowcounts=counts)
