"""Windows of time, read by extracts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.tap.conftest import config_for, replayed, run
from tests.tap.extract.judged import ENTITY

if TYPE_CHECKING:
    from pathlib import Path

    from wms_standin import WmsStandin


def test_incremental_runs_follow_a_full_extract_without_a_gap(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    first = run(config)
    wms.clock.shift(timedelta(hours=1))
    changes = wms.world.mutate(seed=3, n=12, entities=(ENTITY,))
    wms.world.late_commit(ENTITY, timedelta(minutes=5))
    wms.clock.shift(timedelta(minutes=1))

    second = run(config, state=first.state)
    by_pages = run(config_for(wms, entities=ENTITY), state=first.state)

    assert changes
    assert second.error is None
    ids = [record["id"] for record in second.records(ENTITY)]
    assert sorted(ids) == sorted(record["id"] for record in by_pages.records(ENTITY))
    assert 0 < len(ids) < wms.world.count(ENTITY)
    assert (
        second.bookmark(ENTITY)["replication_key_value"]
        >= first.bookmark(ENTITY)["replication_key_value"]
    )
    asked = wms.extracts.jobs[list(wms.extracts.jobs)[-1]]
    assert len(asked.tasks[0].rows) >= len(ids)


def test_an_end_date_holds_though_wms_knows_no_upper_bound(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    dates = {"start_date": "2024-06-01", "end_date": "2025-01-01"}

    done = run({**config, **dates})
    pages = run(config_for(wms, entities=ENTITY, **dates))

    assert done.error is None
    ids = replayed(done.records(ENTITY)).keys()
    assert ids == replayed(pages.records(ENTITY)).keys()
    assert 0 < len(ids) < wms.world.count(ENTITY)
    own = {"extract": None, "version": None}
    assert done.bookmark(ENTITY) | own == pages.bookmark(ENTITY) | own


def test_files_are_deleted_once_their_rows_have_arrived(
    wms: WmsStandin, config: dict[str, Any], folder: Path
) -> None:
    first = run(config)
    files = {path.name for path in folder.rglob("data_ocwms_*")}
    assert files

    run({**config, "extract_cleanup": False}, state=first.state)
    assert files <= {path.name for path in folder.rglob("data_ocwms_*")}
    run(config, state=first.state)
    assert not files & {path.name for path in folder.rglob("data_ocwms_*")}
