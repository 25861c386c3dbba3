"""Runs that are hurt at random: afterwards the tables equal the replayed input."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Literal

import pytest

from .conftest import KILL, PAUSE, TERM
from .scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.faults import Fault, Faults

    from .conftest import Ordeal

CALLS = (
    "", "", "^COMMIT$", "^COMMIT$", "^MERGE", "^INSERT", "^UPDATE", "^DELETE", "^DIRECT PATH",
    "^DIRECT PATH FINISH", "^TRUNCATE", "^CREATE", "^ALTER", "^DROP", "^SELECT", "^CONNECT",
)  # fmt: skip
WHEN: tuple[Literal["before"], Literal["after"]] = ("before", "after")
PASSING, LASTING = (54, 60, 8177, 3113), (1653, 12899)


def _order(faults: Faults, pick: random.Random) -> Fault:
    call = pick.choice(CALLS)
    nth = pick.randint(1, 60) if not call else pick.randint(1, 5)
    times = pick.choice((1, 1, 1, 2, None))
    kind = pick.choice(("cut", "cut", "error"))
    if kind == "cut":
        when = pick.choice(WHEN)
        return faults.disconnect(matching=call, when=when, nth=nth, times=times)
    code = pick.choice((*PASSING, *LASTING))
    return faults.raise_error(code, matching=call, nth=nth, times=times)


def _hurt(ordeal: Ordeal, faults: Faults, pick: random.Random) -> None:
    signum = pick.choice((None, None, KILL, KILL, TERM))
    if signum is None:
        for _ in range(pick.choice((1, 1, 2, 3))):
            _order(faults, pick)
        ordeal.hurt()
    else:
        call = pick.choice(CALLS)
        nth = pick.randint(1, 60) if not call else pick.randint(1, 4)
        when = pick.choice(WHEN)
        delay = faults.delay(PAUSE, matching=call, when=when, nth=nth, times=1)
        ordeal.hurt(signum, delay)


def _check(seed: int, ordeal: Callable[..., Ordeal], faults: Faults) -> None:
    run = ordeal(Scenario(seed, parallel=1 + seed % 2), bulk=seed % 3 == 0)
    _hurt(run, faults, random.Random(-seed - 1))
    run.check()


@pytest.mark.parametrize("seed", range(8))
def test_a_hurt_run_loses_and_claims_nothing(
    seed: int, ordeal: Callable[..., Ordeal], faults: Faults
) -> None:
    _check(seed, ordeal, faults)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8, 530))
def test_a_hurt_run_loses_and_claims_nothing_in_the_long_run(
    seed: int, ordeal: Callable[..., Ordeal], faults: Faults
) -> None:
    _check(seed, ordeal, faults)
