"""What WMS answers wrongly once is found out; what it answers wrongly for good fails the run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tap_oracle_wms.errors import IncompleteError, WmsError
from wms_standin import Fault, Lie, Options, WmsStandin

from tests.tap.conftest import config_for, discovered, run, selected
from tests.tap.reading.six_pages import CHANGING, ENTITY, WITHOUT_ID, ids, read

KINDS = ["not_found", "empty", "no_next", "missing_next", "unordered", "shuffled", "lost_rows"]
POSITIONS = ["opening", "slice", "next", "greatest", "count"]


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_load_that_is_lied_to_once_has_every_row(
    big_wms: WmsStandin, kind: Any, position: Any
) -> None:
    rule = big_wms.tell(Lie(kind, position, entity=ENTITY))
    small = {"page_size": 25} if position == "slice" else {}  # else no thread may be idle

    done = read(big_wms, ENTITY, **small)

    assert done.error is None
    assert ids(done, ENTITY) == big_wms.world.ids(ENTITY)
    assert len(done.of("ACTIVATE_VERSION")) == 1
    assert rule.told or (kind, position) in UNTELLABLE


UNTELLABLE = {
    (kind, position)
    for kind in ("no_next", "missing_next")
    for position in ("slice", "next", "greatest", "count")
} | {("shuffled", "greatest"), ("shuffled", "count")}
"""Links of slices may be null as it is, and one row has but one order."""


@pytest.mark.parametrize("cap", [1250, 25])
@pytest.mark.parametrize("kind", ["no_next", "missing_next"])
def test_links_that_never_come_cost_no_row(kind: Any, cap: int) -> None:
    """The guide has `next_page` "if available"; a count or a full page says that there is more."""
    with WmsStandin(seed=3, rows={ENTITY: 400}, options=Options(max_page_size=cap)) as wms:
        wms.fail(Fault(kind=kind, entity=ENTITY))

        done = read(wms, ENTITY)

        assert done.error is None
        assert ids(done, ENTITY) == wms.world.ids(ENTITY)
        assert len(done.of("ACTIVATE_VERSION")) == 1


@pytest.mark.parametrize("kind", ["no_next", "missing_next"])
def test_rows_without_ids_whose_links_never_come_fail_the_run(
    big_wms: WmsStandin, kind: Any
) -> None:
    big_wms.fail(Fault(kind=kind, entity=WITHOUT_ID))

    done = read(big_wms, WITHOUT_ID, page_size=20)

    assert isinstance(done.error, IncompleteError)
    assert "40 of 60 rows were not given by WMS" in str(done.error)
    assert not done.of("ACTIVATE_VERSION")


@pytest.mark.parametrize("kind", ["not_found", "empty", "no_next", "missing_next"])
def test_rows_without_ids_survive_a_lie(big_wms: WmsStandin, kind: Any) -> None:
    rule = big_wms.tell(Lie(kind, entity=WITHOUT_ID))
    config = config_for(big_wms, entities=WITHOUT_ID, page_size=20)

    done = run(config, selected(discovered(config), WITHOUT_ID))

    assert rule.told
    assert done.error is None
    assert len(done.records(WITHOUT_ID)) == 60


def test_rows_without_ids_that_are_missing_fail_the_run(big_wms: WmsStandin) -> None:
    big_wms.fail(Fault(kind="lost_rows", entity=WITHOUT_ID, request="next"))
    config = config_for(big_wms, entities=WITHOUT_ID, page_size=20)

    done = run(config, selected(discovered(config), WITHOUT_ID))

    assert isinstance(done.error, IncompleteError)
    assert str(done.error).startswith(
        "Stream rf_key_map: 2 of 60 rows were not given by WMS, though it counts them"
    )
    assert not done.of("ACTIVATE_VERSION")


@pytest.mark.parametrize("position", ["opening", "slice", "next", "window", "greatest", "count"])
@pytest.mark.parametrize("kind", ["not_found", "empty", "no_next", "unordered", "lost_rows"])
def test_an_incremental_run_that_is_lied_to_once_loses_nothing(
    big_wms: WmsStandin, kind: Any, position: Any
) -> None:
    first = read(big_wms, CHANGING)
    big_wms.clock.shift(timedelta(minutes=5))
    touched = big_wms.world.ids(CHANGING)[::3]
    for row_id in touched:
        big_wms.world.update(CHANGING, row_id, cust_field_1="touched")
    big_wms.clock.shift(timedelta(minutes=1))
    big_wms.tell(Lie(kind, position, entity=CHANGING))

    lied_to = read(big_wms, CHANGING, first.state)
    big_wms.heal()
    after = read(big_wms, CHANGING, lied_to.state)

    got = {r["id"] for done in (lied_to, after) for r in done.records(CHANGING)}
    assert lied_to.error is None
    assert got >= set(touched)


@pytest.mark.parametrize("kind", ["not_found", "empty", "no_next", "lost_rows"])
def test_a_sweep_that_is_lied_to_deletes_nothing(big_wms: WmsStandin, kind: Any) -> None:
    settings = {"detect_deletes": CHANGING, "max_deleted_share": 1}
    first = read(big_wms, CHANGING, **settings)
    big_wms.tell(Lie(kind, "sweep", entity=CHANGING))

    done = read(big_wms, CHANGING, first.state, **settings)

    deleted = [r for r in done.records(CHANGING) if r["_sdc_deleted_at"]]
    assert done.error is None
    assert deleted == []


def test_a_version_that_would_drop_most_rows_is_not_activated(big_wms: WmsStandin) -> None:
    first = read(big_wms, ENTITY)
    for row_id in big_wms.world.ids(ENTITY)[100:]:
        big_wms.world.delete(ENTITY, row_id)

    done = read(big_wms, ENTITY, first.state)

    assert isinstance(done.error, WmsError)
    assert "`max_deleted_share`" in str(done.error)
    assert not done.of("ACTIVATE_VERSION")


def test_rows_in_another_order_for_good_fail_with_stream_and_place() -> None:
    options = Options(ordering="ignored")
    with WmsStandin(seed=3, rows={ENTITY: 400}, options=options) as wms:
        done = read(wms, ENTITY)

    assert isinstance(done.error, WmsError)
    assert str(done.error).startswith(f"Stream {ENTITY}: WMS answered rows that are not in the ")
    assert "from the beginning" in str(done.error)


def test_a_single_date_a_day_ahead_loses_no_change(big_wms: WmsStandin) -> None:
    first = read(big_wms, CHANGING)
    rule = big_wms.tell(Lie("date_ahead", "opening", entity=CHANGING))
    lied_to = read(big_wms, CHANGING, first.state)
    assert rule.told
    big_wms.clock.shift(timedelta(minutes=20))
    row_id = big_wms.world.ids(CHANGING)[7]
    big_wms.world.update(CHANGING, row_id, cust_field_1="touched")
    big_wms.clock.shift(timedelta(minutes=1))

    after = read(big_wms, CHANGING, lied_to.state)

    assert lied_to.error is None
    assert row_id in ids(after, CHANGING)


def test_a_bookmark_ahead_of_time_is_refused(big_wms: WmsStandin) -> None:
    state = read(big_wms, CHANGING).state
    state["bookmarks"][CHANGING]["replication_key_value"] = "2127-01-01T00:00:00+00:00"

    done = read(big_wms, CHANGING, state)

    assert isinstance(done.error, WmsError)
    assert str(done.error).startswith(
        f"State of stream {CHANGING} is ahead of time: its bookmark is 2127-01-01"
    )


def test_a_state_that_was_merged_goes_on_with_nothing_old(big_wms: WmsStandin) -> None:
    """Meltano's merge brings back keys that a later state does not have."""
    config = config_for(big_wms, entities=ENTITY, page_size=100, record_limit=200)
    broken = run(config, selected(discovered(config), ENTITY)).state
    ended = read(big_wms, ENTITY).state
    old, new = broken["bookmarks"][ENTITY], ended["bookmarks"][ENTITY]
    assert old["full_load"]
    assert new["full_load"] is None

    ended["bookmarks"][ENTITY] = new | {"full_load": old["full_load"]}
    done = read(big_wms, ENTITY, ended)

    assert ids(done, ENTITY) == big_wms.world.ids(ENTITY)
    assert done.bookmark(ENTITY)["version"] > new["version"]


