"""BATCH messages: whatever comes in files is loaded like RECORD messages."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, redirect_stdout
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.singerlib.exceptions import InvalidInputLine
from target_oracle.errors import RecordError
from target_oracle.records.arrow import shape
from target_oracle.target import TargetOracle

from .batches import PROPERTIES, as_record, batch, encode, rows, write
from .conftest import Target, record, schema, state, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oracle_standin import OracleStandin
    from target_oracle.records.frames import Columns

    from tests.conftest import OracleSchema

    from .batches import Row

AT = "2024-05-06T07:08:09.123456Z"
METHODS = ("append-only", "upsert", "overwrite", "history")
numbers = itertools.count(1)
slow = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking would take minutes
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@contextmanager
def by_columns() -> Iterator[list[bool]]:
    """Whether each frame that was met went by columns."""
    found: list[bool] = []

    def watched(*arguments: Any) -> Columns | None:
        columns = original(*arguments)
        found.append(columns is not None)
        return columns

    original = shape.columns
    with mock.patch.object(shape, "columns", watched):
        yield found


def load_three_ways(
    target: Target, directory: Path, found: list[Row], files: int = 1, **given_settings: Any
) -> list[str]:
    """Load rows as records, as JSONL and as Parquet, in one run; the names of the tables."""
    number = next(numbers)
    streams = [f"{way}_{number}" for way in ("record", "jsonl", "parquet")]
    messages: list[Any] = []
    cuts = [found[n::files] for n in range(files)]
    for stream in streams:
        head = schema(stream, PROPERTIES, ["id"])
        messages.append({**head, "bookmark_properties": ["seq"]})
        if stream.startswith("record"):
            for row in itertools.chain(*cuts):
                line = {"type": "RECORD", "stream": stream, "record": as_record(row)}
                messages.append(encode({**line, "time_extracted": AT, "version": 7}).decode())
        else:
            suffix = "gz" if stream.startswith("jsonl") else "parquet"
            paths = [directory / f"{stream}_{n}.{suffix}" for n in range(files)]
            for path, cut in zip(paths, cuts, strict=True):
                write(path, cut)
            messages.append(batch(stream, *paths, time_extracted=AT, version=7))
    target.load(*messages, add_record_metadata=True, **given_settings)
    return [stream.upper() for stream in streams]


def contents(target: Target, table: str) -> Any:
    """Types and rows of a table, and of the metadata what does not depend on the time."""
    columns = ", ".join(f'"{name.upper()}"' for name in PROPERTIES)
    known = '"_SDC_EXTRACTED_AT", "_SDC_TABLE_VERSION", "_SDC_DELETED_AT"'
    stamped = ", ".join(
        f'nvl2("_SDC_{name}", 1, 0)'
        for name in ("RECEIVED_AT", "BATCHED_AT", "SEQUENCE", "SYNC_STARTED_AT")
    )
    return target.types(table), target.rows(table, f"{columns}, {known}, {stamped}", '"ID", "SEQ"')


anything = given(
    found=rows(),
    method=st.sampled_from(METHODS),
    path=st.sampled_from(["direct", "array"]),
    files=st.integers(1, 3),
)


@settings(slow, max_examples=8)
@anything
def test_files_are_loaded_like_records(
    target: Target, tmp_path: Path, found: list[Row], method: str, path: str, files: int
) -> None:
    _check_files_against_records(target, tmp_path, found, method, path, files)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(slow, max_examples=200)
@anything
def test_files_are_loaded_like_records_at_length(
    target: Target, tmp_path: Path, found: list[Row], method: str, path: str, files: int
) -> None:
    _check_files_against_records(target, tmp_path, found, method, path, files)


def _check_files_against_records(
    target: Target, tmp_path: Path, found: list[Row], method: str, path: str, files: int
) -> None:
    with mock.patch("target_oracle.loading.loader.STRAIGHT_ROWS", 0), by_columns() as went:
        names = load_three_ways(target, tmp_path, found, files, load_method=method, load_path=path)
    records, jsonl, by_parquet = (contents(target, name) for name in names)
    assert jsonl == records
    assert by_parquet == records
    keys = {row["id"] for row in found}
    expected = len(keys) if method in {"upsert", "overwrite"} else len(found)
    assert len(records[1]) == expected
    assert went[-1]  # one before it may have found that a column must grow


@settings(slow, max_examples=5)
@given(found=rows(wrong=True), method=st.sampled_from(METHODS), files=st.integers(1, 2))
def test_bad_rows_of_files_are_rejected_like_records(
    target: Target, tmp_path: Path, found: list[Row], method: str, files: int
) -> None:
    names = load_three_ways(target, tmp_path, found, files, load_method=method, on_invalid="reject")
    records, jsonl, by_parquet = (contents(target, name) for name in names)
    assert jsonl == records
    assert by_parquet == records
    of_records, of_jsonl, of_parquet = (_rejects(target, name) for name in names)
    assert of_jsonl == of_records
    assert of_parquet == of_records


def _rejects(target: Target, table: str) -> list[tuple[Any, ...]]:
    found = target.schema.query(
        'select "REASON_CODE", "PROPERTY", "MESSAGE", "PAYLOAD" from "REJECTS" where "STREAM" = :1',
        table.lower(),
    )
    # Others may be spelled in other ways: an instant in its zone or in UTC.
    told = ("id", "seq", "code", "chosen", "bounded", "formed", "fixed", "spelled", "many")
    return sorted(
        (code, where, what, [(name, record[name]) for name in told])
        for code, where, what, payload in found
        if (record := json.loads(payload))
    )


# What goes by columns, and what does not

S = schema(
    "s",
    {
        "id": {"type": "integer"},
        "v": {"type": ["null", "string"], "maxLength": 10},
        "n": {"type": ["null", "number"]},
        "long": {"type": ["null", "string"], "maxLength": 1_000_000},
    },
    ["id"],
)


def parquet_file(path: Path, **columns: Any) -> Path:
    parquet.write_table(pa.table(columns), path, row_group_size=3)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    columns = {"id": [1, 2, 3, 2], "v": ["a", "b", None, "c"], "n": [0.1, 2.0, None, -1e20]}
    return parquet_file(tmp_path / "a.parquet", **columns)


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
    assert "Properties that the schema lacks are not loaded: other" in caplog.text


def test_the_last_of_a_key_wins_over_files_of_other_columns(target: Target, tmp_path: Path) -> None:
    first = parquet_file(tmp_path / "a.parquet", id=[1, 2], v=["a", "b"], n=[1.0, 2.0])
    second = parquet_file(tmp_path / "b.parquet", id=[2, 3], v=["c", "d"])
    with mock.patch("target_oracle.loading.loader.STRAIGHT_ROWS", 0), by_columns() as went:
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


# Files that cannot be read: nothing of their message is loaded, and no STATE after it leaves


def refused(target: Target, *messages: Any, **given_settings: Any) -> str:
    """What a run says that fails: a STATE before the BATCH is all that comes out of it."""
    known, out = TargetOracle(config={**target.config, **given_settings}), io.StringIO()
    lines = [S, record("s", id=9), state("before"), *messages, state("after")]
    failure = pytest.raises((InvalidInputLine, RecordsWithoutSchemaException))
    with redirect_stdout(out), failure as raised:
        known.run(io.StringIO(text(lines)))
    assert out.getvalue() in {"", '"before"\n'}
    return str(raised.value)


def test_a_missing_file_fails_before_its_neighbours_are_loaded(
    target: Target, file: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "gone.parquet"
    message = refused(target, batch("s", file, missing), batch_size_rows=1)
    assert message == f"The BATCH file {missing.as_uri()} is not there."
    assert target.rows("S", '"ID"') == [(9,)]


def test_a_truncated_file_fails_before_its_neighbours_are_loaded(
    target: Target, file: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(file.read_bytes()[:-5])
    message = refused(target, batch("s", file, cut), batch_size_rows=1)
    assert message.startswith(
        f"The BATCH file {cut.as_uri()} cannot be read: Parquet magic bytes not found"
    )
    assert target.rows("S", '"ID"') == [(9,)]


def test_a_damaged_page_is_found(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = pa.table({"id": range(1000), "v": [f"v{n}" for n in range(1000)]})
    parquet.write_table(columns, path, write_page_checksum=True, compression="none")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"v500", b"v5x0", 1))
    message = refused(target, batch("s", path))
    assert message.startswith(f"The BATCH file {path.as_uri()} cannot be read:")
    assert "CRC" in message
    assert not target.rows("S", '"ID"', "1")[1:]


def test_text_that_is_no_utf_8_is_found(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    latin = pa.array([b"caf\xe9"]).view(pa.string())
    parquet.write_table(pa.table({"id": [1], "v": latin}), path)
    message = refused(target, batch("s", path))
    assert message.startswith(f"The BATCH file {path.as_uri()} cannot be read: ")
    assert "UTF8" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b'{"id": 1}\n' * 2000)[:-20], "Compressed file ended"),
        (b'{"id": 1}\n', "Not a gzipped file"),
        (gzip.compress(b'{"id": 1}\n{"id": 2, "v'), "line 2 is cut off or no object"),
    ],
    ids=["truncated", "not packed", "cut before it was packed"],
)
def test_damaged_lines_are_found(target: Target, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    message = refused(target, batch("s", path))
    assert message.startswith(f"The BATCH file {path.as_uri()} cannot be read: {said}")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"encoding": {"format": "avro"}}, "Invalid enum value 'avro' - at `$.encoding.format`."),
        ({"encoding": {}}, "Object missing required field `format` - at `$.encoding`."),
        ({"manifest": "file:///a"}, "Expected `array`, got `str` - at `$.manifest`."),
        ({"manifest": None}, "Expected `array`, got `null` - at `$.manifest`."),
    ],
)
def test_a_batch_message_that_is_none_is_refused(
    target: Target, file: Path, changed: dict[str, Any], said: str
) -> None:
    assert refused(target, batch("s", file) | changed) == f"A BATCH message cannot be read: {said}"


def test_an_unknown_compression_is_refused(target: Target, tmp_path: Path) -> None:
    message = batch("s", tmp_path / "a.gz")
    message["encoding"]["compression"] = "zstd"
    assert "compression 'zstd' cannot be read: write jsonl with gzip or none." in refused(
        target, message
    )


def test_a_place_of_an_unknown_kind_is_refused(target: Target, file: Path) -> None:
    message = batch("s", file) | {"manifest": ["nowhere://a/b.parquet"]}
    assert refused(target, message).startswith("The BATCH file nowhere://a/b.parquet cannot be ")


def test_no_password_in_the_address_of_a_file_is_shown(target: Target, file: Path) -> None:
    message = batch("s", file) | {"manifest": ["nowhere://me:secret@a/b.parquet"]}
    assert "nowhere://***@a/b.parquet" in refused(target, message)


def test_a_batch_before_its_schema_is_refused(target: Target, file: Path) -> None:
    message = refused(target, batch("t", file))
    assert message == "Stream 't': a BATCH came before its SCHEMA. The tap must send it first."


def test_parquet_without_its_extra_is_refused(target: Target, file: Path) -> None:
    with mock.patch.dict(sys.modules, {"target_oracle.records.arrow": None}):
        assert "need the extra: target-oracle[parquet]." in refused(target, batch("s", file))


def test_without_batch_files_nothing_of_the_extra_is_imported() -> None:
    code = "import sys, target_oracle.target; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "gz"])
def test_empty_files_hold_no_state_back(target: Target, tmp_path: Path, suffix: str) -> None:
    empty = write(tmp_path / f"a.{suffix}", [])
    none = batch("s", empty) | {"manifest": []}
    assert target.load(S, batch("s", empty), state(1), none, state(2)) == [1, 2]
    assert target.rows("S") == []


# What fails while files are loaded


def many(path: Path, rows: int = 60) -> Path:
    return parquet_file(path, id=list(range(rows)), v=[f"v{n}" for n in range(rows)])


WHOLE = [(n, f"v{n}") for n in range(60)]


@pytest.mark.parametrize("method", METHODS[:3])
@pytest.mark.parametrize(
    "call", ["direct path stream", "direct path finish", "^merge|^insert", "^commit$"]
)
def test_a_lost_connection_is_made_good(
    oracle_server: OracleStandin,
    oracle_schema: OracleSchema,
    tmp_path: Path,
    call: str,
    method: str,
) -> None:
    target = Target(oracle_schema, {"load_path": "direct", "load_method": method})
    keys = [] if method == "append-only" else ["id"]
    described = schema("s", S["schema"]["properties"], keys)
    target.load(described)
    with mock.patch("target_oracle.loading.loader.STRAIGHT_ROWS", 0), by_columns() as went:
        oracle_server.faults.disconnect(matching=call, when="after")
        states = target.load(described, batch("s", many(tmp_path / "a.parquet")), state(1))
        oracle_server.faults.clear()
    assert (all(went), states) == (True, [1])
    assert target.rows("S", '"ID", "V"') == WHOLE


def test_where_the_direct_path_is_refused_arrays_do(
    oracle_server: OracleStandin, oracle_schema: OracleSchema, tmp_path: Path
) -> None:
    target = Target(oracle_schema)
    tuned = mock.patch.multiple("target_oracle.loading.stage", DIRECT_ROWS=5)
    with tuned, mock.patch("target_oracle.loading.loader.STRAIGHT_ROWS", 0), by_columns() as went:
        oracle_server.faults.raise_error(26000, "no", matching="direct path prepare")
        target.load(S, batch("s", many(tmp_path / "a.parquet")))
        oracle_server.faults.clear()
    assert went == [True, True]
    assert target.rows("S", '"ID", "V"') == WHOLE


def test_a_row_that_the_database_refuses_is_rejected_alone(target: Target, tmp_path: Path) -> None:
    with target.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table s (id number primary key, v varchar2(10) check (v <> 'v7'))")
    file = many(tmp_path / "a.parquet")
    target.load(S, batch("s", file), on_invalid="reject", load_path="direct")
    assert target.rows("S", '"ID", "V"') == [row for row in WHOLE if row[0] != 7]
    (found,) = target.rows("REJECTS", '"REASON_CODE", "PAYLOAD"')
    assert found == ("ORA-02290", '{"id":7,"v":"v7"}')


@pytest.mark.parametrize(("method", "at"), [("upsert", 3), ("overwrite", 1)])
def test_a_run_killed_within_a_batch_is_made_good_by_the_next(
    oracle_server: OracleStandin, oracle_schema: OracleSchema, tmp_path: Path, method: str, at: int
) -> None:
    """SIGKILL while the database waits for the rest of a flush: no STATE of the BATCH is out."""
    # With a condition, also a few rows go through staging.
    settings_of = {
        "load_path": "direct",
        "load_method": method,
        "batch_size_rows": 20,
        "skip_unchanged": True,
    }
    target = Target(oracle_schema, settings_of)
    messages = [S, state(0), batch("s", many(tmp_path / "a.parquet")), state(1)]
    slow_call = oracle_server.faults.delay(1, matching="direct path stream", nth=at, times=1)
    environment = {
        f"TARGET_ORACLE_{name.upper()}": str(value) for name, value in target.config.items()
    }
    with subprocess.Popen(
        [sys.executable, "-m", "target_oracle", "--config", "ENV"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    ) as process:
        assert process.stdin
        process.stdin.write(text(messages).encode())
        process.stdin.flush()
        end = time.monotonic() + 60
        while not slow_call.hits and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate(timeout=30)
    oracle_server.faults.clear()
    assert [json.loads(line) for line in out.splitlines()] == [0]
    assert target.load(*messages) == [0, 1]
    assert target.rows("S", '"ID", "V"') == WHOLE
