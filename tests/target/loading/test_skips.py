"""Rows that an upsert leaves alone: unchanged ones, and newer ones."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from target_oracle.errors import TableError

from tests.target.conftest import raw, record, schema
from tests.target.loading.conftest import KEYED, PROPERTIES, SORTED, row, rows

if TYPE_CHECKING:
    from target_oracle.config.choices import LoadPath

    from tests.target.conftest import Target


@pytest.mark.parametrize("value", ["text", "x" * 5000, None], ids=["text", "lob", "null"])
def test_unchanged_rows_are_skipped_when_asked(target: Target, value: str | None) -> None:
    settings = {"skip_unchanged": True, "add_record_metadata": True}
    target.load(KEYED, row(1, value), row(2, value), **settings)
    before = target.rows("S", '"ID", "_SDC_BATCHED_AT"')
    target.load(KEYED, row(1, value), row(2, "changed"), **settings)
    after = target.rows("S", '"ID", "_SDC_BATCHED_AT"')
    assert after[0] == before[0]
    assert after[1] > before[1]
    assert target.rows("S", '"V"', '"ID"') == [(value,), ("changed",)]


@pytest.mark.parametrize("path", ["array", "direct"])
def test_what_a_column_rounds_or_pads_is_no_change(target: Target, path: LoadPath) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table s (id float(30) primary key, n real, d double precision, c char(5))"
        )
    number = {"type": "number"}
    properties = {"id": number, "n": number, "d": number, "c": {"type": "string"}}
    digits = "0.1234567890123456789012345678901234567891"
    sent = raw("s", f'{{"id": {digits}, "n": {digits}, "d": {digits}, "c": "a"}}')
    found = []
    for straight in (1000, 0, 0):
        target.limit(straight_rows=straight)
        settings = {"load_path": path, "skip_unchanged": True, "add_record_metadata": True}
        target.load(schema("s", properties, ["id"]), sent, **settings)
        found += target.rows("S", '"ID", "N", "D", "C", "_SDC_BATCHED_AT"')
    assert found[1:] == [found[0]] * 2
    assert found[0][:2] == (Decimal("0.123456789"), Decimal("0.1234567890123456789"))


def test_older_records_are_skipped_when_asked(target: Target) -> None:
    target.load(SORTED, row(1, "newer", 5), row(2, "a", 5), skip_older=True)
    target.load(SORTED, row(1, "older", 4), row(2, "b", 6), row(3, "c", 1), skip_older=True)
    assert rows(target) == [(1, "newer"), (2, "b"), (3, "c")]


@pytest.mark.parametrize("option", ["skip_unchanged", "skip_older"])
def test_rows_are_compared_by_the_columns_of_the_table_however_spelled(
    lower_case: Target, option: str
) -> None:
    properties = {**PROPERTIES, "length": {"type": "integer"}}
    described = {**schema("s", properties, ["id"]), "bookmark_properties": ["at"]}
    lower_case.load(described, row(1, "a", 5), row(2, "b", 5), **{option: True})
    lower_case.load(described, row(1, "c", 4), row(2, "dd", 6), **{option: True})
    first = "a" if option == "skip_older" else "c"
    found = lower_case.rows("S", '"id", "v", "length"')
    assert found == [(1, first, 1), (2, "dd", 2)]


def test_older_records_cannot_be_told_without_their_column(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute("create table s (id number primary key, v varchar2(10))")
    with pytest.raises(TableError, match="skip_older needs a column for 'at', which table S lacks"):
        target.load(SORTED, skip_older=True, on_schema_mismatch="ignore")


def test_without_a_replication_key_no_record_is_older_and_that_is_told(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    target.load(KEYED, row(1, "a", 5), row(1, "b", 4), skip_older=True)
    assert rows(target) == [(1, "b")]
    (told,) = [each.message for each in caplog.records if "skip_older" in each.message]
    assert told == "Stream 's' has no replication key: `skip_older` skips none of its records"


@pytest.mark.parametrize("slice_rows", [1, 2, 100])
@pytest.mark.parametrize("batch_size_rows", [1, 100])
def test_older_records_are_skipped_wherever_a_batch_ends(
    target: Target, slice_rows: int, batch_size_rows: int
) -> None:
    target.limit(slice_rows=slice_rows)
    sent = [(1, "old", 4), (1, "newest", 6), (1, "older", 5), (2, "a", 3), (2, "b", 3), (2, "c", 1)]
    settings = {"skip_older": True, "batch_size_rows": batch_size_rows}
    target.load(SORTED, *(row(*each) for each in sent), **settings)
    assert rows(target) == [(1, "newest"), (2, "b")]


def test_instants_with_and_without_an_offset_are_told_apart_by_nothing_but_time(
    target: Target,
) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute("create table s (id number, at timestamp, v varchar2(9))")
    dated = {**schema("s", PROPERTIES, ["id", "at"]), "bookmark_properties": ["at"]}
    sent = [("2024-01-02T00:00:00Z", "a"), ("2024-01-02T00:00:00", "b"), ("2024-01-01", "c")]
    target.load(dated, *(record("s", id=1, at=at, v=v) for at, v in sent), skip_older=True)
    assert target.rows("S", "at, v") == [
        (datetime(2024, 1, 1), "c"),
        (datetime(2024, 1, 2), "b"),
    ]


@pytest.mark.parametrize("batch_size_rows", [1, 100])
@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_a_deletion_that_is_older_than_its_row_is_skipped_when_asked(
    target: Target, batch_size_rows: int, *, hard: bool
) -> None:
    gone = {"_sdc_deleted_at": "2024-02-01T00:00:00Z"}
    target.load(
        *(SORTED, row(1, "newer", 5), row(2, "as old", 3), row(3, "older", 3), row(4, "any", 3)),
        *(
            record("s", id=key, at=f"2024-01-0{day}", **gone)
            for key, day in [(1, 3), (2, 3), (3, 4)]
        ),
        record("s", id=4, **gone),
        batch_size_rows=batch_size_rows,
        add_record_metadata=not hard,
        hard_delete=hard,
        skip_older=True,
    )
    living = "" if hard else ' where "_SDC_DELETED_AT" is null'
    assert target.schema.query(f"select v from s{living}") == [("newer",)]


def test_it_is_told_once_which_columns_keep_fewer_digits(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table s (id number primary key, d date, day date, at timestamp(3), whole "
            "timestamp, r real, f float(40), n number)"
        )
    moment, number = {"type": "string", "format": "date-time"}, {"type": "number"}
    day = {"type": "string", "format": "date"}
    properties = {"id": number, "d": moment, "day": day, "at": moment, "whole": moment}
    properties |= {"r": number, "f": number, "n": number}
    values = dict.fromkeys(("d", "at", "whole"), "2024-01-02T03:04:05.678901Z")
    sent = record("s", id=1, **values, day="2024-01-02", r=0.5, f=0.1, n=0.1)
    target.load(schema("s", properties, ["id"]), sent, on_schema_mismatch="fail")
    (told,) = [each for each in caplog.messages if "digits" in each]
    assert told == (
        "Stream 's': digits beyond what these columns keep are cut or rounded: D DATE, "
        "AT TIMESTAMP(3), F FLOAT(40)"
    )
    second = datetime(2024, 1, 2, 3, 4, 5)
    assert target.rows("S", '"D", "AT", "WHOLE"', '"ID"') == [
        (second, second.replace(microsecond=678_000), second.replace(microsecond=678_901))
    ]
