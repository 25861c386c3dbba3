"""What the sinks of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from target_oracle import logs
from target_oracle.connection import Session
from target_oracle.rejects import Rejects
from target_oracle.workspace import Workspace

if TYPE_CHECKING:
    from target_oracle.settings import Settings


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
    session: Session = field(init=False)
    direct: Session = field(init=False)
    streams: dict[str, StreamSummary] = field(default_factory=dict)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.session = Session(self.settings)
        self.direct = Session(self.settings, "target-oracle direct path")
        self._workspace: Workspace | None = None
        self._rejects: Rejects | None = None
        self.run_id = self.settings.run_id or logs.run_id()

    @property
    def owner(self) -> str:
        """The schema of the run's own tables."""
        return self.session.owner

    @property
    def workspace(self) -> Workspace:
        """The run's own tables; the first use removes those of runs long gone."""
        if self._workspace is None:
            self._workspace = Workspace(self.session, self.owner)
            self._workspace.sweep()
        return self._workspace

    @property
    def rejects(self) -> Rejects:
        """Bad records."""
        if self._rejects is None:
            naming = replace(self.settings.naming, limit=self.session.dialect.max_name_bytes)
            self._rejects = Rejects(self.settings, self.owner, self.run_id, naming=naming)
        return self._rejects

    def execute(self, statements: list[str]) -> None:
        """Execute the user's own statements, and COMMIT."""
        with self.session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        if statements:
            self.session.commit()

    def rejected(self, stream: str) -> int:
        """Bad records of a stream so far."""
        return self._rejects.counts[stream] if self._rejects else 0

    def close(self) -> None:
        """Drop the run's own tables while there is a session for it, then the sessions."""
        self.session.drop()
        self.direct.drop()
