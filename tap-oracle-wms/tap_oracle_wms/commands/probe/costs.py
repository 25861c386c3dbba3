"""Measurements: seconds of a request, a row, a count and a window, alone and at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tap_oracle_wms.commands.probe.asking import ONE_ID

if TYPE_CHECKING:
    from tap_oracle_wms.commands.probe.asking import Asker

AT_ONCE = (1, 2, 4)


def seconds_a_request(asker: Asker) -> float:
    """The shorter of two."""
    return round(asker.seconds_a_request, 4)


def seconds_a_row(asker: Asker) -> float | None:
    """Of whole records, by a page of a hundred against a page of one."""
    many = asker.of_sample(page_size="100", page_mode="sequenced")
    one = asker.of_sample(page_size="1", page_mode="sequenced")
    if len(many.rows) < 10:
        return None
    return _difference(many.seconds, one.seconds, len(many.rows) - 1)


def seconds_a_count(asker: Asker) -> float:
    """By the same page in the other mode."""
    paged = asker.fastest(**ONE_ID | {"page_mode": "paged"})
    return _difference(paged, asker.seconds_a_request)


def seconds_a_window(asker: Asker) -> float:
    """By the same page with the day after a row's own `mod_ts`."""
    since = datetime.fromisoformat(asker.stamped["mod_ts"])
    until = since + timedelta(days=1)
    window = {"mod_ts__gte": since.isoformat(), "mod_ts__lt": until.isoformat()}
    return _difference(asker.fastest(**ONE_ID, **window), asker.seconds_a_request)


def _difference(longer: float, shorter: float, parts: int = 1) -> float:
    return round(max(0.0, longer - shorter) / parts, 4)


def max_at_once(asker: Asker) -> int:
    """The number of requests before the first one that is too many; 0 where none is."""
    accepted = 0
    for number in AT_ONCE:
        if asker.burst(number).refused:
            return accepted
        accepted = number
    return 0


def seconds_a_row_at_once(asker: Asker) -> dict[str, float]:
    """By the number of requests, without those of which some were refused."""
    bursts = {number: asker.burst(number) for number in AT_ONCE}
    return {
        str(number): round(burst.seconds / burst.rows, 4)
        for number, burst in bursts.items()
        if burst.rows and not burst.refused
    }
