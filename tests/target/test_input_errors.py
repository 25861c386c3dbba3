"""Which error bad input raises, and what it says."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.singerlib.exceptions import InvalidInputLine
from target_oracle.errors import NameClashError, RecordError, TableError

from .conftest import ID, ORDERS, Target, record, schema


@pytest.mark.parametrize(
    ("messages", "error", "sentence"),
    [
        (
            [schema("s", {**ID, "Id": {}}, ["id"])],
            NameClashError,
            "'id' and 'Id' both become the column ID",
        ),
        ([schema("s", {}, [])], TableError, "Stream 's' has no properties"),
        ([schema("s", ID, ["nr"])], TableError, "the key property 'nr' is not in the schema"),
        (
            [schema("a b", ID), schema("a_b", ID)],
            TableError,
            "'a b' and 'a_b' both load table A_B",
        ),
        (["{"], InvalidInputLine, "Line 1 is not a Singer message"),
        (
            [ORDERS, '{"type": "RECORD", "stream": "order_hdr", "record": {"id": NaN}}'],
            RecordError,
            "Stream 'order_hdr', record id=None: NaN and Infinity .*property 'id'",
        ),
        ([{"type": "NEWS"}], InvalidInputLine, "Message type 'NEWS' is unknown"),
        (
            [ORDERS, record("order_hdr", id=1, nbr=5)],
            RecordError,
            "Stream 'order_hdr', record id=1: the value is not of types .* .property 'nbr'",
        ),
        (
            [ORDERS, record("order_hdr", id=None)],
            RecordError,
            "Stream 'order_hdr', record id=None: .*property 'id'",
        ),
        (
            [
                schema("s", {**ID, "at": {"type": "string", "format": "date-time"}}, ["id"]),
                record("s", id=1, at="yesterday"),
            ],
            RecordError,
            r"Stream 's', record id=1: the value is no TIMESTAMP\(6\) WITH TIME ZONE",
        ),
        (
            [schema("s", {"k": {"type": "string"}}, ["k"]), record("s", k="")],
            RecordError,
            "a key property is null or empty",
        ),
    ],
)
def test_bad_input_ends_in_one_sentence(
    target: Target, messages: list[Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence) as caught:
        target.load(*messages)
    assert "\n" not in str(caught.value)


def test_a_bad_record_leaves_nothing_of_its_flush(target: Target) -> None:
    good = [record("order_hdr", id=n) for n in range(5)]
    with pytest.raises(RecordError):
        target.load(ORDERS, *good, record("order_hdr", id="x"))
    assert target.rows("ORDER_HDR") == []
