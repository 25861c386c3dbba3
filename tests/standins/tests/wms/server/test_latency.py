"""How slow the stand-in can be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from wms_standin import Latency, WmsStandin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..conftest import Get


@pytest.fixture(autouse=True)
def quick_again(wms: WmsStandin) -> Iterator[None]:
    yield
    wms.latency = Latency()


def test_the_latency_model_counts_rows_and_cheapens_light_ones(wms: WmsStandin) -> None:
    order = wms.world.entity("order_hdr")
    model = Latency(base=0.9, row=0.018, factor=1.0, light=0.002)

    def seconds(rows: int, *, filtered: bool = False, **parameters: str) -> float:
        given = list(parameters.items())
        return round(model.seconds(order, given, rows, filtered=filtered), 6)

    assert seconds(1000) == 18.9
    assert seconds(1000, values_list="id") == 2.9
    assert seconds(1000, fields="id,order_nbr") == 2.9
    assert 2.9 < seconds(1000, fields="id,facility_id") < 18.9
    assert seconds(5, ordering="mod_ts") == 200.99
    assert seconds(5, ordering="-mod_ts,id") == 200.99
    assert seconds(5, filtered=True, ordering="mod_ts") == 0.99
    assert seconds(5, ordering="id") == 0.99


def test_latency_delays_answers(wms: WmsStandin, get: Get) -> None:
    wms.latency = Latency(base=0.9, row=0.018, factor=0.1)
    started = time.monotonic()
    get("/order_hdr", page_size=50)
    assert 0.17 < time.monotonic() - started < 0.6
    assert wms.requests[-1].seconds > 0.17
