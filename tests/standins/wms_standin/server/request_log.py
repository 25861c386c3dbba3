"""What was asked of the server, and how it answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from wms_standin.faults.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One answered (or broken) request; `started` is server time, `seconds` real time."""

    method: str
    path: str
    entity: str
    params: list[tuple[str, str]]
    status: int
    rows: int
    user: str
    started: datetime
    seconds: float
    roles: frozenset[Role] = frozenset()
    """What the request was for, see `faults.roles`."""
    fault: str = ""
    """The kind of fault that it met."""

    def param(self, name: str) -> str | None:
        """Return the last value of a parameter."""
        return dict(self.params).get(name)
