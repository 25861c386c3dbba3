"""One lie of the server, placed by hand or chosen by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

from wms_standin.faults.rules import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wms_standin.faults.roles import Role
    from wms_standin.faults.rules import Kind

LieKind = Literal[
    "not_found", "empty", "no_next", "missing_next", "unordered", "shuffled", "date_ahead",
    "date_behind", "wrong_count", "lost_rows", "repeated_rows",
]  # fmt: skip
LIES: Final[tuple[LieKind, ...]] = get_args(LieKind)
POSITIONS: Final[tuple[Role, ...]] = (
    "list", "opening", "slice", "next", "window", "greatest", "count", "sweep", "codes", "by_ids",
)  # fmt: skip
_DAY: Final = 86_400.0
_DATES: Final[dict[str, float]] = {"date_ahead": _DAY, "date_behind": -_DAY}


@dataclass(frozen=True, slots=True)
class Lie:
    """A lie told once: to the `nth` request of a role, or the first after it that it changes."""

    kind: LieKind
    position: Role = "list"
    nth: int = 1
    entity: str = "*"

    @classmethod
    def chosen(
        cls,
        seed: int,
        *,
        kinds: Sequence[LieKind] = LIES,
        positions: Sequence[Role] = POSITIONS,
        most: int = 6,
        entity: str = "*",
    ) -> Self:
        """Return the lie of that seed, at most the `most`-th request of its position."""
        rng = Random(f"lie:{seed}")
        return cls(rng.choice(kinds), rng.choice(positions), rng.randint(1, most), entity)

    def fault(self) -> Fault:
        """Return the rule that tells it."""
        kind: Kind = "date" if self.kind in _DATES else self.kind  # type: ignore[assignment]  # the other names are those of faults
        return Fault(
            kind=kind,
            seconds=_DATES.get(self.kind, 0.0),
            by=-1 if kind == "wrong_count" else 1,
            request=self.position,
            entity=self.entity,
            after=self.nth - 1,
            times=1,
        )
