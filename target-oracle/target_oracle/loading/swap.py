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
    from collections.abc import Callable, Sequence

    from target_oracle.database.session import Session
    from target_oracle.loading.rejects import Rejects


@dataclass
class Swap:
    """Replaces a table's rows by those of the `loaders`' shadows, oldest first.

    `note` is told just before COMMIT how many rows were deleted.
    """

    stream: str
    keys: Sequence[str]
    session: Session
    loaders: Sequence[Loader]
    rejects: Rejects
    note: Callable[[int], None]

    def once(self) -> None:
        """One transaction; nothing of it stays when it fails. RecordError, oracledb.Error."""
        try:
            self._transaction(Loader.take_over)
        except oracledb.Error as error:
            if not is_about_a_record(error):
                raise
            self._transaction(self._piecemeal)

    def _transaction(self, fill: Callable[[Loader], None]) -> None:
        with all_or_nothing(self.session, self.rejects):
            self._execute(f"DELETE FROM {self.loaders[0].table.sql}")
            deleted = sum(self._taken_over(loader, fill) for loader in self.loaders)
            read = sum(loader.stage.rows for loader in self.loaders)
            self.rejects.check_ratio(self.stream, read)
            with self.session.cursor() as cursor:
                self.rejects.write(cursor)
            self.note(deleted)
            self.session.commit()
        self.rejects.settle()

    @staticmethod
    def _taken_over(loader: Loader, fill: Callable[[Loader], None]) -> int:
        """Take over a shadow's rows, but those that were deleted since; how many these are."""
        fill(loader)
        return loader.remove(loader.deleted)

    def _piecemeal(self, loader: Loader) -> None:
        self._piece(loader, 0, loader.stage.rows)

    def _piece(self, loader: Loader, first: int, end: int) -> None:
        """Take over some rows; where that fails, each half of them, down to the row at fault."""
        if first == end:
            return
        self._execute(f"SAVEPOINT {SAVEPOINT}")
        try:
            loader.take_over((first, end))
        except oracledb.Error as error:
            if not is_about_a_record(error):
                raise
            self._execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            self._divide(loader, first, end, error)

    def _divide(self, loader: Loader, first: int, end: int, error: oracledb.Error) -> None:
        if end - first > 1:
            middle = (first + end) // 2
            self._piece(loader, first, middle)
            self._piece(loader, middle, end)
        else:
            record = loader.kept_aside(first)
            self.rejects.take(self.stream, self.keys, problem_of(error), record)

    def _execute(self, statement: str) -> None:
        with self.session.cursor() as cursor:
            cursor.execute(statement)
