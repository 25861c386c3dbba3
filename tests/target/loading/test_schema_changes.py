"""A stream's schema may be repeated, or change in the middle of a run."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import RecordError, TableError

from tests.target.conftest import ID, ORDERS, Target, record, schema, state

if TYPE_CHECKING:
    from target_oracle.config.choices import LoadMethod


def test_a_repeated_schema_costs_nothing(target: Target) -> None:
    states = target.load(ORDERS, record("order_hdr", id=1), state(1), ORDERS, state(2))
    assert states == [2]


def test_a_changed_schema_loads_what_waits_and_adds_its_columns(target: Target) -> None:
    changed = schema("order_hdr", {**ID, "at": {"type": "string", "format": "date"}}, ["id"])
    target.load(
        ORDERS,
        record("order_hdr", id=1, nbr="A"),
        changed,
        record("order_hdr", id=2, at="2024-01-02"),
    )
    assert target.rows("ORDER_HDR") == [(1, "A", None), (2, None, datetime(2024, 1, 2))]


def test_text_that_outgrows_its_column_widens_it(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"))
    target.load(ORDERS, record("order_hdr", id=2, nbr="B" * 20), validate_records=False)
    assert target.types("ORDER_HDR")["NBR"] == "VARCHAR2(32)"
    target.load(ORDERS, record("order_hdr", id=3, nbr="C" * 5000), validate_records=False)
    assert target.types("ORDER_HDR")["NBR"] == "CLOB"
    assert "changed: nbr VARCHAR2(32 CHAR) to CLOB, now the last column." in caplog.text
    assert target.rows("ORDER_HDR") == [(1, "A"), (2, "B" * 20), (3, "C" * 5000)]


NUMBERS = {"id": {"type": "integer"}, "v": {"type": ["null", "number"]}}
TEXTS = {**NUMBERS, "v": {"type": ["null", "string"]}}
MOMENTS = {**NUMBERS, "v": {"type": "string", "format": "date-time"}}


def execute(target: Target, statement: str) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(statement)


@pytest.mark.parametrize("method", ["upsert", "append-only"])
def test_numbers_become_text_when_a_text_comes(target: Target, method: str) -> None:
    values = ["30", "-0.5", "0.25", "-7.125", "0", None]
    numbers = [
        record("s", id=n, v=None if value is None else json.loads(value))
        for n, value in enumerate(values)
    ]
    target.load(schema("s", NUMBERS, ["id"]), *numbers, load_method=method)
    later = record("s", id=9, v="12.50")
    target.load(schema("s", TEXTS, ["id"]), later, load_method=method)
    assert target.types("S")["V"] == "NUMBER"
    texts = [record("s", id=n, v=text) for n, text in ((10, "n/a"), (11, "x" * 100))]
    for _ in range(2 if method == "upsert" else 1):
        target.load(schema("s", TEXTS, ["id"]), *texts, load_method=method)
    found = target.rows("S", '"ID", "V"')
    assert found == [*enumerate(values), (9, "12.5"), (10, "n/a"), (11, "x" * 100)]
    assert list(target.types("S")) == ["ID", "V"]


def test_moments_become_text_when_another_text_comes(target: Target) -> None:
    moment = record("s", id=1, v="2024-01-02T03:04:05.678+02:00")
    target.load(schema("s", MOMENTS, ["id"]), moment)
    target.load(schema("s", TEXTS, ["id"]), record("s", id=2, v="soon"))
    assert target.rows("S", '"ID", "V"') == [
        (1, "2024-01-02T01:04:05.678000+00:00"),
        (2, "soon"),
    ]


PARTITIONED = (
    "create table s (id number primary key, v number) partition by range (v) "
    "(partition p values less than (100))"
)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ("create table s (id number primary key, v number, w number, check (v < w))", "ORA-12991"),
        ("create table s (id number primary key, v number unique)", "ORA-12991"),
        ("create table s (id number primary key, v number) compress", "ORA-39726"),
        (
            'create table s (id number primary key, v number, "W" generated always as ("V" + 1))',
            "ORA-54031",
        ),
        (PARTITIONED, "ORA-12984"),
    ],
)
def test_a_column_that_oracle_holds_fast_is_told_before_a_copy_is_made(
    target: Target, made: str, code: str
) -> None:
    execute(target, made)
    target.load(schema("s", NUMBERS, ["id"]), record("s", id=1, v=1))
    before = target.types("S")
    with pytest.raises(TableError, match=rf"Column S\.V has to become .*{code}"):
        target.load(schema("s", TEXTS, ["id"]), record("s", id=2, v="n/a"))
    assert target.types("S") == before
    assert target.rows("S", '"ID", "V"') == [(1, 1)]


@pytest.mark.parametrize("settings", [{"on_schema_mismatch": "fail"}, {"auto_create": False}])
def test_a_text_is_no_number_where_columns_may_not_change(
    target: Target, settings: dict[str, Any]
) -> None:
    target.load(schema("s", NUMBERS, ["id"]), record("s", id=1, v=1))
    with pytest.raises(RecordError, match=r"the value is no NUMBER \(property 'v'\)"):
        target.load(schema("s", TEXTS, ["id"]), record("s", id=2, v="n/a"), **settings)


@pytest.mark.parametrize("kind", ["integer", "number", "boolean"])
def test_dates_that_turn_into_numbers_are_refused_with_the_remedy(
    target: Target, kind: str
) -> None:
    target.load(schema("s", MOMENTS, ["id"]), record("s", id=1, v="2024-01-02T03:04:05Z"))
    numbers = schema("s", {**NUMBERS, "v": {"type": kind}}, ["id"])
    with pytest.raises(TableError, match=r"Stream 's': column S\.V is a TIMESTAMP.*column_names"):
        target.load(numbers, record("s", id=2, v=1))
    assert target.rows("S", '"ID"') == [(1,)]


DAYS = {**NUMBERS, "v": {"type": ["null", "string"], "format": "date"}}
HOPEFUL = {**NUMBERS, "v": {"anyOf": [{"type": "string", "format": "date-time"}, TEXTS["v"]]}}


@pytest.mark.parametrize("method", ["upsert", "overwrite"])
def test_days_become_instants_when_a_fraction_of_a_second_comes(
    target: Target, method: LoadMethod
) -> None:
    target.load(schema("s", DAYS, ["id"]), record("s", id=1, v="2024-01-02"))
    whole = record("s", id=2, v="2024-01-02T03:04:05Z")
    target.load(schema("s", MOMENTS, ["id"]), whole)
    assert target.types("S")["V"] == "DATE"
    part = record("s", id=3, v="2024-01-02T03:04:05.678901+02:00")
    target.load(schema("s", MOMENTS, ["id"]), whole, part, load_method=method)
    assert target.types("S")["V"] == "TIMESTAMP(6)"
    assert target.rows("S", '"ID", "V"')[-2:] == [
        (2, datetime(2024, 1, 2, 3, 4, 5)),
        (3, datetime(2024, 1, 2, 1, 4, 5, 678_901)),
    ]
    assert len(target.rows("S")) == (3 if method == "upsert" else 2)


def test_fractions_are_cut_where_oracle_holds_a_column_of_days_fast(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    execute(target, "create table s (id number primary key, v date unique)")
    part = record("s", id=3, v="2024-01-02T03:04:05.678901Z")
    for _ in range(2):
        target.load(schema("s", MOMENTS, ["id"]), part)
    assert target.rows("S", '"ID", "V"') == [(3, datetime(2024, 1, 2, 3, 4, 5))]
    assert any("ORA-12991). Fractions of a second are cut." in each for each in caplog.messages)


def test_a_column_that_is_asked_to_be_a_date_stays_one(target: Target) -> None:
    part = record("s", id=3, v="2024-01-02T03:04:05.678901Z")
    wanted = {"s": {"column_types": {"v": "DATE"}}}
    target.load(schema("s", MOMENTS, ["id"]), part, streams=wanted)
    assert target.rows("S", '"ID", "V"') == [(3, datetime(2024, 1, 2, 3, 4, 5))]


def test_what_was_no_date_after_all_makes_a_column_text(target: Target) -> None:
    target.load(schema("s", HOPEFUL, ["id"]), record("s", id=1, v="2024-01-02T03:04:05+02:00"))
    assert target.types("S")["V"] == "TIMESTAMP(6) WITH TIME ZONE"
    later = [record("s", id=2, v="soon"), record("s", id=3, v="2024-01-02T00:00:00Z")]
    target.load(schema("s", HOPEFUL, ["id"]), *later)
    assert target.types("S")["V"] == "VARCHAR2(4000)"
    assert target.rows("S", '"ID", "V"') == [
        (1, "2024-01-02T01:04:05.000000+00:00"),
        (2, "soon"),
        (3, "2024-01-02T00:00:00Z"),
    ]
