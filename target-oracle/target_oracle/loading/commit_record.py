"""Find out whether a COMMIT took place when its answer was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_oracle.errors import LoadError

if TYPE_CHECKING:
    from target_oracle.loading.workers import Worker


@dataclass
class CommitRecord:
    """Records one transaction of a stream, over all attempts at it.

    Keys and shadows make it harmless to repeat rows, but not those that are only inserted, nor
    those of the reject table: of these a transaction writes down, within itself, that it is there.
    """

    stream: str
    worker: Worker
    number: int
    """Tells the stream's transactions of a run apart."""
    only_inserts: bool
    """Whether its rows would be there twice if they were loaded again."""
    _in_doubt: bool = False

    def write(self) -> None:
        """Insert the record in the transaction itself, just before its COMMIT."""
        if self.only_inserts or self.worker.rejects.pending:
            self.worker.own_tables.note(self.stream, self.number)
            self._in_doubt = True

    def is_committed(self) -> bool:
        """Return whether an earlier attempt was committed after all.

        Raises:
            LoadError: That is unknown, and loading the rows again might double them.
        """
        if not self._in_doubt:
            return False
        committed = self.worker.own_tables.has(self.stream, self.number)
        if committed is None and self.only_inserts:
            msg = (
                f"Stream '{self.stream}': the connection was lost during COMMIT, and whether "
                "its rows were committed is not known: look, and grant CREATE TABLE to know."
            )
            raise LoadError(msg)
        self._in_doubt = False
        return bool(committed)
