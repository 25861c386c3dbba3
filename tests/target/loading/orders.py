"""Orders: their schema, good and bad records, and what was loaded of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.target.conftest import record, schema

if TYPE_CHECKING:
    from tests.target.conftest import Target

ORDERS = schema(
    "orders",
    {
        "id": {"type": ["null", "integer"]},
        "qty": {"type": ["null", "number"]},
        "at": {"type": ["null", "string"], "format": "date"},
    },
    ["id"],
)


GOOD = [record("orders", id=n, qty=n) for n in range(1, 4)]


BAD = {
    "schema": record("orders", id=9, qty="many"),
    "type": record("orders", id=9, at="someday"),
    "empty-key": record("orders", id=None),
    "missing-key": record("orders", qty=1),
}


def loaded(target: Target) -> list[tuple[Any, ...]]:
    return target.rows("ORDERS", '"ID", "QTY"')
