"""Records read flat are those of reading by records, value by value."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import WmsStandin
from wms_standin.catalog.entities import load_entities

from tests.tap.conftest import config_for, replayed, run
from tests.tap.extract.test_equality import CORE

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHERS = Random(15).sample(
    sorted(
        name
        for name, entity in load_entities().items()
        if name not in CORE and entity.has_mod_ts and entity.has_id and name != "inventory_history"
    ),
    40,
)
PAGE = 50
ROWS = 120
STAMPED = {name for name, entity in load_entities().items() if entity.has_mod_ts}
"""Of each entity: some pages."""


@pytest.fixture(scope="module")
def world() -> Iterator[WmsStandin]:
    entities = load_entities()
    few = {e.table: ROWS for name in (*CORE, *OTHERS) if (e := entities[name]).has_mod_ts}
    with WmsStandin(seed=15, size=0.12, rows=few) as server:
        yield server


@pytest.fixture(scope="module")
def config(world: WmsStandin) -> dict[str, Any]:
    chosen = [*CORE, *OTHERS]
    return config_for(world, entities=chosen, page_size=PAGE, max_concurrency=4)


def test_every_value_of_every_entity_is_the_same(config: dict[str, Any]) -> None:
    by_records = run({**config, "read_mode": "records"})

    flat = run({**config, "read_mode": "values_list"})

    assert flat.error is None
    assert by_records.error is None
    assert flat.of("SCHEMA") == by_records.of("SCHEMA")
    for entity in [*CORE, *OTHERS]:
        assert replayed(flat.records(entity)) == replayed(by_records.records(entity)), entity
        assert len(flat.records(entity)) == len(by_records.records(entity)), entity
    reports = flat.tap.current_run.report.streams
    assert all(
        (reports[name].read_flat > 0) == (name in STAMPED and reports[name].read > 100)
        for name in reports
    )
