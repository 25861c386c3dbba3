"""What differs between WMS and Oracle, found by pages and what Oracle holds of their ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.commands.reconcile.key_lines import aware
from tap_oracle_wms.reading.bookmark import LAST_ID
from tap_oracle_wms.reading.deletes import IdSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tap_oracle_wms.commands.reconcile.chunks import ChunkPage
    from tap_oracle_wms.commands.reconcile.key_lines import Block, Moment

NAMED = 20
"""Ids of each kind that a report names."""


@dataclass
class Scope:
    """The rows that are judged: those that were changed in [since, until)."""

    since: datetime | None
    until: datetime
    highest: int = LAST_ID
    """The greatest id when the sweep began: what has a greater one came later."""

    def judges(self, changed: Moment) -> bool:
        """Whether Oracle should have what was changed then."""
        if changed is None:
            return True
        return changed < self.until and (self.since is None or changed >= self.since)


@dataclass
class Differences:
    """The ids of rows that differ, and how many rows there were."""

    scope: Scope
    timed: bool
    """Whether rows tell when they were changed."""
    missing: IdSet = field(default_factory=IdSet)
    """In WMS only."""
    stale: IdSet = field(default_factory=IdSet)
    """Older in Oracle."""
    newer: IdSet = field(default_factory=IdSet)
    """Older in WMS."""
    extra: IdSet = field(default_factory=IdSet)
    """In Oracle only."""
    unjudged: IdSet = field(default_factory=IdSet)
    """Other in WMS, but changed there outside of what is judged."""
    later: IdSet = field(default_factory=IdSet)
    """In WMS only, and above the greatest id of the beginning."""
    compared: int = 0
    """Rows that are on both sides."""

    @property
    def kinds(self) -> dict[str, IdSet]:
        """What counts as a difference."""
        return {
            "missing": self.missing,
            "stale": self.stale,
            "newer": self.newer,
            "extra": self.extra,
        }

    @property
    def unjudged_rows(self) -> int:
        """Rows that were changed, or came, outside of what is judged."""
        return len(self.unjudged) + len(self.later)

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not any(map(len, self.kinds.values()))

    def take(self, page: ChunkPage) -> Block | None:
        """Compare a page, and return what Oracle has and the page has not.

        This is to be looked for again; where it was asked again already, it counts as extra.
        """
        ids, block = page.ids, page.block
        if ids == block.ids:
            self.compared += len(ids)
            if block.times is not None:
                times = [row.f1 for row in page.rows]
                if times != block.times:
                    self._compare(ids, times, block.times)
            return None
        return self._match(page)

    def take_unknown(self, rows: Iterable[Any]) -> None:
        """Take rows of which Oracle has none."""
        for row in rows:
            row_id, changed = row.f0, row.f1 if self.timed else None
            if row_id in self.extra:  # WMS gives it after all; what Oracle has of it is gone by
                self.extra = self.extra.minus(IdSet([row_id]))
                self.stale.update([row_id])
            else:
                self._note(self.missing, row_id, changed)

    def judge_later(self) -> None:
        """Count rows as missing that were thought to be newer than the sweep."""
        self.missing.take(self.later)
        self.later = IdSet()

    def _match(self, page: ChunkPage) -> Block | None:
        ids, block = page.ids, page.block
        places = dict(zip(block.ids, range(len(block)), strict=True))
        rows = dict(zip(ids, page.rows, strict=True))
        common = [row_id for row_id in ids if row_id in places]
        self.compared += len(common)
        if block.times is not None:
            held = block.times
            self._compare(common, [rows[i].f1 for i in common], [held[places[i]] for i in common])
        if not page.again:
            self.take_unknown(row for row_id, row in rows.items() if row_id not in places)
        lacking = [place for row_id, place in places.items() if row_id not in rows]
        if not lacking:
            return None
        left = block.at(lacking)
        if not page.again:
            return left
        self.extra.update(left.ids)
        return None

    def _compare(self, ids: Sequence[int], wms: Sequence[Moment], oracle: Sequence[Moment]) -> None:
        for row_id, there, here in zip(ids, wms, oracle, strict=True):
            if there != here:
                self._judge(row_id, aware(there), aware(here))

    def _judge(self, row_id: int, wms: Moment, oracle: Moment) -> None:
        if wms == oracle:
            return
        is_newer = wms is not None and oracle is not None and oracle > wms
        self._note(self.newer if is_newer else self.stale, row_id, wms)

    def _note(self, kind: IdSet, row_id: int, changed: Moment) -> None:
        if not self.scope.judges(aware(changed)):
            kind = self.unjudged
        elif kind is self.missing and row_id > self.scope.highest:
            kind = self.later
        kind.update([row_id])


def named(ids: IdSet) -> dict[str, Any]:
    """How many ids, and the first ones."""
    return {"rows": len(ids), "ids": list(islice(ids, NAMED))}
