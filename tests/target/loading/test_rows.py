"""Records become rows: inserted, updated or appended."""

from __future__ import annotations

import pytest

from tests.target.conftest import ID, ORDERS, Target, record, schema, state


def test_rows_arrive_and_the_state_comes_out(target: Target) -> None:
    states = target.load(
        ORDERS,
        record("order_hdr", id=1, nbr="A"),
        record("order_hdr", id=2, nbr=None),
        state({"bookmark": 1}),
    )
    assert target.rows("ORDER_HDR") == [(1, "A"), (2, None)]
    assert target.types("ORDER_HDR") == {"ID": "NUMBER(38,0) NOT NULL", "NBR": "VARCHAR2(10)"}
    assert states == [{"bookmark": 1}]


def test_upsert_updates_known_keys_and_inserts_the_rest(target: Target) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"), record("order_hdr", id=2, nbr="B"))
    target.load(ORDERS, record("order_hdr", id=2, nbr="b"), record("order_hdr", id=3, nbr="C"))
    assert target.rows("ORDER_HDR") == [(1, "A"), (2, "b"), (3, "C")]


@pytest.mark.parametrize("rows", [10, 3_000], ids=["straight", "staged"])
def test_the_last_record_of_a_key_wins(target: Target, rows: int) -> None:
    repeated = [record("order_hdr", id=n % 7, nbr=f"v{n}") for n in range(rows)]
    target.load(ORDERS, *repeated)
    last = {n % 7: f"v{n}" for n in range(rows)}
    assert target.rows("ORDER_HDR") == sorted(last.items())


def test_the_last_record_of_a_key_wins_across_slices_and_flushes(target: Target) -> None:
    target.limit(slice_rows=700)
    repeated = [record("order_hdr", id=n % 911, nbr=f"v{n}") for n in range(5_000)]
    target.load(ORDERS, *repeated, batch_size_rows=2_000)
    last = {n % 911: f"v{n}" for n in range(5_000)}
    assert target.rows("ORDER_HDR") == sorted(last.items())


def test_staging_is_gone_after_the_run(target: Target) -> None:
    target.load(ORDERS, *(record("order_hdr", id=n, nbr="x") for n in range(2_000)))
    assert target.schema.tables() == {"ORDER_HDR"}


def test_append_keeps_every_record(target: Target) -> None:
    messages = [ORDERS, record("order_hdr", id=1, nbr="A"), record("order_hdr", id=1, nbr="B")]
    target.load(*messages, load_method="append-only")
    target.load(*messages, load_method="append-only")
    assert target.rows("ORDER_HDR", order="2") == [(1, "A"), (1, "A"), (1, "B"), (1, "B")]


def test_a_property_that_a_record_lacks_is_null(target: Target) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"))
    target.load(ORDERS, record("order_hdr", id=1))
    assert target.rows("ORDER_HDR") == [(1, None)]


def test_a_column_that_the_schema_lacks_is_left_alone(target: Target) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"))
    target.load(
        schema("order_hdr", {**ID, "qty": ID["id"]}, ["id"]), record("order_hdr", id=1, qty=5)
    )
    assert target.rows("ORDER_HDR") == [(1, "A", 5)]
