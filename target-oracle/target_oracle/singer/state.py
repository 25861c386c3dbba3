"""Which STATE may leave the target: the newest one that no unloaded record precedes."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass, field

from target_oracle.errors import TargetError
from target_oracle.observing.outcome import close_output


@dataclass
class States:
    """STATE messages in order of arrival, each with the number of records read before it."""

    _waiting: deque[tuple[int, str]] = field(default_factory=deque)

    def add(self, position: int, text: str) -> None:
        """Take a STATE; between two records only the last one matters."""
        if self._waiting and self._waiting[-1][0] == position:
            self._waiting.pop()
        self._waiting.append((position, text))

    def earned(self, loaded: int) -> str | None:
        """Take out and return the newest STATE that at most `loaded` records precede.

        None if there is none.
        """
        newest = None
        while self._waiting and self._waiting[0][0] <= loaded:
            newest = self._waiting.popleft()[1]
        return newest


def write_state(state: str) -> None:
    """Write a STATE to the standard output, at once.

    Raises:
        TargetError: The output takes nothing any more.
    """
    try:
        sys.stdout.write(f"{state}\n")
        sys.stdout.flush()
    except OSError as error:
        close_output()
        msg = (
            f"The STATE cannot be written to the standard output: {error.strerror}. The "
            "rows before it are loaded; the next run will load them again."
        )
        raise TargetError(msg) from None
