"""The server's time, and dates as HTTP writes them."""

from __future__ import annotations

import email.utils
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

logger = logging.getLogger("tap-oracle-wms")

_EPOCH = datetime.fromtimestamp(0, UTC)


def http_date(text: str) -> datetime | None:
    """The instant of a header such as `Date`, in UTC where it names no zone; None if it is none."""
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def own_time() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


@dataclass
class ServerClock:
    """The time at WMS, from the `Date` of its last answers.

    Of the last two the earlier one is believed, so that a single wrong `Date` moves no bookmark
    past changes that are yet to be read. Where it is further than `tolerance` from the time of this
    machine, one of the two clocks is wrong: a warning says so, and the earlier one counts.
    """

    tolerance: timedelta = timedelta(minutes=1)
    _offsets: deque[timedelta] = field(default_factory=lambda: deque(maxlen=2))
    """Server time less this machine's monotonic clock."""
    _warned: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, date: str | None) -> None:
        """Set the clock by a `Date` header; a text that is no date is passed over."""
        said = http_date(date or "")
        if said is None:
            return
        with self._lock:
            self._offsets.append(said - _EPOCH - timedelta(seconds=time.monotonic()))
            is_news = self._is_strange(said) and not self._warned
            self._warned = self._warned or is_news
        if is_news:
            logger.warning(
                "WMS says that it is %s, and this machine that it is %s: they differ by more than "
                "`incremental_overlap_minutes`, so that no bookmark moves past the earlier of the "
                "two; set the clock that is wrong.",
                f"{said:%Y-%m-%d %H:%M:%S} UTC",
                f"{own_time():%Y-%m-%d %H:%M:%S} UTC",
            )

    def _is_strange(self, said: datetime) -> bool:
        return abs(said - own_time()) > self.tolerance

    def now(self) -> datetime:
        """Return the time up to which WMS may be read."""
        said = self.server()
        return min(said, own_time()) if self._is_strange(said) else said

    def server(self) -> datetime:
        """Return the server's time; this machine's as long as no answer carried a date."""
        with self._lock:
            if not self._offsets:
                return own_time()
            return _EPOCH + min(self._offsets) + timedelta(seconds=time.monotonic())

    def latest(self) -> datetime:
        """Return the latest time that it may be, by the server's answers and by this machine."""
        passed = timedelta(seconds=time.monotonic())
        with self._lock:
            said = [_EPOCH + offset + passed for offset in self._offsets]
        return max([*said, own_time()])
