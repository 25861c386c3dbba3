"""What the sinks of one run share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import oracledb

from target_oracle.errors import TargetError, sentence
from target_oracle.loading.workers import Lane, Lanes
from target_oracle.observing import logs

if TYPE_CHECKING:
    from target_oracle.config.settings import Settings
    from target_oracle.database.session import Session


@dataclass
class StreamSummary:
    """Counters of one stream, of flushes that are committed."""

    table: str
    records: int = 0
    held: int = 0
    """Records that an overwrite keeps aside."""
    deleted: int = 0
    flushes: int = 0
    seconds: float = 0.0


@dataclass
class Run:
    """Sessions, own tables, rejects and counters of a run."""

    settings: Settings
    streams: dict[str, StreamSummary] = field(default_factory=dict)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.run_id = self.settings.run_id or logs.run_id()
        self._lanes: list[Lane] = []
        making = threading.Lock()
        for _ in range(self.settings.max_parallelism):
            self._lanes.append(Lane(self.settings, self.run_id, self._lanes, making))
        self.lanes = Lanes(self._lanes, self.settings.batch_size_bytes)

    @property
    def session(self) -> Session:
        """The session for what belongs to no stream."""
        return self._lanes[0].session

    @property
    def sessions(self) -> list[Session]:
        """Those of all lanes."""
        return [lane.session for lane in self._lanes]

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
        return sum(lane.rejected(stream) for lane in self._lanes)

    def drop_own_tables(self) -> None:
        """Remove what is left of the run's own tables."""
        for lane in self._lanes:
            lane.workspace.drop()

    def close(self) -> None:
        """Drop the sessions, unless a second signal ends the run while they are at work."""
        if self.lanes.idle:
            for lane in self._lanes:
                lane.close()
