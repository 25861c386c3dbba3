"""When waiting records are flushed, and which STATE is then written."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from target_oracle.errors import RecordError
from target_oracle.target import TargetOracle

from .conftest import ID, ORDERS, Target, record, schema, state


def test_no_state_comes_out_before_the_records_that_precede_it(target: Target) -> None:
    other = schema("other", ID, ["id"])
    with pytest.raises(RecordError):
        target.load(
            ORDERS,
            other,
            record("other", id=1),
            state("after other"),
            record("order_hdr", id="bad"),
            state("after all"),
        )
    assert target.rows("OTHER") == []


def test_each_flush_releases_the_newest_state_it_earned(target: Target) -> None:
    messages: list[Any] = [ORDERS]
    for n in range(1, 8):
        messages += [record("order_hdr", id=n), state(n)]
    assert target.load(*messages, batch_size_rows=3) == [2, 3, 5, 6, 7]


def test_a_stream_that_ended_does_not_hold_back_the_state(target: Target) -> None:
    messages: list[Any] = [
        schema("first", ID, ["id"]),
        record("first", id=1),
        state("first"),
        ORDERS,
    ]
    for n in range(1, 6):
        messages += [record("order_hdr", id=n), state(n)]
    assert target.load(*messages, batch_size_rows=3) == [2, 3, 5]


def test_a_state_before_any_record_comes_out_at_once(target: Target) -> None:
    assert target.load(state({"a": 1})) == [{"a": 1}]


@pytest.mark.parametrize(
    "value",
    [
        "0.12345678901234567890123",
        "1e400",
        "123456789012345678901234567890",
        "-0.0",
        '"\u00e9"',
        "null",
    ],
)
def test_a_state_comes_out_with_all_its_digits(target: Target, value: str) -> None:
    out = io.StringIO()
    with redirect_stdout(out):
        line = f'{{"type": "STATE", "value": {{"bookmark": {value}}}}}\n'
        TargetOracle(config=target.config).run(io.StringIO(line))
    exact = partial(json.loads, parse_float=Decimal)
    assert exact(out.getvalue()) == exact(f'{{"bookmark": {value}}}')
    assert out.getvalue().isascii()


def test_batches_are_flushed_by_bytes_over_all_streams(target: Target) -> None:
    messages: list[Any] = [ORDERS, schema("other", ID, ["id"])]
    for n in range(1, 5):
        messages += [record("order_hdr", id=n), record("other", id=n), state(n)]
    states = target.load(*messages, batch_size_bytes=200)
    assert states[-1] == 4
    assert len(states) > 1
    assert target.rows("OTHER") == [(n,) for n in range(1, 5)]
