from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from tap_oracle_wms.observing import progress
from tap_oracle_wms.observing.progress import Pace, Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(
        "tap_oracle_wms.observing.progress.time", SimpleNamespace(monotonic=lambda: now[0])
    )
    return now


def test_progress_is_said_now_and_then_with_what_is_left(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pace = Pace()
    stream = Progress(logging.getLogger("t"), "order_dtl", pace)

    stream.note(1000, total=None)
    clock[0] += progress.EVERY
    stream.note(2000, total=None)
    stream.note(1000, total=None)
    clock[0] += progress.EVERY
    stream.note(2000, total=60_000)
    Progress(logging.getLogger("t"), "uom", pace).note(5, total=None)  # too soon after

    assert caplog.messages == [
        "order_dtl: 3,000 rows, 100 rows/s.",
        "order_dtl: 6,000 rows of about 60,000 (10%), 9 min left, 100 rows/s.",
    ]


def test_the_end_of_a_stream_is_summed_up(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stream = Progress(logging.getLogger("t"), "uom", Pace())
    stream.note(50, total=None)
    clock[0] += 5

    stream.summarise()

    assert caplog.messages == ["uom: 50 rows in 1 pages, 5 s, 10 rows/s."]


def test_a_terminal_shows_the_progress_that_the_log_then_leaves_out(
    clock: list[float], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(progress, "is_terminal", lambda: True)
    stream = Progress(logging.getLogger("t"), "uom", Pace())

    clock[0] += progress.EVERY
    stream.note(50, total=None)

    assert caplog.messages == []
