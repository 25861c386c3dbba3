"""Keep the periods of a history: after each MERGE, and after deletions, in their transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_oracle.database import statements
from target_oracle.database.binds import execute_many
from target_oracle.observing import telemetry
from target_oracle.schema.conversion import to_utc
from target_oracle.schema.types import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    def end(self, gone: Mapping[tuple[Any, ...], tuple[Any, Any]]) -> int:
        """End the versions that were in force when rows were deleted, or delete those up to then.

        `gone` has key -> (deletion time, anything), where the key may lack the replication key.
        Return how many rows of the source it was.
        """
        keyed = [column for column in self.columns if column.key]
        of_row = [n for n, column in enumerate(keyed) if column.name != self.periods.version]
        times = {tuple(key[n] for n in of_row): _moment(at) for key, (at, _) in gone.items()}
        keys = [keyed[n] for n in of_row]
        casts = {each.name: each.type.ddl for each in keys if each.type.alters}
        names, found = [each.name for each in keys], [each.type.bind for each in keys]
        at = self.periods.type.bind
        with self.session.cursor() as cursor:
            if self.hard_delete:
                statement = statements.delete_before(self.table.sql, names, self.periods, casts)
                rows = [(*key, time) for key, time in times.items()]
                execute_many(cursor, statement, rows, [*found, at])
            else:
                statement = statements.end_periods(self.table.sql, names, self.periods, casts)
                marks = [(time, time, *key, time, time) for key, time in times.items()]
                execute_many(cursor, statement, marks, [TIMESTAMP.bind, at, *found, at, at])
        return len(times)


def _moment(value: Any) -> Any:
    """Parse a deletion time, which is still text where no column takes it."""
    return to_utc(value) if isinstance(value, str) else value
