"""A history's deletions among its records: what comes of them is the same in any flushes."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import RecordError

from tests.target.conftest import record
from tests.target.loading.conftest import MARKED, SORTED, VALIDITY, gone, periods, row

if TYPE_CHECKING:
    from tests.target.conftest import Message, Target

STORIES: list[tuple[list[Message], list[tuple[Any, ...]], list[str]]] = [
    (
        [row(1, "a", 1), gone(1, 3), row(1, "b", 7), gone(1, 9)],
        [(1, "a", 1, 3, 3), (1, "b", 7, 9, 9)],
        [],
    ),
    ([row(2, "a", 1), gone(2, 2), row(2, "a", 1)], [(2, "a", 1, None, None)], ["a"]),
    ([row(3, "a", 1), gone(3, 2), row(3, "a", 1), gone(3, 5)], [(3, "a", 1, 5, 5)], []),
    (
        [row(4, "a", 1), row(4, "b", 3), gone(4, 9), gone(4, 2)],
        [(4, "a", 1, 2, 2), (4, "b", 3, 9, 9)],
        [],
    ),
    ([gone(5, 4), row(5, "a", 1)], [(5, "a", 1, None, None)], ["a"]),
    (
        [row(6, "a", 1), gone(6, 9), row(6, "late", 3)],
        [(6, "a", 1, 3, 9), (6, "late", 3, 9, None)],
        ["late"],
    ),
    (
        [row(7, "a", 1), gone(7, 5), gone(7, 6, v="last", at="2024-01-01T00:00:00Z")],
        [(7, "last", 1, 6, 6)],
        [],
    ),
    (
        [row(8, "a", 1), row(8, "b", 1), gone(8, 4), row(8, "c", 7), row(8, "d", 7)],
        [(8, "b", 1, 4, 4), (8, "d", 7, None, None)],
        ["d"],
    ),
]
"""Messages of a row, its versions with periods and marks, and those that `hard_delete` leaves."""


def in_turns() -> list[Message]:
    """The messages of all stories, one of each at a time."""
    mixed = chain.from_iterable(zip_longest(*(messages for messages, _, _ in STORIES)))
    return [message for message in mixed if message]


@pytest.mark.parametrize("flush", ["one", "of slices", "of one record", "in pieces"])
def test_deletions_end_what_was_in_force_when_they_came(target: Target, flush: str) -> None:
    settings = {**MARKED, "batch_size_rows": 1 if flush == "of one record" else 10_000}
    refused = []
    if flush == "of slices":
        target.limit(slice_rows=3, direct_rows=1)
    if flush == "in pieces":
        settings["on_invalid"] = "reject"
        with target.schema.connect() as connection:
            connection.cursor().execute(
                "create table s (id number, at timestamp, v varchar2(10) check (\"V\" <> 'bad'), "
                "primary key (id, at))"
            )
        refused = [row(9, "bad", 1)]
    target.load(SORTED, *in_turns(), *refused, **settings)
    expected = list(chain.from_iterable(versions for _, versions, _ in STORIES))
    assert periods(target, '"_SDC_DELETED_AT"') == expected


def test_the_end_of_a_version_that_was_told_stays_whatever_comes_later(target: Target) -> None:
    messages = [row(1, "a", 1), gone(1, 9), row(1, "late", 3), gone(1, 5), row(1, "c", 12)]
    target.load(SORTED, *messages, **MARKED)
    assert periods(target) == [(1, "a", 1, 3), (1, "late", 3, 5), (1, "c", 12, None)]


def test_a_version_that_is_marked_is_not_in_force_though_it_is_younger_than_its_deletion(
    target: Target,
) -> None:
    marked = gone(1, 5, v="last", at="2024-01-09T00:00:00Z")
    target.load(SORTED, marked, row(2, "z", 1), **MARKED)
    assert periods(target, '"_SDC_DELETED_AT"')[0] == (1, "last", 9, 9, 5)
    target.load(SORTED, row(1, "late", 2), row(2, "z", 1), **MARKED)
    assert periods(target) == [(1, "late", 2, 9), (1, "last", 9, 9), (2, "z", 1, None)]
    assert target.rows("S_CURRENT", '"ID"') == [(2,)]


def test_periods_may_be_kept_in_other_types_than_the_replication_key(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            'create table s (id number, at date, v varchar2(10), "_SDC_VALID_FROM" timestamp(6), '
            '"_SDC_VALID_TO" timestamp(6), primary key (id, at))'
        )
    for _ in range(2):
        target.load(SORTED, row(1, "a", 1), row(1, "b", 3), gone(1, 9), **MARKED)
        assert periods(target, '"_SDC_DELETED_AT"') == [(1, "a", 1, 3, None), (1, "b", 3, 9, 9)]


@pytest.mark.parametrize("rows", [1, 10_000])
def test_hard_deletions_leave_what_comes_after_them(target: Target, rows: int) -> None:
    settings = {**VALIDITY, "hard_delete": True, "batch_size_rows": rows}
    target.load(SORTED, *in_turns(), **settings)
    expected = [(messages[0]["record"]["id"], v) for messages, _, left in STORIES for v in left]
    assert target.rows("S", '"ID", "V"', order='"ID"') == expected


@pytest.mark.parametrize("time", ["soon", True, 1700000000])
def test_a_deletion_time_that_no_column_takes_and_that_is_none_is_a_bad_record(
    target: Target, time: object
) -> None:
    settings = {**VALIDITY, "hard_delete": True, "add_record_metadata": False}
    target.load(SORTED, row(1, "a", 1), row(2, "z", 1), **settings)
    messages = [record("s", id=1, _sdc_deleted_at=time), gone(2, 5), row(1, "b", 3)]
    with pytest.raises(RecordError) as caught:
        target.load(SORTED, *messages, **settings)
    for named in ("Stream 's'", "id=1", "_sdc_deleted_at", "the value is no date-time"):
        assert named in str(caught.value)
    target.load(SORTED, *messages, **settings, on_invalid="reject")
    assert periods(target) == [(1, "a", 1, 3), (1, "b", 3, None)]
    refused = target.schema.query("select reason_code, property from rejects")
    assert refused == [("type", "_sdc_deleted_at")]
