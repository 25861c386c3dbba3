"""The server's own time, which tests may move or stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


class Clock:
    """Real time plus an offset, or one fixed instant; always aware and in UTC."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._fixed: datetime | None = None

    def now(self) -> datetime:
        """Return the current instant of the server."""
        return self._fixed or datetime.now(UTC) + self._offset

    def shift(self, by: timedelta) -> None:
        """Move the clock; a fixed clock stays fixed at the new instant."""
        if self._fixed is not None:
            self._fixed += by
        else:
            self._offset += by

    def fix(self, at: datetime) -> None:
        """Stop the clock at an aware instant."""
        if at.tzinfo is None:
            msg = "the clock needs an aware datetime"
            raise ValueError(msg)
        self._fixed = at.astimezone(UTC)

    def reset(self) -> None:
        """Run with real time again."""
        self._fixed, self._offset = None, timedelta()

    def http_date(self, skew: timedelta = timedelta()) -> bytes:
        """Return the time in the form of HTTP headers, moved by `skew`."""
        return format_datetime(self.now() + skew, usegmt=True).encode()
