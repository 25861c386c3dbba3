"""End a run early: on a signal, or at its deadline."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tap_oracle_wms.errors import StoppedError

if TYPE_CHECKING:
    from signal import Signals


class Cancellation:
    """Tells all threads to stop; each checks it before it starts or waits for something."""

    def __init__(self, max_seconds: float | None = None) -> None:
        self._event = threading.Event()
        self._signal: Signals | None = None
        self._max_seconds = max_seconds
        self._deadline = time.monotonic() + max_seconds if max_seconds else None

    def request(self, signal: Signals) -> None:
        """Stop the run because of a signal; safe in a signal handler."""
        self._signal = signal
        self._event.set()

    @property
    def requested(self) -> bool:
        """Whether a signal has come, or the deadline has passed."""
        return self._event.is_set() or (
            self._deadline is not None and time.monotonic() > self._deadline
        )

    def check(self) -> None:
        """Look whether the run has to end.

        Raises:
            StoppedError: The run has to end.
        """
        if self._signal is not None:
            msg = f"The run was stopped by {self._signal.name}; its state is valid to go on from."
            raise StoppedError(msg, exit_code=128 + self._signal)
        if self._deadline is not None and time.monotonic() > self._deadline:
            msg = (
                f"The run was stopped after `max_run_seconds` ({self._max_seconds:g}); its state "
                f"is valid to go on from."
            )
            raise StoppedError(msg)

    def wait(self, seconds: float) -> None:
        """Sleep, but not beyond a signal or the deadline."""
        left = self._deadline - time.monotonic() if self._deadline is not None else seconds
        self._event.wait(max(0.0, min(seconds, left)))
