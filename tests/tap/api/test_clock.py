"""The server's clock, as its answers tell it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tap_oracle_wms.errors import (
    UnavailableError,
)

from tests.tap.api.clients import client_of, get, reply


def test_the_clock_is_the_servers() -> None:
    client = client_of(reply(Date="Fri, 20 Nov 2015 12:00:00 GMT"))
    get(client)

    now = client.clock.now()

    assert datetime(2015, 11, 20, 12, tzinfo=UTC) <= now < datetime(2015, 11, 20, 12, 1, tzinfo=UTC)


DATES = {
    "Fri, 20 Nov 2015 12:00:00 GMT": datetime(2015, 11, 20, 12, tzinfo=UTC),
    "Fri, 20 Nov 2015 12:00:00": datetime(2015, 11, 20, 12, tzinfo=UTC),
    "Fri, 20 Nov 2015 12:00:00 -0000": datetime(2015, 11, 20, 12, tzinfo=UTC),
    "yesterday": None,
    "Fri, 20 Nov 99999 12:00:00 GMT": None,
}


@pytest.mark.parametrize("date", DATES)
def test_a_date_in_any_form_ends_no_run(date: Any) -> None:
    client = client_of(reply(503, **{"Retry-After": date}), reply(Date=date))

    assert get(client) == {"ok": True}
    expected = DATES[date] or datetime.now(UTC)
    assert abs(client.clock.now() - expected) < timedelta(minutes=1)


def test_the_clock_of_a_proxy_that_answers_in_place_of_wms_is_not_heard() -> None:
    page = reply(503, "<html>Away</html>", Date="Sun, 20 Nov 2095 12:00:00 GMT")
    client = client_of(page, max_retries=0)

    with pytest.raises(UnavailableError):
        get(client)

    assert client.clock.now() < datetime.now(UTC) + timedelta(minutes=1)
