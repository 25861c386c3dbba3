"""Which files are loaded by whole columns, and which record by record."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import RecordError

from tests.target.conftest import Target, record, schema, state
from tests.target.records.batch_files.batches import (
    batch,
)
from tests.target.records.batch_files.conftest import (
    S,
    by_columns,
    parquet_file,
)

if TYPE_CHECKING:
    from pathlib import Path


LOADED = [(1, "a", Decimal("0.1")), (2, "c", Decimal(-(10**20))), (3, None, None)]


@pytest.mark.parametrize("path", ["direct", "array", "auto"])
def test_a_good_file_goes_by_columns(target: Target, file: Path, path: str) -> None:
    with by_columns() as went:
        assert target.load(S, batch("s", file), state(1), load_path=path) == [1]
    assert (went, target.rows("S", '"ID", "V", "N"')) == ([True], LOADED)


@pytest.mark.parametrize(
    "given_settings",
    [
        {"stream_maps": {"s": {"v": "v.upper() if v else v"}}},
        {"streams": {"s": {"rules": [{"if": {"required": ["v"]}, "then": {}}]}}},
        {"streams": {"s": {"column_types": {"v": "NVARCHAR2(10)"}}}},
    ],
    ids=["a stream map", "a rule beyond single properties", "national text"],
)
def test_what_needs_whole_records_goes_record_by_record(
    target: Target, file: Path, given_settings: dict[str, Any]
) -> None:
    with by_columns() as went:
        target.load(S, batch("s", file), load_path="direct", **given_settings)
    assert went == [False]
    found = target.rows("S", '"ID", lower("V"), "N"')
    assert found == LOADED


def test_rules_are_asked_of_columns(target: Target, tmp_path: Path) -> None:
    described = schema(
        "s", {n: {"type": ["null", "integer"]} for n in ("id", "low", "high")}, ["id"]
    )
    rules = [
        {"required": ["high"], "properties": {"low": {"minimum": 0}}},
        {"x-at-most": {"low": "high"}},
    ]
    given_settings = {"streams": {"s": {"rules": rules}}, "on_invalid": "reject"}
    good = parquet_file(tmp_path / "good.parquet", id=[1, 2], low=[0, None], high=[3, 4])
    bad = parquet_file(
        tmp_path / "bad.parquet", id=[3, 4, 5, 6], low=[4, -1, 0, 2], high=[3, 4, None, 2]
    )
    with by_columns() as went:
        target.load(described, batch("s", good), **given_settings)
        target.load(described, batch("s", bad), **given_settings)
    assert went == [True, False]
    assert target.rows("S") == [(1, 0, 3), (2, None, 4), (6, 2, 2)]
    reasons = target.rows("REJECTS", '"REASON_CODE", "PAYLOAD"')
    assert sorted(reasons) == [
        ("rule", '{"id":3,"low":4,"high":3}'),
        ("rule", '{"id":4,"low":-1,"high":4}'),
        ("rule", '{"id":5,"low":0,"high":null}'),
    ]


def test_deletion_times_in_files_delete(target: Target, tmp_path: Path) -> None:
    described = schema(
        "s",
        {
            "id": {"type": "integer"},
            "v": {"type": ["null", "string"]},
            "_sdc_deleted_at": {"type": ["null", "string"], "format": "date-time"},
        },
        ["id"],
    )
    file = parquet_file(
        tmp_path / "a.parquet",
        id=[1, 2, 2],
        v=["a", "b", None],
        _sdc_deleted_at=[None, None, "2024-01-01T00:00:00Z"],
    )
    target.load(described, record("s", id=2, v="old"), batch("s", file), hard_delete=True)
    assert target.rows("S", '"ID", "V"') == [(1, "a")]


def test_a_history_has_what_comes_in_a_file_after_the_deletion_in_another(
    target: Target, tmp_path: Path
) -> None:
    first = parquet_file(
        tmp_path / "a.parquet",
        id=[1, 2, 1],
        at=["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", None],
        _sdc_deleted_at=[None, None, "2024-01-02T00:00:00Z"],
    )
    again = parquet_file(tmp_path / "b.parquet", id=[1], at=["2024-01-01T00:00:00Z"])
    moment = {"type": ["null", "string"], "format": "date-time"}
    described = schema("s", {"id": {"type": "integer"}, "at": moment}, ["id"])
    settings = {"load_method": "history", "history_validity": True, "add_record_metadata": True}
    target.load({**described, "bookmark_properties": ["at"]}, batch("s", first, again), **settings)
    assert target.rows("S_CURRENT", '"ID"') == [(1,), (2,)]


def test_records_and_files_follow_one_another(target: Target, tmp_path: Path) -> None:
    first = parquet_file(tmp_path / "a.parquet", id=[1, 2, 3], v=["file", "file", "file"])
    last = parquet_file(tmp_path / "b.parquet", id=[3], v=["last"])
    before = [record("s", id=each, v="record") for each in (1, 4)]
    after = record("s", id=2, v="after")
    states = target.load(
        S,
        *before,
        state(1),
        batch("s", first),
        state(2),
        after,
        state(3),
        batch("s", last),
        state(4),
    )
    assert target.rows("S", '"ID", "V"') == [(1, "file"), (2, "after"), (3, "last"), (4, "record")]
    assert states == [1, 2, 3, 4]


def test_columns_that_the_schema_lacks_or_the_file_does(
    target: Target, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = parquet_file(tmp_path / "a.parquet", other=["x"], n=[1.5], id=[1])
    with by_columns() as went:
        target.load(S, batch("s", file))
    assert (went, target.rows("S")) == ([True], [(1, None, Decimal("1.5"), None)])
    assert "properties that the schema lacks are not loaded: other" in caplog.text


def test_the_last_of_a_key_wins_over_files_of_other_columns(target: Target, tmp_path: Path) -> None:
    first = parquet_file(tmp_path / "a.parquet", id=[1, 2], v=["a", "b"], n=[1.0, 2.0])
    second = parquet_file(tmp_path / "b.parquet", id=[2, 3], v=["c", "d"])
    target.limit(straight_rows=0)
    with by_columns() as went:
        target.load(S, batch("s", first, second), load_path="direct")
    assert went == [True, True]
    assert target.rows("S", '"ID", "V", "N"') == [(1, "a", 1), (2, "c", None), (3, "d", None)]


def test_a_file_without_a_required_property_is_refused(target: Target, tmp_path: Path) -> None:
    described = schema(
        "s", {"id": {"type": "integer"}, "v": {"type": "string"}}, ["id"], required=["v"]
    )
    file = parquet_file(tmp_path / "a.parquet", id=[1])
    with pytest.raises(RecordError, match='id=1: "v" is a required property'):
        target.load(described, batch("s", file))


@pytest.mark.parametrize(
    ("good", "empty"),
    [("a", None), ("a", ""), (b"a", b"")],
    ids=["null", "empty text", "no bytes"],
)
def test_keys_in_files_may_not_be_empty(
    target: Target, tmp_path: Path, good: str | bytes, empty: str | bytes | None
) -> None:
    described = schema("s", {"id": {"type": ["null", "string"]}}, ["id"])
    file = parquet_file(tmp_path / "a.parquet", id=[good, empty])
    with by_columns() as went, pytest.raises(RecordError, match="a key property is null or empty"):
        target.load(described, batch("s", file))
    assert went == [False]


def test_long_text_may_be_missing_beside_numbers(target: Target, tmp_path: Path) -> None:
    """The driver reads the bytes of a NULL long text before it sees that there are none."""
    columns = {
        "id": [1, 2, 3, 4],
        "n": [0.1, 1e-7, 1e99, None],
        "long": ["x", None, "", "é" * 40_000],
    }
    file = parquet_file(tmp_path / "a.parquet", **columns)
    with by_columns() as went:
        target.load(S, batch("s", file), load_path="direct", load_method="overwrite")
    assert went == [True]
    assert target.rows("S", '"ID", "LONG"') == [(1, "x"), (2, None), (3, None), (4, "é" * 40_000)]


def test_values_grow_columns(target: Target, tmp_path: Path) -> None:
    described = schema("s", {"id": {"type": "integer"}, "v": {"type": "string"}}, ["id"])
    file = parquet_file(tmp_path / "a.parquet", id=[1, 2, 3, 4], v=["a", "x" * 4001, "b", "c"])
    with by_columns() as went:
        target.load(described, batch("s", file), load_path="direct")
    assert went == [False, True]
    assert target.types("S")["V"] == "CLOB"
    assert target.rows("S") == [(1, "a"), (2, "x" * 4001), (3, "b"), (4, "c")]
