"""Which table a stream is loaded into, and which tables it is kept out of."""

from __future__ import annotations

from typing import Any

import pytest
from target_oracle.errors import TableError

from tests.target.conftest import ID, ORDERS, Target, record, schema


def test_a_prefix_and_a_schema_say_where_tables_are(target: Target) -> None:
    target.load(
        ORDERS,
        record("order_hdr", id=1),
        table_prefix="wms_",
        default_target_schema=target.schema.user.lower(),
    )
    assert target.rows("WMS_ORDER_HDR", '"ID"') == [(1,)]


def test_preserved_names_are_spelled_as_they_came(target: Target) -> None:
    described = schema("Order Hdr", {"Id": {"type": "integer"}, "id": {"type": "integer"}}, ["Id"])
    target.load(described, record("Order Hdr", Id=1, id=2), identifier_case="preserve")
    assert target.rows("Order Hdr", '"Id", "id"') == [(1, 2)]


def test_a_stream_named_like_a_reserved_word_loads(target: Target) -> None:
    described = schema(
        "order", {"select": {"type": "integer"}, "from": {"type": "string"}}, ["select"]
    )
    target.load(described, record("order", select=1, **{"from": "x"}))
    assert target.rows("ORDER") == [(1, "x")]


@pytest.mark.parametrize(
    ("maps", "told"),
    [
        (
            {"a": {"__alias__": "u"}, "b": {"__alias__": "u"}},
            "The streams 'a' and 'b' both load table U",
        ),
        (
            {"a": {"__alias__": "u"}, "b": {"__alias__": "U"}},
            "The streams 'u' and 'U' both load table U",
        ),
    ],
)
@pytest.mark.parametrize("parallel", [1, 2])
def test_two_streams_of_one_alias_are_refused(
    target: Target, maps: dict[str, Any], told: str, parallel: int
) -> None:
    both = [schema(name, ID, ["id"]) for name in "ab"]
    rows = [record(name, id=1) for name in "ab"]
    with pytest.raises(TableError, match=told):
        target.load(*both, *rows, stream_maps=maps, max_parallelism=parallel)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("rejects", {"on_invalid": "reject"}),
        ("runs", {"load_log_table": "runs", "on_invalid": "reject"}),
        ("runs_fields", {"load_log_table": "runs"}),
        ("runs_reconciled", {"load_log_table": "runs"}),
    ],
)
def test_a_stream_is_kept_out_of_the_targets_own_tables(
    target: Target, name: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(TableError, match=f"Stream '{name}' is for table {name.upper()}, which is"):
        target.load(schema(name, ID, ["id"]), record(name, id=1), **settings)
