"""Time and number of requests against a WMS with its real proportions of time, sped up."""

from __future__ import annotations

import json
import logging
import math
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Latency, Options, WmsStandin

from tests.tap.conftest import config_for, discovered, run, selected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

BIG = "container_lock_xref"
ROWS = 40_000
PAGE = 100
SERIAL_RUNS = (1, 2, 4, 8, 16)
K = 8


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def slow_wms() -> Iterator[dict[str, Any]]:
    """Settings that reach a WMS in a process of its own, 25 times as fast as the real one."""
    command = [sys.executable, "-m", "wms_standin", "--rows", f"{BIG}={ROWS}"]
    with subprocess.Popen(
        [*command, "--latency-factor", "0.04"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        words = process.stdout.readline().replace("(", "").rstrip(")\n").split()
        yield {
            "base_url": words[1],
            "username": words[3].rstrip(","),
            "password": words[5],
            "page_size": PAGE,
        }
        process.terminate()


def test_time_goes_down_as_concurrency_goes_up(
    slow_wms: dict[str, Any], report: Callable[..., None]
) -> None:
    catalog = selected(discovered({**slow_wms, "entities": BIG}), BIG)
    rows = []
    for concurrency in SERIAL_RUNS:
        _forget(slow_wms)
        begun = time.perf_counter()
        done = run({**slow_wms, "max_concurrency": concurrency}, catalog)
        seconds = time.perf_counter() - begun
        assert len({r["id"] for r in done.records(BIG)}) == ROWS
        requests = len([r for r in _log(slow_wms) if r["entity"] == BIG])
        rows.append([concurrency, seconds, requests])
    minimum = math.ceil(ROWS / PAGE)
    table = [[k, s, rows[0][1] / s, rows[0][1] / s / k, n, n / minimum] for k, s, n in rows]
    header = ["concurrency", "seconds", "speed-up", "per connection", "requests", "of minimum"]
    report(f"Full load of {ROWS} rows, {PAGE} a page, {PAGE * 0.04 * 0.018 + 0.036:.2f} s each",
           header, table)  # fmt: skip

    assert all(line[3] >= 0.9 for line in table if line[0] <= 8)
    assert all(line[5] <= 1.05 for line in table if line[0] <= 8)


def _control(config: dict[str, Any], path: str, method: str = "GET") -> Any:
    host = config["base_url"].rpartition("/")[0]
    request = urllib.request.Request(f"{host}/_standin/{path}", method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def _forget(config: dict[str, Any]) -> None:
    _control(config, "requests", "DELETE")


def _log(config: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _control(config, "requests")
    return found


@pytest.fixture
def all_entities() -> Iterator[WmsStandin]:
    """311 entities, most of them small."""
    options = Options(inventory_history_rule=False)
    with WmsStandin(seed=1, size=0.2, options=options) as wms:
        for name in wms.world.entities:
            wms.world.count(name)  # generates the rows
        yield wms


def test_many_small_entities_share_the_connections(
    all_entities: WmsStandin, report: Callable[..., None]
) -> None:
    wms = all_entities
    config = config_for(wms, max_concurrency=K)
    catalog = discovered(config)
    names = [entry["tap_stream_id"] for entry in catalog["streams"]]
    wms.latency = Latency(factor=0.25)
    wms.requests.clear()
    begun = time.perf_counter()
    done = run(config, selected(catalog, *names))
    seconds = time.perf_counter() - begun
    assert done.error is None
    ideal = sum(r.seconds for r in wms.requests) / K
    report(
        f"{len(names)} small entities, concurrency {K}",
        ["seconds", "request time / K", "ratio", "requests", "records"],
        [[seconds, ideal, seconds / ideal, len(wms.requests), len(done.of("RECORD"))]],
    )

    assert seconds <= 1.2 * ideal


def test_states_are_a_small_part_of_the_output(
    all_entities: WmsStandin, report: Callable[..., None]
) -> None:
    """Each STATE is of all entities: one a second is the most."""
    wms = all_entities
    config = config_for(wms, max_concurrency=K, incremental_overlap_minutes=0)
    catalog = discovered(config)
    names = [entry["tap_stream_id"] for entry in catalog["streams"]]
    selected(catalog, *names)
    state: Any = None
    rows: list[list[Any]] = []
    for name in ("full", "idle"):
        begun = time.perf_counter()
        done = run(config, catalog, state)
        seconds = time.perf_counter() - begun
        assert done.error is None
        state = done.state
        wms.clock.shift(timedelta(minutes=5))
        sizes = [len(json.dumps(message, default=str)) for message in done.of("STATE")]
        output = sum(len(json.dumps(message, default=str)) for message in done.messages)
        rows.append([name, seconds, len(sizes), sum(sizes), max(sizes), output])
    header = ["run", "seconds", "STATE lines", "STATE bytes", "largest", "bytes in all"]
    report(f"STATE of {len(names)} entities", header, rows)

    for _, seconds, lines, _, largest, _ in rows:
        assert lines <= seconds + 3
        assert largest <= 500 * len(names)


def test_discovery_describes_concurrently(
    all_entities: WmsStandin, report: Callable[..., None]
) -> None:
    wms = all_entities
    wms.latency = Latency(factor=0.25)
    begun = time.perf_counter()
    catalog = discovered(config_for(wms, max_concurrency=K))
    seconds = time.perf_counter() - begun
    described = [r.seconds for r in wms.requests if "describe" in r.path]
    ideal = sum(described) / K
    report(
        f"Discovery of {len(described)} entities, concurrency {K}",
        ["seconds", "describe time / K", "ratio"],
        [[seconds, ideal, seconds / ideal]],
    )

    assert len(catalog["streams"]) == len(described) == 311
    assert seconds <= 1.2 * ideal


def test_a_long_backlog_with_nothing_new_costs_what_a_short_one_does(
    wms: WmsStandin, report: Callable[..., None]
) -> None:
    entities = ["order_hdr", "order_dtl", "item", "inventory", "allocation"]
    config = config_for(wms, entities=entities, incremental_overlap_minutes=0)
    catalog = selected(discovered(config), *entities)
    rows = []
    for name, age in (("2 minutes", timedelta(minutes=2)), ("a year", timedelta(days=365))):
        key = {"replication_key": "mod_ts", "format": 1}
        key["replication_key_value"] = (datetime.now(UTC) - age).isoformat()
        wms.requests.clear()
        done = run(config, catalog, {"bookmarks": {entity: dict(key) for entity in entities}})
        assert done.error is None
        lists = [r for r in wms.requests if r.entity in entities]
        rows.append([name, len(entities), len(lists)])
        assert len(lists) == len(entities)
    report("Nothing new since the bookmark", ["backlog", "entities", "requests"], rows)
