"""Which way is chosen by what both took."""

from __future__ import annotations

import pytest
from tap_oracle_wms.reading.flat.choice import FLAT, RECORDS, Choice


@pytest.mark.parametrize(
    ("flat", "records", "chosen"), [(5.0, 10.0, FLAT), (5.1, 10.0, RECORDS), (20.0, 10.0, RECORDS)]
)
def test_flat_is_chosen_from_half_the_cost_on(flat: float, records: float, chosen: str) -> None:
    choice = Choice(measures=True)

    choice.note(RECORDS, 1000, records)
    assert choice.news() is None
    choice.note(FLAT, 1000, flat)

    assert choice.next_way() == chosen
    assert choice.ms_a_row == {FLAT: flat, RECORDS: records}
    assert choice.news() == chosen
    assert choice.news() is None


def test_one_page_at_a_time_is_read_flat_until_it_is_measured() -> None:
    choice = Choice(measures=True)

    assert [choice.next_way() for _ in range(3)] == [FLAT, RECORDS, RECORDS]
    choice.end_try()  # too few rows to measure by
    assert choice.next_way() == FLAT
    choice.note(FLAT, 100, 1.0)
    choice.end_try()
    assert choice.next_way() == RECORDS
    choice.note(RECORDS, 100, 3.0)
    assert choice.next_way() == FLAT


def test_nothing_is_measured_where_the_way_is_set() -> None:
    assert [Choice(measures=False).next_way() for _ in range(2)] == [FLAT, FLAT]
