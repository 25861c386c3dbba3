"""The lines that close a run in the log: one for each stream with news, and one for the run."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import logs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 40
"""Streams that are listed; those that need a look always are."""

logger = logging.getLogger(logs.NAME)


@dataclass(frozen=True)
class Stream:
    """What a run did with a stream: figures by what they count, the first one the rows."""

    name: str
    figures: Mapping[str, int]
    seconds: float
    bookmark: str | None
    remark: str = ""
    """Why it needs a look; empty when it does not."""

    @property
    def has_news(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.remark or any(self.figures.values()))

    @property
    def rows(self) -> int:
        """The first of the figures."""
        return next(iter(self.figures.values()))

    def fields(self) -> dict[str, Any]:
        """The same as `cells`, for structured logs."""
        seconds, bookmark = round(self.seconds, 3), self.bookmark
        return {**self.figures, "seconds": seconds, "bookmark": bookmark, "remark": self.remark}

    def cells(self) -> list[str]:
        """The texts of its line; all but the first and the last are aligned to the right."""
        figures = [f"{count:,} {what}" for what, count in self.figures.items()]
        last = "  ".join(filter(None, [self.bookmark, self.remark]))
        return [self.name, *figures, f"{self.seconds:.1f} s", last]


def log(streams: Sequence[Stream], run: str) -> None:
    """Log the streams as a table, each line as about its stream, and a sentence on the run."""
    listed = [each for each in streams if each.has_news]
    if len(listed) > MOST:
        listed = _chosen(listed)
    rows = [each.cells() for each in listed]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for each, row in zip(listed, rows, strict=True):
        with logs.about(each.name):
            logger.info("%s", _aligned(row, widths), extra={"figures": each.fields()})
    if rest := len(streams) - len(listed):
        logger.info("%s more without news, or with fewer rows.", counted(rest, "stream"))
    logger.info("%s", run)


def counted(number: int, one: str, many: str = "") -> str:
    """Things with their number: `1 stream`, `1,200 rows`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _chosen(streams: list[Stream]) -> list[Stream]:
    """Those that need a look, and of the others those with the most rows."""
    by_rows = sorted(streams, key=lambda each: (not each.remark, -each.rows))
    most = max(MOST, sum(bool(each.remark) for each in streams))
    kept = {each.name for each in by_rows[:most]}
    return [each for each in streams if each.name in kept]


def _aligned(row: list[str], widths: list[int]) -> str:
    first, *figures, last = row
    right = [text.rjust(width) for text, width in zip(figures, widths[1:], strict=False)]
    return "  ".join([first.ljust(widths[0]), *right, last]).rstrip()
