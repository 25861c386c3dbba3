"""Which way is chosen by what both took."""

from __future__ import annotations

import pytest
from tap_oracle_wms.reading.flat.choice import FLAT, RECORDS, TRIES, Choice, Timing


def compare(choice: Choice, *, flat: float, records: float, request: float = 0.9) -> None:
    """Give it the seconds of 25 rows, of 100 and of one."""
    choice.compare(flat=Timing(25, flat), records=Timing(100, records), request=request)


@pytest.mark.parametrize(
    ("flat", "records", "chosen"), [(5.0, 10.0, FLAT), (5.1, 10.0, RECORDS), (20.0, 10.0, RECORDS)]
)
def test_flat_is_chosen_from_half_the_cost_on(flat: float, records: float, chosen: str) -> None:
    choice = Choice(measures=True)

    choice.note(RECORDS, 1000, records)
    assert choice.news() is None
    choice.note(FLAT, 1000, flat)

    assert choice.next_way() == (chosen, False)
    assert choice.ms_a_row == {FLAT: flat, RECORDS: records}
    assert choice.news() == chosen
    assert choice.news() is None


def test_few_rows_tell_what_is_likely_and_one_page_of_the_other_way_makes_it_certain() -> None:
    choice = Choice(measures=True)
    compare(choice, flat=0.95, records=2.7)

    assert [choice.next_way() for _ in range(3)] == [(RECORDS, True), (FLAT, False), (FLAT, False)]
    assert choice.news() is None
    choice.note(FLAT, 1000, 2.9)
    choice.end_try()  # too few rows to measure by
    assert choice.next_way() == (RECORDS, True)
    choice.note(RECORDS, 1000, 5.0)
    choice.end_try()
    assert choice.next_way() == (RECORDS, False)
    assert choice.ms_a_row == {FLAT: 2.9, RECORDS: 5.0}


def test_records_are_likely_where_flat_is_not_twice_as_cheap_of_few_rows() -> None:
    choice = Choice(measures=True)
    compare(choice, flat=1.2, records=1.6)

    assert [choice.next_way() for _ in range(2)] == [(FLAT, True), (RECORDS, False)]
    choice.note(FLAT, 1000, 2.9)
    choice.end_try()
    assert choice.next_way() == (RECORDS, False)
    choice.note(RECORDS, 1000, 6.0)
    assert choice.next_way() == (FLAT, False)


def test_nothing_more_is_tried_where_few_rows_cost_about_the_same() -> None:
    choice = Choice(measures=True)
    compare(choice, flat=0.6, records=1.8, request=0.2)

    assert choice.next_way() == (RECORDS, False)
    assert choice.news() == RECORDS
    assert choice.ms_a_row == {FLAT: 16.0, RECORDS: 16.0}


@pytest.mark.parametrize(
    ("flat", "records", "request_takes"), [(1.35, 2.7, 0.9), (1.7, 2.6, 0.9), (3.0, 2.7, 2.9)]
)
def test_flat_is_tried_where_few_rows_take_hardly_longer_than_one(
    flat: float, records: float, request_takes: float
) -> None:
    choice = Choice(measures=True)
    compare(choice, flat=flat, records=records, request=request_takes)

    assert [choice.next_way() for _ in range(2)] == [(FLAT, True), (RECORDS, False)]
    assert choice.news() is None


def test_a_slow_first_request_is_put_right_by_the_page_that_makes_sure() -> None:
    choice = Choice(measures=True)
    compare(choice, flat=1.5, records=6.0)

    assert [choice.next_way() for _ in range(2)] == [(RECORDS, True), (FLAT, False)]
    choice.note(RECORDS, 1000, 18.9)
    assert choice.next_way() == (FLAT, False)
    choice.note(FLAT, 1000, 18.9)
    assert choice.next_way() == (RECORDS, False)
    assert choice.news() == RECORDS


def test_what_is_likely_is_taken_where_no_page_is_large_enough_to_measure_by() -> None:
    choice = Choice(measures=True)
    compare(choice, flat=0.9, records=3.0)

    for _ in range(TRIES):
        assert choice.next_way() == (RECORDS, True)
        choice.end_try()

    assert choice.next_way() == (FLAT, False)


def test_nothing_is_measured_where_the_way_is_set() -> None:
    choice = Choice(measures=False)
    compare(choice, flat=2.0, records=0.1)

    assert [choice.next_way() for _ in range(2)] == [(FLAT, False), (FLAT, False)]
