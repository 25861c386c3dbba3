"""Business rules refuse what the schema allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from target_oracle.errors import RecordError

from tests.target.conftest import record, schema
from tests.target.loading.orders import ORDERS, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target.conftest import Target


POSITIVE = {"properties": {"qty": {"exclusiveMinimum": 0}}}


PACKED = {"x-at-most": {"packed": "allocated"}}


def test_a_rule_refuses_what_the_schema_allows(target: Target) -> None:
    streams = {"ord*": {"rules": [POSITIVE, {"required": ["at"]}]}}
    messages = [
        record("orders", id=1, qty=1, at="2024-01-01"),
        record("orders", id=2, qty=0, at="2024-01-01"),
        record("orders", id=3, qty=1),
    ]
    target.load(ORDERS, *messages, on_invalid="reject", streams=streams)
    assert loaded(target) == [(1, 1)]
    assert target.rows("REJECTS", '"REASON_CODE", "PROPERTY", "MESSAGE"', '"MESSAGE"') == [
        ("rule", None, '"at" is a required property'),
        ("rule", "qty", "the value is less than or equal to the minimum of 0"),
    ]


def test_rules_come_from_a_file_too(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"orders": [POSITIVE]}))
    with pytest.raises(RecordError, match=r"record id=1: .*minimum of 0 \(property 'qty'\)"):
        target.load(ORDERS, record("orders", id=1, qty=-1), rules_file=str(file))


def test_a_rule_compares_two_properties(target: Target) -> None:
    packing = schema(
        "packing",
        {name: {"type": ["null", "integer"]} for name in ("id", "packed", "allocated")},
        ["id"],
    )
    messages = [
        record("packing", id=1, packed=2, allocated=2),
        record("packing", id=2, packed=3, allocated=2),
        record("packing", id=3, packed=3, allocated=None),
    ]
    target.load(packing, *messages, on_invalid="reject", streams={"packing": {"rules": [PACKED]}})
    assert target.rows("PACKING", '"ID"') == [(1,), (3,)]
    assert target.rows("REJECTS", '"MESSAGE"') == [("'packed' is more than 'allocated'",)]


def test_a_value_that_is_nested_too_deep_is_a_bad_record_like_others(target: Target) -> None:
    """A Python before 3.12 refuses deeper ones earlier, when it reads the line."""
    orders = schema("orders", {"id": {"type": "integer"}, "qty": {"type": "string"}}, ["id"])
    deep = json.loads("[" * 300 + "]" * 300)
    messages = [record("orders", id=1, qty="a"), record("orders", id=2, qty=deep)]
    target.load(orders, *messages, on_invalid="reject")
    assert target.rows("ORDERS", '"ID", "QTY"') == [(1, "a")]
    ((code, message, payload),) = target.rows("REJECTS", '"REASON_CODE", "MESSAGE", "PAYLOAD"')
    assert (code, json.loads(payload)) == ("schema", {"id": 2, "qty": deep})
    assert "nested too deep" in message
