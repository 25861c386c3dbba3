"""The setting `streams` changes how single streams are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.target.conftest import record, schema
from tests.target.loading.conftest import KEYED, KEYLESS, row, rows

if TYPE_CHECKING:
    from tests.target.conftest import Target


def test_streams_are_loaded_as_their_glob_says(target: Target) -> None:
    other = schema("log_a", {"id": {"type": "integer"}}, ["id"])
    repeated = [record("log_a", id=1)] * 2 + [row(1, "a"), row(1, "b")]
    streams = {"log_*": {"load_method": "append"}, "s": {"table": "Target Table"}}
    target.load(KEYED, other, *repeated, streams=streams, table_prefix="x_")
    assert target.rows("X_LOG_A") == [(1,), (1,)]
    assert target.rows("TARGET_TABLE", '"ID", "V"') == [(1, "b")]


def test_a_stream_may_be_given_keys(target: Target) -> None:
    streams = {"s": {"key_properties": ["id"]}}
    target.load(KEYLESS, row(1, "a"), row(1, "b"), streams=streams)
    assert rows(target) == [(1, "b")]


def test_a_stream_may_be_given_column_types(target: Target) -> None:
    streams = {"s": {"column_types": {"v": "VARCHAR2(7 CHAR)"}}}
    target.load(KEYED, row(1, "a"), streams=streams)
    assert target.types("S")["V"] == "VARCHAR2(7)"


def test_a_stream_may_be_given_a_replication_key(target: Target) -> None:
    streams = {"s": {"replication_key": "at", "load_method": "history"}}
    target.load(KEYED, row(1, "a", 1), row(1, "b", 2), streams=streams)
    assert rows(target) == [(1, "a"), (1, "b")]


def test_a_stream_may_be_given_a_schema(target: Target) -> None:
    streams = {"s": {"schema": target.schema.user.lower()}}
    target.load(KEYED, row(1, "a"), streams=streams, table_suffix="_raw")
    assert target.rows("S_RAW", '"ID", "V"') == [(1, "a")]
