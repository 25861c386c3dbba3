"""The end of an overwrite: the shadows' rows in the place of the table's, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import oracledb

from target_oracle.loading.loader import Loader
from target_oracle.loading.transaction import (
    SAVEPOINT,
    all_or_nothing,
    is_about_a_record,
    problem_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_oracle.database.session import Session
    from target_oracle.loading.commit_record import CommitRecord
    from target_oracle.loading.destination import Destination
    from target_oracle.loading.rejects import StreamRejects


@dataclass
class Swap:
    """Replaces a table's rows by those of its shadows, oldest first."""

    destination: Destination
    rejects: StreamRejects
    record: CommitRecord
    deleted: int = 0
    """Rows of shadows that were deleted, or marked so."""

    @property
    def session(self) -> Session:
        """The session that the transaction is in."""
        return self.destination.worker.session

    def attempt(self) -> None:
        """Swap and COMMIT in one transaction, unless an earlier attempt did.

        Raises:
            oracledb.Error: The database refuses; the table is as it was.
            RecordError: A record is bad, and bad records are not allowed.
        """
        if self.record.is_committed():
            self.rejects.all.settle()
            return
        try:
            self._transaction(Loader.take_over)
        except oracledb.Error as error:
            if not is_about_a_record(error):
                raise
            self._transaction(self._piecewise)

    def _transaction(self, fill: Callable[[Loader], None]) -> None:
        loaders = self.destination.loaders
        with all_or_nothing(self.record):
            self._execute(f"DELETE FROM {loaders[0].table.sql}")
            self.deleted = 0
            for loader in loaders:
                fill(loader)
                self.deleted += loader.remove(loader.deleted)
            read = sum(loader.stage.rows for loader in loaders)
            self.rejects.write(self.session, read)
            self.record.write()
            self.session.commit()
        self.rejects.all.settle()

    def _piecewise(self, loader: Loader) -> None:
        self._bisect(loader, 0, loader.stage.rows)

    def _bisect(self, loader: Loader, first: int, end: int) -> None:
        """Take over some rows; where that fails, each half of them, down to the row at fault.

        Raises:
            oracledb.Error: No single row is at fault.
        """
        if first == end:
            return
        self._execute(f"SAVEPOINT {SAVEPOINT}")
        try:
            loader.take_over((first, end))
        except oracledb.Error as error:
            if not is_about_a_record(error):
                raise
            self._execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            if end - first == 1:
                self.rejects.take(problem_of(error), loader.kept_aside(first))
                return
            middle = (first + end) // 2
            self._bisect(loader, first, middle)
            self._bisect(loader, middle, end)

    def _execute(self, statement: str) -> None:
        with self.session.cursor() as cursor:
            cursor.execute(statement)
