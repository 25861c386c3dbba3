"""Keep the periods of a history: after each MERGE, and after deletions, in their transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_oracle.database import statements
from target_oracle.database.binds import execute_many
from target_oracle.observing import telemetry
from target_oracle.schema.types import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from target_oracle.database.session import Session
    from target_oracle.schema.periods import Periods
    from target_oracle.schema.tables import Column, Table


@dataclass
class Validity:
    """The periods of one table's rows."""

    session: Session
    table: Table
    columns: Sequence[Column]
    periods: Periods
    hard_delete: bool

    def follow(self, source: str | None) -> None:
        """Set the periods of all versions of the rows whose keys a source has; without it, of all.

        Where nothing changes, nothing is written: late versions and repeated ones may come.
        """
        statement = statements.follow_periods(self.table.sql, source, self.periods)
        with telemetry.span("periods") as span, self.session.cursor() as cursor:
            cursor.execute(statement)
            span.set_attribute("singer.rows", cursor.rowcount)

    def fill(self) -> None:
        """Set the periods of all rows and COMMIT, where loads without periods left rows lacking.

        They leave rows without any, and rows that they mark as deleted in force.
        """
        with self.session.cursor() as cursor:
            cursor.execute(statements.lacking_periods(self.table.sql, self.periods))
            is_lacking = cursor.fetchone() is not None
        if is_lacking:
            self.follow(None)
            self.session.commit()

    def end(self, gone: Mapping[tuple[Any, ...], Sequence[datetime]]) -> int:
        """End the versions that were in force when rows were deleted, or delete those up to then.

        `gone` has key -> deletion times, where the key is without the replication key. Return how
        many rows of the source it was.
        """
        keys = [each for each in self.columns if each.key and each.name != self.periods.version]
        casts = {each.name: each.type.ddl for each in keys if each.type.alters}
        names, found = [each.name for each in keys], [each.type.bind for each in keys]
        at = self.periods.type.bind
        rows = [(key, time) for key, times in gone.items() for time in times]
        with self.session.cursor() as cursor:
            if self.hard_delete:
                statement = statements.delete_before(self.table.sql, names, self.periods, casts)
                ends = [(*key, time) for key, time in rows]
                execute_many(cursor, statement, ends, [*found, at])
            else:
                statement = statements.end_periods(self.table.sql, names, self.periods, casts)
                marks = [(time, time, *key, time, time) for key, time in rows]
                execute_many(cursor, statement, marks, [TIMESTAMP.bind, at, *found, at, at])
        return len(gone)
