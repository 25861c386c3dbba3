"""The server's time, and dates as HTTP writes them."""

from __future__ import annotations

import email.utils
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_EPOCH = datetime.fromtimestamp(0, UTC)


def http_date(text: str) -> datetime | None:
    """The instant of a header such as `Date`, in UTC where it names no zone; None if it is none."""
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


@dataclass
class ServerClock:
    """The server's time, from the `Date` of its last answers: never ahead of it.

    Of the last two the earlier one is believed, so that a single wrong `Date` moves no bookmark
    past changes that are yet to be read.
    """

    _offsets: deque[timedelta] = field(default_factory=lambda: deque(maxlen=2))
    """Server time less this machine's monotonic clock."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, date: str | None) -> None:
        """Set the clock by a `Date` header; one that is no date leaves it as it is."""
        said = http_date(date or "")
        if said is None:
            return
        with self._lock:
            self._offsets.append(said - _EPOCH - timedelta(seconds=time.monotonic()))

    def now(self) -> datetime:
        """The server's time; this machine's as long as no answer carried a date."""
        with self._lock:
            if not self._offsets:
                return datetime.now(UTC)
            return _EPOCH + min(self._offsets) + timedelta(seconds=time.monotonic())

    def latest(self) -> datetime:
        """Return the latest time that it may be, by the server's answers and by this machine."""
        passed = timedelta(seconds=time.monotonic())
        with self._lock:
            said = [_EPOCH + offset + passed for offset in self._offsets]
        return max([*said, datetime.now(UTC)])
