"""What the sinks of one run share."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import oracledb

from target_oracle.errors import TargetError, sentence
from target_oracle.loading.workers import Worker, Workers
from target_oracle.observing import logs
from target_oracle.observing.report import Reporter

if TYPE_CHECKING:
    from target_oracle.config.settings import Settings
    from target_oracle.database.session import Session


@dataclass
class Run:
    """Sessions, own tables, rejects and counters of a run."""

    settings: Settings

    def __post_init__(self) -> None:
        self.run_id = self.settings.run_id or logs.run_id()
        self.reporter = Reporter(self.run_id)
        self._workers: list[Worker] = []
        making = threading.Lock()
        for _ in range(self.settings.max_parallelism):
            self._workers.append(Worker(self.settings, self.run_id, self._workers, making))
        self.workers = Workers(self._workers, self.settings.batch_size_bytes)

    @property
    def session(self) -> Session:
        """The session for what belongs to no stream."""
        return self._workers[0].session

    @property
    def sessions(self) -> list[Session]:
        """Those of all workers."""
        return [worker.session for worker in self._workers]

    @property
    def owner(self) -> str:
        """The schema of the run's own tables."""
        return self.session.owner

    def execute(self, setting: str) -> None:
        """Execute the user's own statements, and COMMIT."""
        statements: list[str] = getattr(self.settings, setting)
        with self.session.cursor() as cursor:
            for number, statement in enumerate(statements, 1):
                try:
                    cursor.execute(statement)
                except oracledb.Error as error:  # its text may hold a secret: it is not shown
                    doing = f"Setting '{setting}': statement {number} failed"
                    raise TargetError(sentence(error, doing)) from error
        if statements:
            self.session.commit()

    def rejected(self, stream: str) -> int:
        """Bad records of a stream so far."""
        return sum(worker.rejected(stream) for worker in self._workers)

    def drop_own_tables(self) -> None:
        """Remove what is left of the run's own tables."""
        for worker in self._workers:
            worker.own_tables.drop()

    def close(self) -> None:
        """Drop the sessions, unless a second signal ends the run while they are at work."""
        if self.workers.idle:
            for worker in self._workers:
                worker.close()