HISTORY = "inventory_history"


@pytest.fixture(scope="module")
def history() -> list[int]:
    """The ids that an honest WMS gives."""
    with WmsStandin(seed=11) as wms:
        return ids(read(wms, HISTORY), HISTORY)


@pytest.mark.parametrize("kind", ["not_found", "empty"])
@pytest.mark.parametrize("codes", ["facility", "company"])
def test_codes_that_are_denied_once_are_asked_for_again(
    history: list[int], kind: Any, codes: str
) -> None:
    with WmsStandin(seed=11) as wms:
        rule = wms.tell(Lie(kind, "codes", entity=codes))

        done = read(wms, HISTORY)

    assert rule.told
    assert history
    assert ids(done, HISTORY) == history


def test_a_row_that_the_first_page_lacks_is_found_while_others_leave_the_window(
    big_wms: WmsStandin,
) -> None:
    """The count after the read is lower by what has left, and says nothing of what lacks."""
    first = read(big_wms, CHANGING)
    big_wms.clock.shift(timedelta(minutes=5))
    touched = big_wms.world.ids(CHANGING)[::3]
    for row_id in touched:
        big_wms.world.update(CHANGING, row_id, cust_field_1="touched")
    big_wms.clock.shift(timedelta(minutes=1))
    big_wms.tell(Lie("lost_rows", "opening", entity=CHANGING))

    def leave() -> None:
        for row_id in touched[-20:]:
            big_wms.world.update(CHANGING, row_id, cust_field_1="later")

    last = Fault(kind="call", action=leave, request="count", nth=2, entity=CHANGING)
    big_wms.fail(last)

    done = read(big_wms, CHANGING, first.state)

    assert done.error is None
    assert set(ids(done, CHANGING)) == set(touched)
