"""Staging tables, and the shadows of overwrites.

They are plain heap tables without keys, indexes or constraints, so that `direct_path_load` may fill
them; it commits, which is why it has a connection of its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.config.limits import DEFAULT
from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.errors import Treatment, code, treatment
from target_oracle.records.frames import Columns
from target_oracle.schema.names import quoted
from target_oracle.schema.tables import TableSpec
from target_oracle.schema.types import NUMBER, staging_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_oracle.config.choices import LoadPath
    from target_oracle.config.limits import Limits
    from target_oracle.database.session import Session
    from target_oracle.records.frames import Rows
    from target_oracle.schema.tables import Column, Table

logger = logging.getLogger("target-oracle")

MESSAGE_ROWS = 10_000
"""Rows that the driver writes out before it sends them."""


class DirectPathRefusedError(Exception):
    """The direct path failed; the flush is to be staged again by array binds."""


@dataclass
class Stage:
    """A table for a stream's rows, numbered in order of arrival.

    `expected` rows of a flush decide for all its slices which way they go, however few one has.
    """

    session: Session
    direct: Session
    table: Table
    columns: Sequence[Column]
    path: LoadPath = "auto"
    limits: Limits = DEFAULT
    made: bool = False
    used: bool = False
    expected: int = 0
    _next: int = 0
    _since: int | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        self.sequence = statements.unused("SDC$SEQ", names)
        self._names = [*names, self.sequence]
        self._insert = statements.insert(self.table.sql, self._names)
        # The driver's own tests leave JSON through the direct path out.
        self._direct_types = all(column.type.name != "JSON" for column in self.columns)
        self._binds = [*(column.type.bind for column in self.columns), NUMBER.bind]

    def make(self) -> None:
        """CREATE TABLE, unless it is there."""
        if self.made:
            return
        dialect = self.session.dialect
        types = {each.name: staging_type(each.type, dialect) for each in self.columns}
        with self.session.cursor() as cursor:
            columns = {**types, self.sequence: NUMBER}
            wanted = TableSpec(self.table.owner, self.table.name, columns, options="NOLOGGING")
            ddl.create(cursor, wanted)
        self.made = True

    def empty(self) -> None:
        """Make the table, or TRUNCATE it; that commits, so nothing may be pending."""
        self.make()
        if self.used:
            with self.session.cursor() as cursor:
                cursor.execute(f"TRUNCATE TABLE {self.table.sql}")
            self.used = False

    def go_on(self) -> None:
        """Prepare to add rows: those that a failed flush left are deleted, and that is committed.

        The direct path wants the table to itself: it would wait for a pending DELETE.
        """
        self.make()
        if self._since is not None and self.used:
            with self.session.cursor() as cursor:
                where = f"{quoted(self.sequence)} >= {self._since}"
                cursor.execute(f"DELETE FROM {self.table.sql} WHERE {where}")
            self.session.commit()
        self._since = self._next if self._since is None else self._since

    def settle(self) -> None:
        """Keep the rows that are there: their flush was committed."""
        self._since = None

    @property
    def rows(self) -> int:
        """The number of the next row."""
        return self._next

    @property
    def source(self) -> str:
        """What rows are taken from: the table, or a query that converts as its table does.

        Without that, a value would differ from the padded or rounded one that it is compared with.
        """
        types = {each.name: each.type.ddl for each in self.columns if each.type.alters}
        return statements.cast(self.table.sql, self._names, types) if types else self.table.sql

    def part(self, first: int, end: int) -> str:
        """Return a query, in brackets, of the rows numbered from `first` to below `end`."""
        number = quoted(self.sequence)
        return f"(SELECT * FROM {self.source} WHERE {number} >= {first} AND {number} < {end})"

    def fill(self, rows: Rows) -> None:
        """Add rows: committed by the direct path, pending in the session when by arrays."""
        if not len(rows):
            return
        if self.goes_direct(len(rows)):
            self._load_direct(self._numbered(rows))
        else:
            self.fill_pending(rows)

    def fill_pending(self, rows: Rows) -> None:
        """Add rows in the session's transaction."""
        with self.session.cursor() as cursor:
            execute_many(
                cursor,
                self._insert,
                self._numbered(rows if isinstance(rows, list) else list(rows)),
                self._binds,
            )

    def refill_pending(self, rows: Rows) -> None:
        """Put rows in the place of all others, in the session's transaction."""
        with self.session.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.table.sql}")
        self.fill_pending(rows)

    def _numbered(self, rows: Rows) -> Any:
        """Number the rows, as a list of tuples or in Arrow's columns."""
        self.used = True
        start, self._next = self._next, self._next + len(rows)
        if isinstance(rows, Columns):
            return rows.numbered(self.sequence, start)
        return [(*row, number) for number, row in enumerate(rows, start)]

    def drop(self) -> None:
        """Remove the table."""
        if self.made:
            with self.session.cursor() as cursor:
                ddl.drop(cursor, self.table.owner, self.table.name)
            self.made = self.used = False

    def goes_direct(self, rows: int) -> bool:
        """Whether so many rows, or those of the whole flush, are enough for the direct path."""
        # A load by the direct path wants the table to itself: it would wait for pending rows.
        if self.path == "auto":
            many = max(rows, self.expected) >= self.limits.direct_rows
            return many and self._direct_types and self.session.takes_direct_path
        return self.path == "direct"

    def _load_direct(self, rows: Any) -> None:
        connection = self.direct.connection
        try:
            connection.direct_path_load(
                self.table.owner, self.table.name, self._names, rows, batch_size=MESSAGE_ROWS
            )
        except AttributeError:
            connection.ping()  # aborting a load, the driver stumbles over a lost session: name it
            raise
        except oracledb.Error as error:
            if self.path == "direct" or treatment(error) is Treatment.RECONNECT:
                raise
            logger.info("Direct path load is not possible (%s): using arrays", code(error))
            self.path = "array"
            raise DirectPathRefusedError from error
