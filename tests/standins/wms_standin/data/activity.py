"""A WMS that goes on working while it is read: changes by requests or by time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from wms_standin.data.mutations import CORE, Change, Kind, change

if TYPE_CHECKING:
    from wms_standin.data.world import World


@dataclass(slots=True, kw_only=True)
class Activity:
    """How much happens on every `every`-th list request; `changes` tells what did.

    With `per_second`, so many changes a second happen instead, in the same mixture: those that are
    due by the real time are made just before a list is answered, which is all that a reader sees.
    """

    every: int = 3
    updates: int = 3
    inserts: int = 1
    late: int = 1
    deletes: int = 1
    per_second: float = 0.0
    entities: tuple[str, ...] = CORE
    seed: int = 1
    changes: list[Change] = field(default_factory=list)
    _requests: int = 0
    _since: float = field(default_factory=time.perf_counter)

    def before_list(self, world: World) -> None:
        """Count a list request; when changes are due, make them before it is answered."""
        self._requests += 1
        due = self._due_by_time() if self.per_second else self._due_by_count()
        rng = Random(f"life:{self.seed}:{self._requests}")
        with world.lock:
            self.changes += [change(world, kind, rng, self.entities) for kind in due]

    @property
    def _mixture(self) -> list[Kind]:
        amounts: tuple[tuple[Kind, int], ...] = (
            ("update", self.updates),
            ("insert", self.inserts),
            ("late", self.late),
            ("delete", self.deletes),
        )
        return [kind for kind, amount in amounts for _ in range(amount)]

    def _due_by_count(self) -> list[Kind]:
        return [] if self._requests % self.every else self._mixture

    def _due_by_time(self) -> list[Kind]:
        until = int((time.perf_counter() - self._since) * self.per_second)
        mixture = self._mixture
        return [mixture[number % len(mixture)] for number in range(len(self.changes), until)]
