"""The time that one request may take in all."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""When the request of this thread has to be over, by `time.monotonic`."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Bound the time of all that this thread sends and receives in the block."""
    token = deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        deadline.reset(token)
