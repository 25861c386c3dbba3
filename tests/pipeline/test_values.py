"""Every value of every row, after every way a run may go."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import WmsStandin

from tests.pipeline.comparison import CORE, actual, assert_equal, expected

if TYPE_CHECKING:
    from tests.conftest import OracleSchema
    from tests.pipeline.conftest import Pipeline, Run

CHANGING = ("item", "inventory", "order_hdr", "order_dtl", "allocation")
BUSIEST = (*CHANGING, "order_status")
"""Entities of many rows and of few, with `mod_ts` and without."""


def change(wms: WmsStandin) -> int:
    """Updates, inserts and a late commit in WMS, four minutes after the last run; their number."""
    wms.clock.shift(timedelta(minutes=4))
    changed = 0
    for entity in CHANGING:
        ids = [i for i in wms.world.ids(entity) if i > 0]
        for row_id in ids[::7]:
            wms.world.update(entity, row_id, mod_user="CHANGED")
            changed += 1
        wms.world.insert(entity, mod_user="NEW")
        wms.world.late_commit(entity, timedelta(minutes=9), mod_user="LATE")
        changed += 2
    wms.clock.shift(timedelta(minutes=4))
    return changed


def killer(process: str, after: int) -> Any:
    """A watch that kills one of the two processes when so many records have passed."""

    def watch(run: Run, line: bytes) -> None:
        if run.records == after:
            getattr(run, process).send_signal(signal.SIGKILL)

    return watch


def test_a_full_run_brings_every_value_and_an_incremental_one_the_changes(
    pipeline: Pipeline, wms: WmsStandin, oracle: OracleSchema
) -> None:
    first = pipeline.run()
    assert first.exit_codes == (0, 0), first.errors
    assert assert_equal(wms.world, oracle) > 100_000
    assert first.records == sum(wms.world.count(name) for name in CORE)
    assert first.state
    assert set(first.state["bookmarks"]) == set(CORE)

    changed = change(wms)
    second = pipeline.run(first.state)
    assert second.exit_codes == (0, 0), second.errors
    assert_equal(wms.world, oracle, sets=False)
    codes = wms.world.count("order_status")  # has no mod_ts: read in full each time
    assert second.records == changed + codes


@pytest.mark.parametrize(
    ("part", "victim"),
    [
        (0.5, "tap"),
        *(
            pytest.param(part, victim, marks=pytest.mark.long)
            for victim in ("tap", "target")
            for part in (0.1, 0.5, 0.9)
            if (part, victim) != (0.5, "tap")
        ),
    ],
)
def test_a_killed_run_is_made_good_by_the_next(
    pipeline: Pipeline, wms: WmsStandin, oracle: OracleSchema, victim: str, part: float
) -> None:
    total = sum(wms.world.count(name) for name in BUSIEST)
    pipeline.tap_config["entities"] = list(BUSIEST)
    pipeline.target_config["batch_size_rows"] = 200
    broken = pipeline.run(watch=killer(victim, int(total * part)))
    assert broken.exit_codes != (0, 0)
    resumed = pipeline.run(broken.state)
    assert resumed.exit_codes == (0, 0), resumed.errors
    assert_equal(wms.world, oracle, BUSIEST)


def test_a_killed_load_of_one_entity_goes_on_where_it_was(
    pipeline: Pipeline, oracle: OracleSchema
) -> None:
    with WmsStandin(seed=11, rows={"task": 14_000}) as wms:
        pipeline.tap_config |= {"entities": ["task"], "base_url": wms.base_url}
        broken = pipeline.run(watch=killer("tap", 12_000))
        assert broken.state
        assert "full_load" in broken.state["bookmarks"]["task"]
        resumed = pipeline.run(broken.state)
        assert 0 < resumed.records < 9_000
        assert_equal(wms.world, oracle, ("task",))


def test_a_lively_wms_is_complete_once_it_rests(
    pipeline: Pipeline, wms: WmsStandin, oracle: OracleSchema
) -> None:
    pipeline.tap_config["entities"] = list(BUSIEST)
    wms.live(seed=3, every=2, deletes=0)
    first = pipeline.run()
    second = pipeline.run(first.state)
    wms.heal()
    wms.clock.shift(timedelta(minutes=1))
    third = pipeline.run(second.state)
    assert [run.exit_codes for run in (first, second, third)] == [(0, 0)] * 3, third.errors
    assert_equal(wms.world, oracle, BUSIEST, sets=False)


def test_a_column_that_an_upgrade_brings_is_reported_then_loaded(
    pipeline: Pipeline, wms: WmsStandin, oracle: OracleSchema
) -> None:
    pipeline.tap_config["entities"] = ["order_hdr"]
    wms.clock.shift(timedelta(hours=-2))  # what follows leads up to the present
    first = pipeline.run()
    wms.drift("order_hdr.new_ref")
    wms.clock.shift(timedelta(hours=1))
    changed = wms.world.ids("order_hdr")[::9]
    for row_id in changed:
        wms.world.update("order_hdr", row_id, mod_user="UPGRADED")
    wms.clock.shift(timedelta(minutes=1))
    unnoticed = pipeline.run(first.state)
    assert unnoticed.exit_codes == (0, 0), unnoticed.errors
    assert "new_ref" in unnoticed.errors["tap"]

    wms.world.describe_column("order_hdr", "new_ref")
    noticed = pipeline.run()
    assert noticed.exit_codes == (0, 0), noticed.errors
    assert_equal(wms.world, oracle, ("order_hdr",))
    assert oracle.query('select count(*) from "ORDER_HDR" where "NEW_REF" is null') == [(0,)]


def test_rows_deleted_in_wms_are_marked_and_keep_their_values(
    pipeline: Pipeline, wms: WmsStandin, oracle: OracleSchema
) -> None:
    pipeline.tap_config |= {"entities": ["allocation"], "detect_deletes": ["allocation"]}
    before = expected(wms.world, "allocation")
    first = pipeline.run()
    gone = wms.world.ids("allocation")[5:25]
    for row_id in gone:
        wms.world.delete("allocation", row_id)
    second = pipeline.run(first.state)

    assert (first.exit_codes, second.exit_codes) == ((0, 0), (0, 0)), second.errors
    marked = oracle.query('select "ID" from "ALLOCATION" where "_SDC_DELETED_AT" is not null')
    assert sorted(marked) == [(row_id,) for row_id in gone]
    assert actual(oracle, "allocation") == before
