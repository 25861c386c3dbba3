"""Buffer records until they are flushed.

RECORD messages are kept as the lines they came as: that takes a quarter of the memory of decoded
records, and a flush that must be repeated starts from them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_oracle.config.limits import DEFAULT
from target_oracle.records.frames import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_oracle.config.limits import Limits
    from target_oracle.records.frames import Frame


@dataclass
class Buffer:
    """Lines, or frames from BATCH files that have columns; never both.

    `first` and `last` are positions of records in the run, `since` is a moment of the monotonic
    clock.
    """

    limits: Limits = DEFAULT
    lines: list[bytes] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    size: int = 0
    first: int = 0
    last: int = 0
    since: float = 0.0

    def add(self, line: bytes, position: int) -> None:
        """Keep a line."""
        if not self.lines:
            self.first, self.since = position, time.monotonic()
        self.lines.append(line)
        self.size += len(line)
        self.last = position

    def __len__(self) -> int:
        return len(self.lines) + sum(map(len, self.frames))

    def add_frame(self, frame: Frame, position: int) -> None:
        """Keep a frame whose last record has that position."""
        if not self.frames:
            self.first, self.since = position - len(frame) + 1, time.monotonic()
        self.frames.append(frame)
        self.size += frame.size
        self.last = position

    @property
    def step(self) -> int:
        """How many records are decoded and sent at once."""
        per_line = max(1, self.size // max(1, len(self)))
        return max(1, min(self.limits.slice_rows, self.limits.slice_bytes // per_line))

    def pieces(self) -> Iterator[list[bytes] | Frame]:
        """Cut what waits into what is shaped and sent at once."""
        yield from joined(self.frames) if self.frames else self.slices()

    def slices(self) -> Iterator[list[bytes]]:
        """Cut what waits into lines that are decoded at once, those of frames among them."""
        step = self.step
        for start in range(0, len(self.lines), step):
            yield self.lines[start : start + step]
        for frame in self.frames:
            for start in range(0, len(frame), step):
                yield frame.lines(start, step)
