"""How long a client waits, and when a run is given up."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from tap_oracle_wms.api.cancellation import Cancellation
from tap_oracle_wms.errors import (
    NotFoundError,
    StoppedError,
    UnavailableError,
)

from tests.tap.api.clients import NOTHING, client_of, get, reply


def test_waits_double_up_to_two_minutes_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(Cancellation, "wait", lambda _, seconds: waits.append(seconds))
    for _ in range(40):
        with pytest.raises(UnavailableError):
            get(client_of(reply(503), retry_wait_seconds=10, max_retries=5))

    for attempt, most in enumerate((10, 20, 40, 80, 120)):
        found = waits[attempt::5]
        assert len(set(found)) == 40
        assert most / 2 < max(found) <= most


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that clients wanted to wait."""
    seconds: list[float] = []
    monkeypatch.setattr(
        "tap_oracle_wms.api.cancellation.Cancellation.wait", lambda _, wait: seconds.append(wait)
    )
    return seconds


def test_the_servers_wish_to_wait_longer_is_followed(waited: list[float]) -> None:
    get(client_of(reply(429, **{"Retry-After": "7"}), reply()))

    assert waited == [7]


@pytest.mark.parametrize("wish", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_wish_never_shortens_the_own_wait(waited: list[float], wish: str) -> None:
    for _ in range(20):
        client = client_of(reply(503, **{"Retry-After": wish}), reply(), retry_wait_seconds=60)
        get(client)

    assert max(waited) > 10


def test_a_date_to_wait_for_is_one_of_the_servers_clock(waited: list[float]) -> None:
    now = datetime.now(UTC) - timedelta(seconds=400)
    date, wish = (
        moment.strftime("%a, %d %b %Y %H:%M:%S GMT") for moment in (now, now + timedelta(seconds=9))
    )

    get(client_of(reply(503, **{"Retry-After": wish, "Date": date}), reply()))

    assert waited == [9]


def test_a_run_that_only_fails_is_given_up_early() -> None:
    client = client_of(reply(503), max_retries=50, breaker_failures=4)

    with pytest.raises(
        UnavailableError, match="4 requests in a row have failed, the last with: st"
    ):
        get(client)
    assert client.requests.sent == 4


def test_a_success_resets_the_count_of_failures() -> None:
    answers = [reply(503), reply(), reply(503), reply()] * 3 + [reply()]
    client = client_of(*answers, breaker_failures=2)

    for _ in range(6):
        get(client)

    assert client.requests.retries == 6


def test_an_answer_that_there_are_no_rows_resets_it_too() -> None:
    client = client_of(*[reply(503), reply(404, NOTHING)] * 3, reply(), breaker_failures=2)

    for _ in range(3):
        with pytest.raises(NotFoundError):
            get(client)

    assert client.requests.retries == 3


def test_a_run_may_not_retry_for_ever() -> None:
    client = client_of(*[reply(503), reply()] * 20, retry_budget=3)

    for _ in range(3):
        get(client)
    with pytest.raises(UnavailableError, match=r"more than 3 retries \(`retry_budget`\), the last"):
        get(client)


def test_a_run_out_of_time_stops_with_a_failure() -> None:
    client = client_of(reply(), max_run_seconds=0.01)
    time.sleep(0.02)

    with pytest.raises(StoppedError, match="after `max_run_seconds`") as caught:
        get(client)
    assert caught.value.exit_code == 1
