"""What the target records by OpenTelemetry beside its spans, and what it tells of errors."""

from __future__ import annotations

from target_oracle.observing import logs, telemetry
from target_oracle.observing.outcome import outcome

INSTRUMENTS = {
    "rows.read": ("counter", "{row}", "Rows that came, of flushes that are committed"),
    "rows.written": ("counter", "{row}", "Rows that are in their tables"),
    "rows.rejected": ("counter", "{row}", "Rows that cannot be loaded"),
    "flush.retries": ("counter", "{flush}", "Flushes that were repeated"),
    "flush.duration": ("histogram", "s", "Duration of a flush"),
}


def start() -> None:
    """Begin to record what the environment asks for."""
    telemetry.start(logs.marks(), INSTRUMENTS, _told)


def _told(error: BaseException) -> str:
    """What may be told of an error: the sentence that is logged for it."""
    told = None if isinstance(error, SystemExit) else outcome(error).error
    return told or type(error).__name__
