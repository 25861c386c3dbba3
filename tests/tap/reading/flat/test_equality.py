"""Records read flat are those of reading by records, value by value."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from wms_standin import WmsStandin
from wms_standin.catalog.entities import load_entities

from tests.tap.conftest import config_for, replayed, run
from tests.tap.extract.test_equality import CORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tap.conftest import Run

OTHERS = Random(15).sample(
    sorted(
        name
        for name, entity in load_entities().items()
        if name not in CORE and entity.has_mod_ts and entity.has_id and name != "inventory_history"
    ),
    40,
)
PAGE = 40
ROWS = 150
"""Of each entity: some pages."""


@pytest.fixture(scope="module")
def world() -> Iterator[WmsStandin]:
    entities = load_entities()
    few = {e.table: ROWS for name in (*CORE, *OTHERS) if (e := entities[name]).has_mod_ts}
    with WmsStandin(seed=15, size=0.12, rows=few) as server:
        yield server


def flat_rows(done: Run, entity: str) -> int:
    return done.tap.current_run.report.streams[entity].read_flat


@pytest.mark.parametrize("entity", [*CORE, *OTHERS])
def test_every_value_is_the_same(
    world: WmsStandin, entity: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tap-oracle-wms")
    config = config_for(world, entities=[entity], page_size=PAGE, max_concurrency=2)
    by_records = run({**config, "read_mode": "records"})

    flat = run({**config, "read_mode": "values_list"})

    assert flat.error is None
    assert by_records.error is None
    assert flat.of("SCHEMA")[0]["schema"] == by_records.of("SCHEMA")[0]["schema"]
    assert replayed(flat.records(entity)) == replayed(by_records.records(entity))
    print(
        entity,
        len(flat.records(entity)),
        flat_rows(flat, entity),
        [m for m in caplog.messages if "read by records" in m or "again by" in m],
    )
