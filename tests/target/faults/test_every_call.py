"""A run that is hurt at each of its calls in turn, for every method and way to fill staging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import KILL, PAUSE, TERM
from .scenario import METHODS, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.faults import Faults

    from .conftest import Ordeal

SETTINGS = {"batch_size_rows": 25, "batch_size_bytes": 2**20, "max_retries": 3}


def _scenario(method: str, path: str) -> Scenario:
    scenario = Scenario(7, method)
    scenario.settings |= {**SETTINGS, "load_path": path}
    return scenario


def _calls(run: Ordeal, faults: Faults) -> list[str]:
    with faults.recorded() as texts:
        run.hurt()
    run.check_hurt()
    assert run.code == 0
    return texts


CASES = [
    pytest.param(method, path, how, id=f"{method}-{path}-{how}")
    for method in METHODS
    for path in ("array", "direct")
    for how in ("cut before", "cut after", "kill", "stop")
    if path == "array" or method != "append-only"
]


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("method", "path", "how"), CASES)
def test_no_call_is_a_bad_moment(
    ordeal: Callable[[Scenario], Ordeal], faults: Faults, method: str, path: str, how: str
) -> None:
    run = ordeal(_scenario(method, path))
    calls = _calls(run, faults)
    assert len(calls) > 5
    for nth, call in enumerate(calls, 1):
        run.prepare()
        _strike(run, faults, how, nth)
        run.check()
        if how.startswith("cut") and any(call.startswith(verb) for verb in LOADING_VERBS):
            assert run.code == 0, f"{call}\n{run.log}"


LOADING_VERBS = ("INSERT", "UPDATE", "MERGE", "COMMIT", "TRUNCATE", "DIRECT PATH")


def _strike(run: Ordeal, faults: Faults, how: str, nth: int) -> None:
    if how.startswith("cut"):
        when: Any = how.removeprefix("cut ")
        faults.disconnect(when=when, nth=nth)
        run.hurt()
    else:
        run.hurt({"kill": KILL, "stop": TERM}[how], faults.delay(PAUSE, nth=nth, times=1))


@pytest.mark.parametrize("code", [54, 60, 3113, 8177])
@pytest.mark.parametrize("method", METHODS)
def test_a_passing_error_costs_nothing(
    ordeal: Callable[[Scenario], Ordeal], faults: Faults, method: str, code: int
) -> None:
    run = ordeal(_scenario(method, "array"))
    fault = faults.raise_error(code, matching="^(INSERT|MERGE)", nth=2)
    run.hurt()
    assert (run.code, fault.hits) == (0, 1), run.log
    run.check()


@pytest.mark.parametrize(
    ("code", "advice"), [(1653, "the tablespace is full: add space"), (12899, "text is longer")]
)
@pytest.mark.parametrize("method", METHODS)
def test_a_lasting_error_ends_the_run_in_one_sentence(
    ordeal: Callable[[Scenario], Ordeal], faults: Faults, method: str, code: int, advice: str
) -> None:
    run = ordeal(_scenario(method, "array"))
    faults.raise_error(code, matching="^(INSERT|MERGE)", nth=2, times=None)
    run.hurt()
    assert run.code == 1
    assert advice in run.log
    run.check()


@pytest.mark.parametrize("call", ["PREPARE", "STREAM", "FINISH"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_direct_path_load_survives_a_lost_session(
    ordeal: Callable[[Scenario], Ordeal], faults: Faults, when: Any, call: str
) -> None:
    run = ordeal(_scenario("upsert", "direct"))
    fault = faults.disconnect(matching=f"^DIRECT PATH {call}", when=when, nth=3)
    run.hurt()
    assert (run.code, fault.hits) == (0, 1), run.log
    run.check()


@pytest.mark.parametrize("nth", range(3, 9))
def test_an_append_in_doubt_is_looked_up_by_flush_also_after_a_new_schema(
    ordeal: Callable[[Scenario], Ordeal], faults: Faults, nth: int
) -> None:
    run = ordeal(_scenario("append-only", "array"))
    run.scenario.evolve()
    faults.disconnect(matching="^COMMIT$", nth=nth)
    run.hurt()
    assert run.code == 0, run.log
    run.check()


def test_a_signal_ends_a_run_whose_input_never_pauses(
    ordeal: Callable[[Scenario], Ordeal], faults: Faults
) -> None:
    run = ordeal(_scenario("upsert", "array"))
    run.scenario.settings["batch_size_rows"] = 5
    run.hurt(TERM, faults.delay(PAUSE, matching="^COMMIT$", nth=4, times=1))
    assert run.code == 128 + TERM, run.log
    assert 0 < run.read < run.scenario.total
    run.check()
