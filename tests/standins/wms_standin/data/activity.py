"""A WMS that goes on working while it is read: changes on every n-th list request."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from wms_standin.data.mutations import CORE, Change, Kind, change

if TYPE_CHECKING:
    from wms_standin.data.world import World


@dataclass(slots=True, kw_only=True)
class Activity:
    """How much happens on every `every`-th list request; `changes` tells what did."""

    every: int = 3
    updates: int = 3
    inserts: int = 1
    late: int = 1
    deletes: int = 1
    entities: tuple[str, ...] = CORE
    seed: int = 1
    changes: list[Change] = field(default_factory=list)
    _requests: int = 0

    def before_list(self, world: World) -> None:
        """Count a list request; when it is due, change the world before it is answered."""
        self._requests += 1
        if self._requests % self.every:
            return
        rng = Random(f"life:{self.seed}:{self._requests}")
        amounts: tuple[tuple[Kind, int], ...] = (
            ("update", self.updates),
            ("insert", self.inserts),
            ("late", self.late),
            ("delete", self.deletes),
        )
        kinds = [kind for kind, amount in amounts for _ in range(amount)]
        with world.lock:
            self.changes += [change(world, kind, rng, self.entities) for kind in kinds]
