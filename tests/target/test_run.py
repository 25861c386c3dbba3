"""Statements around a run, its summary, BATCH files, stream maps."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from faker import Faker
from pyarrow import parquet
from target_oracle.errors import RecordError, TargetError

from .conftest import record, schema, state

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Message, Target

S = schema("s", {"id": {"type": "integer"}, "v": {"type": ["null", "string"]}}, ["id"])


def test_statements_run_before_the_first_message_and_after_the_last_commit(target: Target) -> None:
    target.load(
        S,
        record("s", id=1),
        before_sql=["create table log (what varchar2(10))", "insert into log values ('before')"],
        after_sql=["insert into log select 'rows ' || count(*) from s"],
    )
    assert target.rows("LOG") == [("before",), ("rows 1",)]


@pytest.mark.parametrize(("setting", "rows"), [("before_sql", None), ("after_sql", [(1,)])])
def test_a_statement_that_the_database_refuses_is_named(
    target: Target, setting: str, rows: Any
) -> None:
    statements = ["select 1 from dual", "delete from nowhere where token = 's3cret'"]
    with pytest.raises(TargetError) as caught:
        target.load(S, record("s", id=1), **{setting: statements})
    start = f"Setting '{setting}': statement 2 failed: the table does not exist"
    assert str(caught.value).startswith(start)
    assert "s3cret" not in str(caught.value)
    assert (target.rows("S", '"ID"') if target.schema.tables() else None) == rows


def test_the_summary_counts_what_became_of_the_records(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "summary.jsonl"
    messages = [record("s", id=1), record("s", id=2), record("s", id="x"), state({"b": 1})]
    target.load(S, *messages, on_invalid="skip", summary_file=str(file), batch_size_rows=2)
    summary = json.loads(file.read_text())
    stream = summary["streams"]["s"]
    assert (summary["status"], summary["exit_code"], summary["state"]) == ("finished", 0, {"b": 1})
    assert {name: stream[name] for name in ("table", "read", "written", "rejected", "flushes")} == {
        "table": "S",
        "read": 3,
        "written": 2,
        "rejected": 1,
        "flushes": 2,
    }
    assert summary["seconds"] >= stream["seconds"] > 0


def test_the_summary_of_a_failed_run_says_so(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "summary.jsonl"
    messages = [record("s", id=1), record("s", id="x"), state(1)]
    with pytest.raises(RecordError):
        target.load(S, *messages, summary_file=str(file), batch_size_rows=1)
    summary = json.loads(file.read_text())
    assert (summary["status"], summary["state"]) == ("failed", None)
    assert summary["streams"]["s"]["written"] == 1


# BATCH


def batch(*paths: Path, **encoding: Any) -> Message:
    encoding = {"format": "jsonl", "compression": "gzip", **encoding}
    manifest = [path.as_uri() for path in paths]
    return {"type": "BATCH", "stream": "s", "encoding": encoding, "manifest": manifest}


def test_records_of_batch_files_are_loaded_like_others(target: Target, tmp_path: Path) -> None:
    packed, plain = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl"
    packed.write_bytes(gzip.compress(b'{"id": 1, "v": "a"}\n{"id": 2, "v": "b"}\n'))
    plain.write_bytes(b'{"id": 2, "v": "c"}\n')
    states = target.load(
        S, batch(packed), batch(plain, compression="none"), state(1), add_record_metadata=True
    )
    assert target.rows("S", '"ID", "V"') == [(1, "a"), (2, "c")]
    assert all(at for (at,) in target.rows("S", '"_SDC_BATCHED_AT"'))
    assert states == [1]


def test_records_of_batch_files_are_validated(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"id": "x"}\n'))
    with pytest.raises(RecordError, match="Stream 's', record id=x"):
        target.load(S, batch(file), state(1))


def test_batch_files_in_parquet_are_loaded(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    moment = datetime(2024, 1, 2, 3, 4, 5, 678901, UTC)
    columns = {"id": [1, 2], "at": [moment, None], "price": [Decimal("1.10"), Decimal("2.25")]}
    parquet.write_table(pa.table(columns), file)
    described = schema(
        "s",
        {
            "id": {"type": "integer"},
            "at": {"type": ["null", "string"], "format": "date-time"},
            "price": {"type": "number"},
        },
        ["id"],
    )
    target.load(described, batch(file, format="parquet"), state(1))
    assert target.rows("S") == [
        (1, moment.replace(tzinfo=None), Decimal("1.10")),
        (2, None, Decimal("2.25")),
    ]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_batch_files_get_the_same_dates_and_metadata_as_records(
    target: Target, tmp_path: Path, kind: str
) -> None:
    rows = [{"id": 1, "at": "2024-01-02T03:04:05Z"}, {"id": 2, "at": "soon"}]
    file = tmp_path / f"a.{kind}"
    if kind == "parquet":
        parquet.write_table(pa.Table.from_pylist(rows), file)
    else:
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    at = {"type": ["null", "string"], "format": "date-time"}
    target.load(
        schema("s", {"id": {"type": "integer"}, "at": at}, ["id"]),
        batch(file, format=kind, compression="none"),
        datetime_error_treatment="null",
        add_record_metadata=True,
        run_id="night-7",
    )
    found = target.rows("S", '"ID", "AT", "_SDC_RUN_ID"')
    assert found == [(1, datetime(2024, 1, 2, 3, 4, 5), "night-7"), (2, None, "night-7")]


def test_batch_files_are_looked_for_where_the_settings_say(target: Target, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1, "v": "a"}\n'))
    message = {**batch(), "manifest": ["a.jsonl.gz"]}
    config = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
    }
    target.load(S, message, batch_config=config)
    assert target.rows("S") == [(1, "a")]


# Stream maps and flattening


def test_stream_maps_rename_filter_and_compute(target: Target) -> None:
    maps = {
        "s": {"v": "v.upper()", "__filter__": "id > 1"},
        "copy": {"__source__": "s", "id": "id", "__else__": None},
        "gone": None,
    }
    gone = schema("gone", {"id": {"type": "integer"}}, ["id"])
    target.load(
        S,
        gone,
        record("gone", id=1),
        record("s", id=1, v="a"),
        record("s", id=2, v="b"),
        stream_maps=maps,
    )
    assert target.rows("S") == [(2, "B")]
    assert target.rows("COPY") == [(1,), (2,)]
    assert target.schema.tables() == {"S", "COPY"}


def test_expressions_of_stream_maps_see_their_own_config(target: Target) -> None:
    maps = {"s": {"v": "config['prefix'] + v"}}
    target.load(S, record("s", id=1, v="a"), stream_maps=maps, stream_map_config={"prefix": "x-"})
    assert target.rows("S") == [(1, "x-a")]


def test_expressions_of_stream_maps_may_make_up_values(target: Target) -> None:
    made = Faker(locale="de_DE")
    made.seed_instance(7)
    target.load(
        S,
        record("s", id=1, v="a"),
        stream_maps={"s": {"v": "fake.city()"}},
        faker_config={"locale": "de_DE", "seed": 7},
    )
    assert target.rows("S") == [(1, made.city())]


NESTED = schema(
    "s",
    {
        "id": {"type": "integer"},
        "a": {
            "type": "object",
            "properties": {
                "b": {"type": "object", "properties": {"a_long_name": {"type": "integer"}}}
            },
        },
    },
    ["id"],
)


@pytest.mark.parametrize(
    ("settings", "columns"),
    [
        ({"flattening_max_depth": 2}, {"A__B__A_LONG_NAME": 2}),
        ({"flattening_max_depth": 1}, {"A__B": '{"a_long_name":2}'}),
        ({"flattening_max_depth": 2, "flattening_separator": "-"}, {"A_B_A_LONG_NAME": 2}),
        (
            {"flattening_max_depth": 2, "flattening_max_key_length": 12},
            {"A__B__ALN": 2},
        ),
    ],
)
def test_nested_properties_are_flattened_when_asked(
    target: Target, settings: dict[str, Any], columns: dict[str, Any]
) -> None:
    nested = record("s", id=1, a={"b": {"a_long_name": 2}})
    target.load(NESTED, nested, flattening_enabled=True, **settings)
    assert list(target.types("S")) == ["ID", *columns]
    assert target.rows("S") == [(1, *columns.values())]
