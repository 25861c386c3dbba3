"""Read WMS along the keys of Oracle: ranges that hold as many known ids as a page takes.

Where both sides are equal, each request brings one full page, whatever gaps the ids have; many
ranges are read at once, and no row waits for another.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from operator import ge
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.commands.reconcile.key_lines import Block
from tap_oracle_wms.errors import DataError
from tap_oracle_wms.observing import telemetry
from tap_oracle_wms.reading.completeness import BY_IDS, ID_PAGE
from tap_oracle_wms.reading.deletes import IdSet
from tap_oracle_wms.reading.parts import Slice
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.slices import LEAST_PAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_oracle_wms.api.models import Page
    from tap_oracle_wms.errors import SlowAnswerError
    from tap_oracle_wms.reading.list_requests import EntitySource

KEYS = ID_PAGE - 30
"""Known ids of a range: the rest of the page is for rows that Oracle lacks."""

NONE = Block([], None)


@dataclass(eq=False)
class Chunk(Slice):
    """A range of ids with what Oracle holds of it; `again` where this is asked a second time."""

    block: Block = NONE
    again: bool = False

    @property
    def by_ids(self) -> bool:
        """Whether the rows are asked for by their ids."""
        return self.again and len(self.block) <= BY_IDS


@dataclass(frozen=True)
class ChunkPage:
    """Rows of WMS, and all that Oracle holds in the range that they cover."""

    ids: Sequence[int]
    rows: Sequence[Any]
    block: Block
    after: int
    again: bool


@dataclass
class Chunks:
    """The ranges of one entity, as a pool reads them; see `Slices` for what each method does.

    Every method but `fetch` is called under the pool's lock.
    """

    source: EntitySource
    seen: IdSet = field(default_factory=IdSet)
    """The ids of all rows that came."""
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of many rows of which Oracle has none: they are yet to be read."""
    pages: deque[ChunkPage] = field(default_factory=deque)
    error: BaseException | None = None
    waiting: deque[Chunk] = field(default_factory=deque)
    _busy: set[Chunk] = field(default_factory=set)
    _size: int = ID_PAGE
    _too_slow: int = 0

    def add(self, after: int, block: Block, *, again: bool = False) -> None:
        """Read a range up to the last id that Oracle has in it; one that is asked again first."""
        chunk = Chunk(Window(), after, block.ids[-1], promised=True, block=block, again=again)
        if again:
            self.waiting.appendleft(chunk)
        else:
            self.waiting.append(chunk)

    @property
    def exhausted(self) -> bool:
        """Nothing is left to ask for; pages may still wait."""
        return self.error is not None or not (self.waiting or self._busy)

    @property
    def load(self) -> int:
        """Pages in memory or on their way."""
        return len(self.pages) + len(self._busy)

    def stop(self, error: BaseException | None = None) -> None:
        """Ask for nothing more."""
        self.error = self.error or error
        for chunk in [*self.waiting, *self._busy]:
            telemetry.end(chunk.span, error)
        self.waiting.clear()

    def take(self) -> Chunk | None:
        """A range to fetch from."""
        if not self.waiting:
            return None
        chunk = self.waiting.popleft()
        self._busy.add(chunk)
        return chunk

    def fetch(self, part: Chunk) -> tuple[Page[Any], int, float]:
        """Make one request."""
        size = part.size = self._size
        begun = time.monotonic()
        source = self.source.among(part.block.ids) if part.by_ids else self.source
        return source.page(part, size), size, time.monotonic() - begun

    def shrink(self, part: Chunk, error: SlowAnswerError, patience: int) -> None:
        """Ask for the same rows again in smaller pages."""
        self._busy.discard(part)
        self._too_slow += part.size <= LEAST_PAGE
        if self._too_slow > patience:
            self.stop(error)
            return
        self._size = max(LEAST_PAGE, min(self._size, part.size // 2))
        self.waiting.appendleft(part)

    def deliver(self, part: Chunk, answer: Page[Any], size: int, seconds: float) -> None:  # noqa: ARG002 - pages of two columns are quick
        """Take a page, and queue the rest of its range.

        Raises:
            DataError: It is not what was asked for.
        """
        self._busy.discard(part)
        self._too_slow = 0
        rows, ids = answer.results, [row.f0 for row in answer.results]
        if None in ids:
            self.source.id_of(rows[ids.index(None)])  # raises
        self._check_order(ids, part)
        is_all = bool(ids) and ids[-1] >= part.through
        self.seen.update(ids)
        if is_all or (answer.next_page is None and len(ids) < size):
            telemetry.end(part.span)
            self._put(part, ids, rows, len(part.block))
            return
        if not ids:
            msg = (
                f"Stream {self.source.stream}: WMS answered an empty page with a link to a next "
                f"one; run again, and report it to Oracle if it stays."
            )
            raise DataError(msg)
        self._put(part, ids, rows, bisect_right(part.block.ids, ids[-1]))
        part.after = ids[-1]
        self._queue_rest(part, size)

    def _put(self, part: Chunk, ids: list[int], rows: Sequence[Any], keys: int) -> None:
        """Hand on a page with the first keys of its range, which it covers."""
        self.pages.append(ChunkPage(ids, rows, part.block.part(0, keys), part.after, part.again))
        part.block = part.block.part(keys)

    def _queue_rest(self, part: Chunk, size: int) -> None:
        """Go on with a range; in halves, where it has far more rows than Oracle knows."""
        block, middle = part.block, len(part.block) // 2
        if part.read < 2 * size or part.again:
            self.waiting.appendleft(part)
            return
        telemetry.end(part.span)
        if middle:
            self.add(block.ids[middle - 1], block.part(middle))
            self.add(part.after, block.part(0, middle))
            return
        self.gaps.append((part.after, part.through - 1))
        self.add(part.through - 1, block)

    def _check_order(self, ids: list[int], part: Chunk) -> None:
        """Check that ids ascend within the range.

        Raises:
            DataError: They do not.
        """
        is_within = not ids or part.after < ids[0] <= ids[-1] <= part.through
        if not is_within or any(map(ge, ids, ids[1:])):
            msg = (
                f"Stream {self.source.stream}: WMS answered rows that are not in the order of "
                f"their ids, after id {part.after}; run again, and report it to Oracle if it stays."
            )
            raise DataError(msg)
