"""A stream's schema may be repeated, or change in the middle of a run."""

from __future__ import annotations

from datetime import datetime

from tests.target.conftest import ID, ORDERS, Target, record, schema, state


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


def test_text_that_outgrows_its_column_widens_it(target: Target) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"))
    target.load(ORDERS, record("order_hdr", id=2, nbr="B" * 20), validate_records=False)
    assert target.types("ORDER_HDR")["NBR"] == "VARCHAR2(32)"
    target.load(ORDERS, record("order_hdr", id=3, nbr="C" * 5000), validate_records=False)
    assert target.types("ORDER_HDR")["NBR"] == "CLOB"
    assert target.rows("ORDER_HDR") == [(1, "A"), (2, "B" * 20), (3, "C" * 5000)]
