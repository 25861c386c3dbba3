"""Schedule STATE messages, and add the report of the run to each."""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.messages import StateMessage

from tap_oracle_wms.observing.report import STATE_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.singerlib.messages import Message

    from tap_oracle_wms.observing.report import RunReport
    from tap_oracle_wms.output.writer import BufferedWriter


class Stamper:
    """Adds the report so far to each STATE."""

    def __init__(self, writer: BufferedWriter, report: RunReport) -> None:
        self._writer = writer
        self._report = report

    def write_message(self, message: Message) -> None:
        """Write a message."""
        if isinstance(message, StateMessage):
            self.write_state(message.value)
        else:
            self._writer.write_message(message)

    def write_state(self, state: Mapping[str, Any]) -> None:
        """Write a STATE."""
        value = {"bookmarks": {}, **state, STATE_KEY: self._report.brief()}
        self._writer.write_message(StateMessage(value=value))


PAUSE = 1.0
"""Seconds from one STATE to that at a stream's end: each holds all streams."""


class StateSchedule:
    """When a stream's next STATE is due: after so many rows, or so many seconds."""

    def __init__(self, rows: int, seconds: float, *, first_at_once: bool = False) -> None:
        self._rows, self._seconds = rows, seconds
        self._rows_before = 0
        self._written_at = -math.inf if first_at_once else time.monotonic()

    @classmethod
    def of_ends(cls, seconds: float) -> StateSchedule:
        """Make the schedule of the ends of streams: at once, then after so many seconds each.

        The first one tells whoever reads it that a tap is at work, which may be killed.
        """
        return cls(sys.maxsize, min(PAUSE, seconds), first_at_once=True)

    def is_due(self, rows: int) -> bool:
        """Whether a STATE is due after so many rows in all; if so, schedule the next one."""
        seconds = time.monotonic() - self._written_at
        if rows - self._rows_before < self._rows and seconds < self._seconds:
            return False
        self._rows_before, self._written_at = rows, time.monotonic()
        return True
