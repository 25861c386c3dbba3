"""From messages to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conftest import record, schema, state

if TYPE_CHECKING:
    from .conftest import Target

ORDERS = schema(
    "order_hdr",
    {"id": {"type": "integer"}, "nbr": {"type": ["null", "string"], "maxLength": 10}},
    ["id"],
)


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
