"""The server's time, and dates as HTTP writes them."""

from __future__ import annotations

import email.utils
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def http_date(text: str) -> datetime | None:
    """The instant of a header such as `Date`, in UTC where it names no zone; None if it is none."""
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


@dataclass
class ServerClock:
    """The server's time, from the `Date` of its last answer: never ahead of it."""

    _offset: timedelta | None = None
    _received: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, date: str | None) -> None:
        """Set the clock by a `Date` header; one that is no date leaves it as it is."""
        said = http_date(date or "")
        if said is None:
            return
        with self._lock:
            self._received = time.monotonic()
            self._offset = said - datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        """The server's time; this machine's as long as no answer carried a date."""
        with self._lock:
            if self._offset is None:
                return datetime.now(UTC)
            passed = timedelta(seconds=time.monotonic() - self._received)
            return datetime.fromtimestamp(0, UTC) + self._offset + passed
