from __future__ import annotations

from types import SimpleNamespace

import pytest
from tap_oracle_wms.output import states
from tap_oracle_wms.output.states import StateSchedule


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(states, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_state_is_due_after_so_many_rows_or_seconds(clock: list[float]) -> None:
    schedule = StateSchedule(1000, 5.0)

    assert not schedule.is_due(999)
    assert schedule.is_due(1000)
    assert not schedule.is_due(1999)
    clock[0] += 4.9
    assert not schedule.is_due(1999)
    clock[0] += 0.1
    assert schedule.is_due(1999)
    assert not schedule.is_due(2998)
