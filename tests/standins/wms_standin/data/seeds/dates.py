"""Stored-form dates near stored-form instants."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from wms_standin.data.store import instant

HOUR: Final = 3_600_000_000
"""Microseconds."""


def day(micros: int, plus: int = 0) -> str:
    """Return the UTC date of an instant, moved by whole days."""
    return (instant(micros).date() + timedelta(days=plus)).isoformat()


def between(start: int, end: int, step: int) -> int:
    """Return an instant in [start, end], varying with `step`."""
    return start + (end - start) * (step % 97) // 97
