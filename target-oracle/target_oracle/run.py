"""What the sinks of one run share, and what the run says about itself at the end."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_oracle import logs
from target_oracle.connection import Session
from target_oracle.rejects import Rejects
from target_oracle.workspace import Workspace

if TYPE_CHECKING:
    from target_oracle.settings import Settings


@dataclass
class StreamSummary:
    """Counters of one stream."""

    table: str
    records: int = 0
    flushes: int = 0
    seconds: float = 0.0


@dataclass
class Run:
    """Sessions, own tables, rejects and counters of a run."""

    settings: Settings
    session: Session = field(init=False)
    direct: Session = field(init=False)
    streams: dict[str, StreamSummary] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.session = Session(self.settings)
        self.direct = Session(self.settings, "target-oracle direct path")
        self._workspace: Workspace | None = None
        self._rejects: Rejects | None = None
        self.run_id = self.settings.run_id or logs.run_id()

    @property
    def owner(self) -> str:
        """The schema of the run's own tables."""
        schema = self.settings.default_target_schema
        return self.settings.naming.identifier(schema) if schema else self.session.user

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
            self._rejects = Rejects(self.settings, self.owner, self.run_id)
        return self._rejects

    def execute(self, statements: list[str]) -> None:
        """Execute the user's own statements, and COMMIT."""
        with self.session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        if statements:
            self.session.commit()

    def summary(self, *, finished: bool, state: Any = None) -> dict[str, Any]:
        """The load summary."""
        rejects = self._rejects.counts if self._rejects else {}
        return {
            "run_id": self.run_id,
            "finished": finished,
            "seconds": round(time.monotonic() - self.started, 3),
            "streams": {
                name: {
                    "table": each.table,
                    "records": each.records,
                    "loaded": each.records - rejects.get(name, 0),
                    "rejected": rejects.get(name, 0),
                    "flushes": each.flushes,
                    "seconds": round(each.seconds, 3),
                }
                for name, each in self.streams.items()
            },
            "state": state,
        }

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Append the summary to `summary_file`."""
        if self.settings.summary_file:
            with Path(self.settings.summary_file).open("a", encoding="utf-8") as file:
                file.write(json.dumps(summary) + "\n")

    def close(self) -> None:
        """Drop the run's own tables while there is a session for it, then the sessions."""
        self.session.drop()
        self.direct.drop()
