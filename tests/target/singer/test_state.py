from __future__ import annotations

from target_oracle.singer.state import States


def test_a_state_waits_for_the_records_before_it() -> None:
    states = States()
    states.add(3, "a")
    assert states.earned(2) is None
    assert states.earned(3) == "a"


def test_only_the_newest_earned_state_comes_out_and_only_once() -> None:
    states = States()
    for position, text in ((1, "a"), (2, "b"), (5, "c")):
        states.add(position, text)
    assert states.earned(4) == "b"
    assert states.earned(4) is None
    assert states.earned(9) == "c"


def test_of_states_without_records_between_them_the_last_counts() -> None:
    states = States()
    states.add(0, "a")
    states.add(0, "b")
    assert states.earned(0) == "b"
    assert states.earned(0) is None
