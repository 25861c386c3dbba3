"""Which STATE may leave the target: the newest one that no unloaded record precedes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


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
        """The newest STATE before which at most `loaded` records came, once."""
        newest = None
        while self._waiting and self._waiting[0][0] <= loaded:
            newest = self._waiting.popleft()[1]
        return newest
