from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tap_oracle_wms.config.sources import load
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID, Bookmark, FullLoad, Spans
from tap_oracle_wms.reading.plan import (
    Window,
    next_version,
    plan_full,
    plan_incremental,
    scope_digest,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNFILTERED = scope_digest({"start_date": None, "end_date": None})


def settings(**given: Any) -> Any:
    found, _ = load(
        {"base_url": "https://h/e", "username": "u", "password": "p", **given}, also_known=set()
    )
    return found


def test_a_window_asks_for_a_half_open_range() -> None:
    assert Window(NOON, NOON + MINUTE).params("mod_ts") == {
        "mod_ts__gte": "2026-11-20T12:00:00.000000+00:00",
        "mod_ts__lt": "2026-11-20T12:01:00.000000+00:00",
    }
    assert Window().params("mod_ts") == {}


def test_windows_cover_a_backlog_without_gap_or_overlap() -> None:
    whole = Window(NOON, NOON + 7 * MINUTE)

    parts = whole.cut(3)

    assert [p.since for p in parts] == [whole.since, *(p.until for p in parts[:-1])]
    assert parts[-1].until == whole.until
    assert len(parts) == 3


def test_without_a_bookmark_everything_is_read_and_the_mark_is_now() -> None:
    plan = plan_incremental(Bookmark(), settings(), now=NOON, filters={}, own_time=NOON)

    assert plan.window == Window()
    assert plan.ranges == [(FIRST_ID, LAST_ID)]
    plan.complete()
    assert (plan.bookmark.value, plan.bookmark.load) == (NOON, None)


def test_a_start_date_bounds_the_first_load() -> None:
    plan = plan_incremental(
        Bookmark(), settings(start_date="2026-01-01"), now=NOON, filters={}, own_time=NOON
    )

    assert plan.window == Window(since=datetime(2026, 1, 1, tzinfo=UTC))


def test_incremental_reads_a_closed_window_with_overlap_and_lag() -> None:
    plan = plan_incremental(
        Bookmark(NOON - 60 * MINUTE),
        settings(incremental_overlap_minutes=5, incremental_lag_seconds=120),
        now=NOON,
        filters={},
        own_time=NOON,
    )

    assert plan.window == Window(NOON - 65 * MINUTE, NOON - 2 * MINUTE)


def test_a_later_start_date_wins_over_the_bookmark() -> None:
    plan = plan_incremental(
        Bookmark(NOON - 600 * MINUTE),
        settings(start_date="2026-11-20T11:30:00Z"),
        now=NOON,
        filters={},
        own_time=NOON,
    )

    assert plan.window.since == NOON - 30 * MINUTE


def test_a_server_clock_behind_the_bookmark_moves_nothing_back() -> None:
    plan = plan_incremental(
        Bookmark(NOON + 60 * MINUTE), settings(), now=NOON, filters={}, own_time=NOON
    )
    plan.complete()

    assert plan.bookmark.value == NOON + 60 * MINUTE


def test_the_bookmark_follows_finished_windows_in_their_order() -> None:
    plan = plan_incremental(
        Bookmark(NOON - 10 * MINUTE),
        settings(incremental_overlap_minutes=0),
        now=NOON,
        filters={},
        own_time=NOON,
    )
    first, second, third = plan.window.cut(3)

    plan.commit(0, 5, 5, None)
    assert plan.bookmark.value == NOON - 10 * MINUTE
    plan.commit(0, 5, 5, second)
    assert plan.bookmark.value == NOON - 10 * MINUTE
    plan.commit(0, 5, 5, first)
    assert plan.bookmark.value == second.until
    plan.commit(0, 5, 5, third)
    assert plan.bookmark.value == NOON


def test_an_interrupted_load_goes_on_with_its_mark_and_version() -> None:
    load = FullLoad(NOON - 90 * MINUTE, 17, UNFILTERED, Spans([(FIRST_ID, 100)]))

    plan = plan_incremental(Bookmark(None, load), settings(), now=NOON, filters={}, own_time=NOON)

    assert plan.ranges == [(100, LAST_ID)]
    assert plan.bookmark.load is not None
    assert plan.bookmark.load.version == 17
    plan.complete()
    assert plan.bookmark.value == NOON - 90 * MINUTE


def test_a_load_under_other_filters_starts_over() -> None:
    load = FullLoad(NOON - 90 * MINUTE, 17, scope_digest({}), Spans([(FIRST_ID, 100)]))

    plan = plan_full(
        Bookmark(None, load), Window(), NOON, filters={"facility_id__code": "A"}, own_time=NOON
    )

    assert plan.ranges == [(FIRST_ID, LAST_ID)]
    assert plan.bookmark.load is not None
    assert plan.bookmark.load.mark == NOON


def test_a_load_that_got_nowhere_starts_over_under_a_version_of_its_own() -> None:
    load = FullLoad(NOON, 17, UNFILTERED)

    plan = plan_incremental(
        Bookmark(None, load, version=17), settings(), now=NOON, filters={}, own_time=NOON
    )

    assert plan.bookmark.load is not None
    assert plan.bookmark.load.version > 17


def test_a_version_is_above_the_last_one_when_the_clock_goes_back() -> None:
    first = plan_full(Bookmark(), Window(), NOON, filters={}, own_time=NOON)
    first.complete()

    behind = NOON - 5 * MINUTE
    second = plan_full(first.bookmark, Window(), behind, filters={}, own_time=behind)

    assert first.bookmark.version == NOON.timestamp() * 1000
    assert second.bookmark.version > first.bookmark.version
    assert second.bookmark.load is not None
    assert second.bookmark.load.version == second.bookmark.version


def test_runs_that_leave_no_state_have_versions_of_their_own() -> None:
    """The last version is ahead of the clock, so that the clock alone would give none above it."""
    last = int((NOON + 60 * MINUTE).timestamp() * 1000)

    versions = [next_version(last, NOON + timedelta(seconds=n)) for n in range(4)]

    assert versions == sorted(set(versions))
    assert versions[0] > last


def test_an_end_date_closes_the_window_and_holds_the_bookmark_back() -> None:
    plan = plan_incremental(
        Bookmark(NOON - 60 * MINUTE),
        settings(end_date="now-30m", incremental_overlap_minutes=0),
        now=NOON,
        filters={},
        own_time=NOON,
    )
    plan.complete()

    assert plan.window.until == NOON - 30 * MINUTE
    assert plan.bookmark.value == NOON - 30 * MINUTE


def test_a_load_by_a_date_expression_goes_on_the_next_day() -> None:
    begun = plan_incremental(
        Bookmark(), settings(start_date="today-7d"), now=NOON, filters={}, own_time=NOON
    )
    begun.commit(FIRST_ID, 100, 90, None)

    later = plan_incremental(
        begun.bookmark,
        settings(start_date="today-7d"),
        now=NOON + 1440 * MINUTE,
        filters={},
        own_time=NOON,
    )

    assert later.ranges == [(100, LAST_ID)]


def test_an_incremental_run_goes_on_from_the_bookmark_beside_a_broken_full_load() -> None:
    load = FullLoad(NOON, 17, UNFILTERED, Spans([(FIRST_ID, 100)]))

    plan = plan_incremental(
        Bookmark(NOON - 60 * MINUTE, load),
        settings(incremental_overlap_minutes=0),
        now=NOON,
        filters={},
        own_time=NOON,
    )

    assert plan.window == Window(NOON - 60 * MINUTE, NOON)
    assert plan.bookmark.load is None
