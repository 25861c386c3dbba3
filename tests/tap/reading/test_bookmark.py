from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID, Bookmark, FullLoad, Spans

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_what_is_not_done_is_left() -> None:
    done = Spans([(FIRST_ID, 10), (20, 30)])

    assert done.gaps() == [(10, 20), (30, LAST_ID)]


def test_touching_ranges_become_one() -> None:
    assert list(Spans([(10, 20), (30, 40), (20, 30)])) == [(10, 40)]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_ranges_hold_exactly_the_ids_that_were_added(ranges: Any) -> None:
    done = Spans(ranges)

    inside = {n for after, through in done for n in range(after + 1, through + 1)}
    assert inside == {n for after, through in ranges for n in range(after + 1, through + 1)}
    outside = {n for a, t in done.gaps() for n in range(max(a, -1) + 1, min(t, 41) + 1)}
    assert outside == set(range(42)) - inside


def test_a_bookmark_survives_its_state() -> None:
    load = FullLoad(NOON, 17, "abc", Spans([(FIRST_ID, 10), (20, 30)]))
    state = {"left": "over"}

    Bookmark(NOON, load, version=17).write(state, "mod_ts")

    assert state == {
        "format": 1,
        "replication_key": "mod_ts",
        "replication_key_value": "2026-11-20T12:00:00.000000+00:00",
        "version": 17,
        "full_load": {
            "mark": "2026-11-20T12:00:00.000000+00:00",
            "version": 17,
            "scope": "abc",
            "done": [[None, 10], [20, 30]],
        },
        "empty_since": None,
        "extract": None,
        "known_ids": None,
    }
    again = Bookmark.read("item", state, "mod_ts")
    assert (again.value, again.version) == (NOON, 17)
    assert again.load is not None
    assert list(again.load.done) == [(FIRST_ID, 10), (20, 30)]
    assert (again.load.mark, again.load.version, again.load.scope) == (NOON, 17, "abc")


def test_a_state_of_another_tap_counts_for_nothing() -> None:
    state = {"replication_key": "mod_ts", "replication_key_value": "2026-11-20T09:00:00-03:00"}

    assert Bookmark.read("item", state, "mod_ts").value is None
    assert Bookmark.read("item", {"format": 1, **state}, "mod_ts").value == NOON


def test_a_value_of_another_replication_key_counts_for_nothing() -> None:
    value = "2026-11-20T09:00:00Z"
    state = {"format": 1, "replication_key": "create_ts", "replication_key_value": value}

    assert Bookmark.read("item", state, "mod_ts").value is None


@pytest.mark.parametrize(
    "state",
    [
        {"format": 2},
        {"partitions": [{"context": {"facility": "A"}}]},
        {"format": 1, "replication_key_value": "last week"},
        {"known_ids": base64.b85encode(zlib.compress(b"abc")).decode()},
        {"full_load": {"mark": "2026-11-20T09:00:00Z", "version": 1, "scope": "a"}},
        {"full_load": {"mark": None, "version": 1, "scope": "a", "done": []}},
        {"full_load": {"mark": "2026-11-20", "version": 1, "scope": "a", "done": [["x"]]}},
    ],
)
def test_a_state_that_cannot_be_used_is_refused_with_a_sentence(state: Any) -> None:
    with pytest.raises(ConfigError, match=r"^State of stream item cannot be used: .*afresh\.$"):
        Bookmark.read("item", state, "mod_ts")
