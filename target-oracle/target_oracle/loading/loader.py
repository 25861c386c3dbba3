"""Rows -> table: one transaction per flush.

    matched by key, many rows   staging, filled in slices -> MERGE -> COMMIT
    matched by key, few rows    array UPDATE, then array INSERT of those not found -> COMMIT
    not matched                 array INSERT -> COMMIT
    overwrite                   a shadow table; at the end DELETE + INSERT from it -> COMMIT

Staging is made once per stream and run and emptied before a load, when nothing is pending:
TRUNCATE commits.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.database import statements
from target_oracle.database.binds import execute_many, sized
from target_oracle.errors import code
from target_oracle.observing import telemetry
from target_oracle.records.frames import Columns
from target_oracle.schema.metadata import DELETED_AT
from target_oracle.schema.tables import Conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_oracle.database.session import Session
    from target_oracle.loading.stage import Stage
    from target_oracle.loading.validity import Validity
    from target_oracle.records.frames import Row, Rows
    from target_oracle.records.turns import Turn
    from target_oracle.schema.tables import Column, Table

logger = logging.getLogger("target-oracle")


@dataclass
class Loader:
    """Loads one stream's rows into its table, in the session's transaction."""

    session: Session
    table: Table
    columns: Sequence[Column]
    stage: Stage
    conditions: Conditions = field(default_factory=Conditions)
    can_stage: bool = True
    hard_delete: bool = False
    validity: Validity | None = None
    """What keeps the periods of a history."""
    deleted: dict[Any, Any] = field(default_factory=dict)  # of a shadow: see Shaper

    def __post_init__(self) -> None:
        self.names = [column.name for column in self.columns]
        self.keys = [column.name for column in self.columns if column.key]
        self._keyed = [i for i, each in enumerate(self.columns) if each.key]
        self.key_of = itemgetter(*self._keyed or [0])
        altered = (each for each in self.columns if each.key and each.type.alters)
        self._casts = {each.name: each.type.ddl for each in altered}

    def insert(self, slices: Iterable[Rows]) -> None:
        """INSERT all rows; columns by way of staging where the direct path takes them there."""
        staged = pending = False
        for rows in slices:
            if not isinstance(rows, Columns) or not self.stage.goes_direct(len(rows)):
                self._insert(list(rows))
                pending = True
            elif staged or (not pending and self._has_stage()):
                self.stage.fill(rows)
                staged = True
            else:
                self._insert(list(rows))
        if staged:
            self._insert_from(self.stage.source)

    def _insert_from(self, source: str) -> None:
        with self.session.cursor() as cursor:
            cursor.execute(statements.insert_from(self.table.sql, source, self.names))

    def upsert(self, slices: Iterable[Rows], expected: int) -> None:
        """UPDATE or INSERT by key, the last row per key winning."""
        few = expected <= self.stage.limits.straight_rows and not self.needs_stage
        if few or not self._has_stage():
            for rows in slices:
                self.upsert_straight(list(rows))
        else:
            with self._staging(expected):
                repeated = self._fill(slices)
            self._merge(self.stage.source, repeated=repeated)

    def _has_stage(self) -> bool:
        """Empty the stage, and return whether there is one: without CREATE TABLE there is none.

        Raises:
            oracledb.DatabaseError: Nothing can be loaded without a stage.
        """
        if self.can_stage:
            try:
                self.stage.empty()
            except oracledb.DatabaseError as error:
                if code(error) != "ORA-01031" or self.needs_stage:
                    raise
                logger.warning("No CREATE TABLE right: loading without staging, which is slower")
                self.can_stage = False
        return self.can_stage

    def upsert_straight(self, rows: list[Row]) -> None:
        """UPDATE by key, then INSERT what was not found: no staging, and no trouble with LOBs."""
        rest = [i for i in range(len(self.columns)) if i not in self._keyed]
        order = itemgetter(*rest, *self._keyed) if len(self.columns) > 1 else tuple
        ordered = [order(row) for row in rows]
        if not ordered:
            return
        with telemetry.span("update", rows=len(ordered)), self.session.cursor() as cursor:
            keys = [(self.columns[i].type, [row[i] for row in rows]) for i in self._keyed]
            binds = [self.columns[i].type.bind for i in rest]
            binds += [sized(cursor, kind, values) for kind, values in keys]
            statement = statements.update(self.table.sql, self.names, self.keys, casts=self._casts)
            execute_many(cursor, statement, ordered, binds, counts=True)
            found = cursor.getarraydmlrowcounts()
        self._insert([row for row, hits in zip(rows, found, strict=True) if not hits])

    @property
    def needs_stage(self) -> bool:
        """Whether rows come into the table by MERGE alone."""
        return bool(self.conditions) or self.validity is not None

    def ready_for_pieces(self) -> None:
        """Make ready for `upsert_piece` and for pieces of a shadow, while nothing is pending."""
        if self.needs_stage:
            self.stage.empty()
        elif self.stage.made:
            self.stage.go_on()

    def upsert_piece(self, rows: list[Row]) -> None:
        """Upsert without DDL, so that the pieces before stay pending."""
        if self.needs_stage:
            self.stage.refill_pending(rows)
            self._merge(self.stage.source, repeated=False)
        else:
            self.upsert_straight(rows)

    @property
    def can_remove(self) -> bool:
        """Whether a record with a deletion time deletes or marks a row."""
        marks = any(column.source == DELETED_AT for column in self.columns)
        return bool(self.keys) and (self.hard_delete or marks)

    def remove(self, deleted: Mapping[Any, Any]) -> int:
        """DELETE rows by key, or write only their deletion time into them; how many keys.

        Rows that are newer than their deletion stay, where that is a condition. `deleted` is as in
        `Shaper.deleted`.
        """
        gone = {key: mark for key, mark in deleted.items() if mark}
        if not gone:
            return 0
        newer, single = self.conditions.newer, len(self.keys) == 1
        wheres = [
            (*((key,) if single else key), *((version,) if newer else ()))
            for key, (_, version) in gone.items()
        ]
        with self.session.cursor() as cursor:
            if self.hard_delete:
                delete = statements.delete(self.table.sql, self.keys, newer, self._casts)
                execute_many(cursor, delete, wheres, self._where_binds)
            else:
                at = next(each for each in self.columns if each.source == DELETED_AT)
                rows = [
                    (time, *where) for (time, _), where in zip(gone.values(), wheres, strict=True)
                ]
                names = [at.name, *self.keys]
                mark = statements.update(self.table.sql, names, self.keys, newer, self._casts)
                execute_many(cursor, mark, rows, [at.type.bind, *self._where_binds])
        return len(gone)

    def take(self, turn: Turn) -> int:
        """Load a turn of a history after those before it; how many rows of the source it ends."""
        rows = list({self.key_of(row): row for row in turn.rows}.values())
        step = self.stage.limits.slice_rows
        for start in range(0, len(rows), step):
            self.upsert_piece(rows[start : start + step])
        return self.validity.end(turn.gone) if self.validity else 0

    @property
    def _where_binds(self) -> list[Any]:
        """Return the types of the binds that find a row and compare its replication key."""
        newer = self.conditions.newer
        found = [self.columns[i].type.bind for i in self._keyed]
        return [*found, self.columns[self.names.index(newer)].type.bind] if newer else found

    def shadow(self, slices: Iterable[Rows], expected: int) -> None:
        """Keep rows aside until `take_over`."""
        self.stage.go_on()
        with self._staging(expected):
            for rows in slices:
                self.stage.fill(rows)

    @contextmanager
    def _staging(self, expected: int) -> Iterator[None]:
        before, self.stage.expected = self.stage.rows, expected
        with telemetry.span("staging") as span:
            yield
            span.set_attribute("singer.rows", self.stage.rows - before)

    def take_over(self, numbers: tuple[int, int] | None = None) -> None:
        """Add the shadow's rows to the table, which was emptied or filled by an older shadow.

        With `numbers`, only those from the first up to, without it, the second.
        """
        if not self.stage.made:
            return
        source = self.stage.source if numbers is None else self.stage.part(*numbers)
        if self.keys:
            self._merge(source, repeated=True)
        else:
            self._insert_from(source)

    def kept_aside(self, number: int) -> dict[str, Any]:
        """Return a row of the shadow as its record, without the metadata columns."""
        columns = [column for column in self.columns if not column.stamped]
        query = statements.select(
            self.stage.part(number, number + 1), [column.name for column in columns]
        )
        with self.session.cursor() as cursor:
            ((*values,),) = cursor.execute(query, fetch_lobs=False).fetchall()
        return {column.source: value for column, value in zip(columns, values, strict=True)}

    def _fill(self, slices: Iterable[Rows]) -> bool:
        """Stage all rows, and return whether a key may be in more than one slice."""
        seen: set[Any] = set()
        staged = columnar = 0
        for rows in slices:
            self.stage.fill(rows)
            if isinstance(rows, Columns):
                columnar += 1  # their keys are not looked at: one flush is one of them, mostly
            else:
                seen.update(map(self.key_of, rows))
                staged += len(rows)
        return len(seen) < staged or columnar + bool(staged) > 1

    def _merge(self, source: str, *, repeated: bool) -> None:
        staged = source
        if repeated:
            query = statements.latest(
                source, self.names, self.keys, self.stage.sequence, self.conditions.newer
            )
            source = f"({query})"
        merge = statements.merge(self.table.sql, source, self.names, self.keys, self.conditions)
        with telemetry.span("merge") as span, self.session.cursor() as cursor:
            cursor.execute(merge)
            span.set_attribute("singer.rows", cursor.rowcount)
        if self.validity:
            self.validity.follow(staged)

    def _insert(self, rows: list[Row]) -> None:
        binds = [column.type.bind for column in self.columns]
        with telemetry.span("insert", rows=len(rows)), self.session.cursor() as cursor:
            execute_many(cursor, statements.insert(self.table.sql, self.names), rows, binds)
