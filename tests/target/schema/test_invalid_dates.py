"""What becomes of a date that is none, or that Oracle cannot hold."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from target_oracle.errors import RecordError

from tests.target.conftest import record, schema

if TYPE_CHECKING:
    from tests.target.conftest import Target


IMPOSSIBLE = ["2024-13-01T00:00:00Z", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "soon"]


DATED = schema(
    "s",
    {
        "id": {"type": "integer"},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "on": {"type": ["string", "null"], "format": "date"},
    },
    ["id"],
)


@pytest.mark.parametrize(
    ("treatment", "at", "on"),
    [
        ("null", None, None),
        ("max", datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(9999, 12, 31)),
    ],
)
def test_what_is_no_date_may_be_replaced_with_a_warning(
    target: Target,
    caplog: pytest.LogCaptureFixture,
    treatment: str,
    at: datetime | None,
    on: datetime | None,
) -> None:
    bad = [record("s", id=n, at=text, on=text) for n, text in enumerate(IMPOSSIBLE)]
    good = record("s", id=9, at="2024-01-02T03:04:05Z", on="2024-01-02")
    target.load(DATED, *bad, good, datetime_error_treatment=treatment)
    replaced = [(n, at, on) for n in range(len(IMPOSSIBLE))]
    replaced[2] = (2, at, datetime(1, 1, 1))  # a day is taken as it is written
    dates = (9, datetime(2024, 1, 2, 3, 4, 5), datetime(2024, 1, 2))
    assert target.rows("S", '"ID", "AT", "ON"') == [*replaced, dates]
    told = [r.message for r in caplog.records if "what is no date is loaded as" in r.message]
    assert [each.partition(":")[0] for each in told] == [
        "Stream 's', property 'at'",
        "Stream 's', property 'on'",
    ]


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_what_is_no_date_is_a_bad_record_unless_something_else_is_asked(
    target: Target, text: str
) -> None:
    with pytest.raises(RecordError, match=r"id=1: the value is no TIMESTAMP\(6\) WITH TIME ZONE"):
        target.load(DATED, record("s", id=1, at=text))


@pytest.mark.parametrize("treatment", ["null", "max"])
def test_a_key_that_is_no_date_is_never_replaced(target: Target, treatment: str) -> None:
    keyed = {**DATED, "key_properties": ["at"]}
    with pytest.raises(RecordError, match=r"the value is no TIMESTAMP\(6\): .* \(property 'at'\)"):
        target.load(keyed, record("s", id=1, at="soon"), datetime_error_treatment=treatment)
