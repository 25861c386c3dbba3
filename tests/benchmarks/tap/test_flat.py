"""What `read_mode: auto` gains over records, on a WMS with the costs of a tenant in proportion.

A tenant takes 0.9 s a request and 18 ms a row, 16 of them for related objects, at pages of 1,000
rows. Here a page has 100 rows, and a request a tenth of the base.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Latency, WmsStandin

from tests.tap.conftest import config_for, discovered, run, selected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

ENTITIES = ("order_dtl", "order_hdr", "allocation", "inventory")
ROWS = 16_000
PAGE = 100
K = 8
TENANT = Latency(factor=2.0, base=0.09, row=0.0165, light=0.0005, column=0.000015)
"""A row of 100 columns takes 18 ms, of which 16 go into its related objects."""
ALIKE = Latency(factor=2.0, base=0.09, row=0.018, light=0.018)
"""Related objects cost nothing."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@dataclass
class Load:
    """A full load of all entities."""

    seconds: float
    requests: int
    aside: int
    """Requests by which the way was chosen, and rows compared."""
    flat: int
    rows: int


def loaded(wms: WmsStandin, entities: tuple[str, ...], mode: str) -> Load:
    config = config_for(wms, entities=list(entities), page_size=PAGE, max_concurrency=K)
    catalog = selected(discovered(config), *entities)
    wms.requests.clear()
    begun = time.perf_counter()
    done = run({**config, "read_mode": mode}, catalog)
    seconds = time.perf_counter() - begun
    assert done.error is None
    streams = done.tap.current_run.report.streams.values()
    lists = [r for r in wms.requests if r.entity in entities]
    aside = sum(bool(r.param("id__in")) for r in lists)
    flat = sum(stream.read_flat for stream in streams)
    aside += len(entities) if flat else sum(bool(r.param("values_list")) for r in lists)
    return Load(seconds, len(lists), aside, flat, sum(stream.read for stream in streams))


def compared(
    latency: Latency, entities: tuple[str, ...], rows: int, report: Callable[..., None]
) -> dict[str, Load]:
    found = {}
    with WmsStandin(seed=1, rows=dict.fromkeys(entities, rows)) as wms:
        for name in entities:
            wms.world.count(name)  # generates the rows
        wms.latency = latency
        for mode in ("records", "auto"):
            found[mode] = loaded(wms, entities, mode)
    table: list[list[Any]] = [
        [mode, load.rows, load.flat, load.seconds, found["records"].seconds / load.seconds,
         load.requests, load.aside, 100 * load.aside / load.requests]
        for mode, load in found.items()
    ]  # fmt: skip
    header = ["mode", "rows", "flat", "seconds", "faster", "requests", "choosing, sampling", "%"]
    report(f"Full load of {', '.join(entities)}, K = {K}", header, table)
    assert found["auto"].rows == found["records"].rows
    return found


def test_auto_against_records_where_related_objects_cost_the_time(
    report: Callable[..., None],
) -> None:
    found = compared(TENANT, ENTITIES, ROWS, report)

    assert found["records"].seconds >= 4 * found["auto"].seconds
    assert found["auto"].aside <= 0.01 * found["auto"].requests


def test_auto_against_records_where_flat_is_not_cheaper(report: Callable[..., None]) -> None:
    found = compared(ALIKE, ("order_dtl",), ROWS, report)

    assert found["auto"].seconds * 0.98 <= found["records"].seconds


def test_an_entity_of_one_page_costs_no_request_more(report: Callable[..., None]) -> None:
    found = compared(TENANT, ("order_dtl",), PAGE - 10, report)

    assert found["auto"].requests == found["records"].requests
    assert found["auto"].aside == 0
