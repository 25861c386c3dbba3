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


def test_each_cost_of_a_row_is_a_knob(wms: WmsStandin) -> None:
    order = wms.world.entity("order_hdr")
    model = Latency(
        base=0, light=0.002, related=0.001, column=0.0001, flat=0.003, joined=0.0005, factor=1
    )

    def seconds(related: int = 0, **parameters: str) -> float:
        given = list(parameters.items())
        return round(model.seconds(order, given, 100, filtered=False, related=related), 6)

    assert len(order.record_keys) == 122
    assert seconds(related=1000) == 2.42
    assert seconds(related=300, fields="id,facility_id") == 0.52
    assert seconds(values_list="id,status_id") == 0.32
    assert seconds(values_list="id,item_id__code:c,a_id__b_id__code") == 0.43


def test_counting_filtering_by_time_and_crowds_cost_more(wms: WmsStandin) -> None:
    model = Latency(base=1, row=0, light=0, count=3, window=5, at_once=2, factor=2)

    def seconds(in_flight: int = 1, *, listed: bool = True, **given: str) -> float:
        parameters = list(given.items())
        return model.seconds(None, parameters, 1, filtered=True, listed=listed, in_flight=in_flight)

    assert seconds(listed=False) == 2
    assert seconds() == 8
    assert seconds(page_mode="sequenced") == 2
    assert seconds(page_mode="sequenced", mod_ts__gte="x") == 12
    assert [seconds(n, page_mode="sequenced") for n in (1, 2, 3, 4)] == [2, 2, 3, 4]


def test_related_objects_are_those_that_are_really_there(wms: WmsStandin, get: Get) -> None:
    wms.latency = Latency(base=0, row=0, light=0, related=0.01, factor=1)
    parameters = {"ordering": "id", "page_size": 5}

    def took(**more: str) -> float:
        get("/order_hdr", **parameters, **more)
        return wms.requests[-1].seconds

    rows = get("/order_hdr", **parameters).json()["results"]
    related = sum(isinstance(value, dict | list) for row in rows for value in row.values())
    assert related > 20
    assert 0.01 * related <= took() < 0.01 * related + 0.3
    assert 0.05 <= took(fields="id,facility_id") < 0.3
    assert took(values_list="id,facility_id__code") < 0.05


def test_latency_delays_answers(wms: WmsStandin, get: Get) -> None:
    wms.latency = Latency(base=0.9, row=0.018, factor=0.1)
    started = time.monotonic()
    get("/order_hdr", page_size=50)
    assert 0.17 < time.monotonic() - started < 0.6
    assert wms.requests[-1].seconds > 0.17
