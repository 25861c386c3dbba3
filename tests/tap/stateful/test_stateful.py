"""Nothing is lost, whatever happens.

The default run tries 5 examples of up to 12 steps: always the same ones, in about 15 s. The long
form tries 120 new ones of up to 40 steps, some of which kill a process: about 3,000 steps, of which
it asserts 2,000. Each run is lied to at most once. Nothing is deleted while a load is under way
that may lack rows by a lie, for then its numbers of rows alone tell.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tap_oracle_wms.config.limits import Limits
from tap_oracle_wms.tap import TapOracleWMS

from tests.tap.stateful.killed import TapThatIsKilled
from tests.tap.stateful.machine import TapAgainstWms

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = settings(
    max_examples=5,
    stateful_step_count=12,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # shrinking takes minutes where threads and time decide
)
MANY = settings(FEW, max_examples=120, stateful_step_count=40, derandomize=False)


@pytest.fixture(autouse=True)
def eager_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A STATE after every page, so that each can be judged; no logs of hundreds of runs."""
    monkeypatch.setattr(TapOracleWMS, "limits", Limits(state_seconds=0.0))
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(300)  # half a minute, and ten times as long on a machine at work
def test_nothing_is_lost_whatever_happens() -> None:
    TapAgainstWms.told = Counter()

    run_state_machine_as_test(TapAgainstWms, settings=FEW)

    told = TapAgainstWms.told
    assert told.total() - told["not told"] >= 6, dict(told)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_nothing_is_lost_in_thousands_of_steps_and_kills() -> None:
    TapThatIsKilled.steps, TapThatIsKilled.told = 0, Counter()

    run_state_machine_as_test(TapThatIsKilled, settings=MANY)

    print(TapThatIsKilled.steps, "steps; lies:", dict(TapThatIsKilled.told))
    assert TapThatIsKilled.steps >= 2000
    kinds = TapThatIsKilled.told.keys() - {"not told"}
    assert kinds >= {"not_found", "empty", "no_next", "unordered", "shuffled", "date", "lost_rows"}
