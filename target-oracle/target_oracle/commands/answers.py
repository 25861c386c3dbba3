"""The answer of `--check`, `--status` and `--health`, and how its status is found."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HEALTHY, DEGRADED, UNHEALTHY = "healthy", "degraded", "unhealthy"


@dataclass
class Answer:
    """`healthy`; `degraded`: it works, but something needs a look; or `unhealthy`."""

    name: str
    status: str = HEALTHY
    details: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    response_time_ms: int = 0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Measure how long finding out takes."""
        try:
            yield
        finally:
            passed = datetime.now(UTC) - self.asked_at
            self.response_time_ms = round(passed.total_seconds() * 1000)

    def as_dict(self) -> dict[str, Any]:
        """Return the form that is printed."""
        return {
            "name": self.name,
            "status": self.status,
            "response_time_ms": self.response_time_ms,
            "last_check": self.asked_at.isoformat(timespec="seconds"),
            "details": {**self.details, "problems": self.problems},
        }
