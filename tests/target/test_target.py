"""From messages to rows, states and exit codes."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import redirect_stdout
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import InvalidJSONSchema
from singer_sdk.singerlib.exceptions import InvalidInputLine
from target_oracle.errors import NameClashError, RecordError, TableError
from target_oracle.target import TargetOracle

from .conftest import Target, record, schema, state, text

if TYPE_CHECKING:
    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

ID = {"id": {"type": "integer"}}
ORDERS = schema("order_hdr", {**ID, "nbr": {"type": ["null", "string"], "maxLength": 10}}, ["id"])


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


def test_upsert_updates_known_keys_and_inserts_the_rest(target: Target) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"), record("order_hdr", id=2, nbr="B"))
    target.load(ORDERS, record("order_hdr", id=2, nbr="b"), record("order_hdr", id=3, nbr="C"))
    assert target.rows("ORDER_HDR") == [(1, "A"), (2, "b"), (3, "C")]


@pytest.mark.parametrize("rows", [10, 3_000], ids=["straight", "staged"])
def test_the_last_record_of_a_key_wins(target: Target, rows: int) -> None:
    repeated = [record("order_hdr", id=n % 7, nbr=f"v{n}") for n in range(rows)]
    target.load(ORDERS, *repeated)
    last = {n % 7: f"v{n}" for n in range(rows)}
    assert target.rows("ORDER_HDR") == sorted(last.items())


def test_the_last_record_of_a_key_wins_across_slices_and_flushes(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("target_oracle.records.buffer.SLICE_ROWS", 700)
    repeated = [record("order_hdr", id=n % 911, nbr=f"v{n}") for n in range(5_000)]
    target.load(ORDERS, *repeated, batch_size_rows=2_000)
    last = {n % 911: f"v{n}" for n in range(5_000)}
    assert target.rows("ORDER_HDR") == sorted(last.items())


def test_staging_is_gone_after_the_run(target: Target) -> None:
    target.load(ORDERS, *(record("order_hdr", id=n, nbr="x") for n in range(2_000)))
    assert target.schema.tables() == {"ORDER_HDR"}


def test_append_keeps_every_record(target: Target) -> None:
    messages = [ORDERS, record("order_hdr", id=1, nbr="A"), record("order_hdr", id=1, nbr="B")]
    target.load(*messages, load_method="append-only")
    target.load(*messages, load_method="append-only")
    assert target.rows("ORDER_HDR", order="2") == [(1, "A"), (1, "A"), (1, "B"), (1, "B")]


def test_a_property_that_a_record_lacks_is_null(target: Target) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"))
    target.load(ORDERS, record("order_hdr", id=1))
    assert target.rows("ORDER_HDR") == [(1, None)]


def test_a_column_that_the_schema_lacks_is_left_alone(target: Target) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"))
    target.load(
        schema("order_hdr", {**ID, "qty": ID["id"]}, ["id"]), record("order_hdr", id=1, qty=5)
    )
    assert target.rows("ORDER_HDR") == [(1, "A", 5)]


VALUES: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "integer"}, 2**63 + 1, Decimal(2**63 + 1)),
    ({"type": "integer"}, -(10**38) + 1, Decimal(-(10**38) + 1)),
    ({"type": "number"}, 0.1, Decimal("0.1")),
    ({"type": "number"}, 1e-100, Decimal("1e-100")),
    ({"type": "number"}, 1.5e100, Decimal("1.5e100")),
    ({"type": "string", "maxLength": 5}, "😀" * 5, "😀" * 5),
    ({"type": "string", "maxLength": 4000}, "é" * 2000, "é" * 2000),
    ({"type": "string"}, 'it\'s "quoted"\n\tand :bound; --', 'it\'s "quoted"\n\tand :bound; --'),
    ({"type": "string"}, "", None),
    ({"type": "string"}, "  padded  ", "  padded  "),
    ({"type": "string"}, "x" * 100_000, "x" * 100_000),
    ({"type": "string"}, "😀" * 30_000, "😀" * 30_000),
    ({"type": "string", "maxLength": 100_000}, "short", "short"),
    ({"type": "string", "format": "date"}, "0001-01-01", datetime(1, 1, 1)),
    ({"type": "string", "format": "date"}, "9999-12-31", datetime(9999, 12, 31)),
    (
        {"type": "string", "format": "date-time"},
        "9999-12-31T23:59:59.999999Z",
        datetime(9999, 12, 31, 23, 59, 59, 999999),
    ),
    ({"type": "string", "format": "date-time"}, "0001-01-01T00:00:00Z", datetime(1, 1, 1)),
    (
        {"type": "string", "format": "date-time"},
        "2024-03-31T02:30:00.000001+02:00",
        datetime(2024, 3, 31, 0, 30, 0, 1),
    ),
    ({"type": "string", "format": "time"}, "23:59:59.999999", "23:59:59.999999"),
    ({"type": "boolean"}, True, 1),
    ({"type": "object"}, {"a": {"b": [1, None, "é"]}}, '{"a":{"b":[1,null,"é"]}}'),
    ({"type": "array"}, [], "[]"),
    ({"type": ["string", "integer"]}, 7, "7"),
    ({"type": "string", "contentEncoding": "base64"}, "AAEC/w==", b"\x00\x01\x02\xff"),
]


@pytest.mark.parametrize("staged", [False, True], ids=["straight", "staged"])
@pytest.mark.parametrize(("property_schema", "value", "loaded"), VALUES)
def test_a_value_comes_back_as_it_went_in(
    target: Target,
    monkeypatch: pytest.MonkeyPatch,
    property_schema: dict[str, Any],
    value: Any,
    loaded: Any,
    *,
    staged: bool,
) -> None:
    monkeypatch.setattr("target_oracle.loading.loader.STRAIGHT_ROWS", 0 if staged else 10)
    nullable = {"anyOf": [property_schema, {"type": "null"}]}
    described = schema("s", {**ID, "v": nullable}, ["id"])
    target.load(described, record("s", id=1, v=value), record("s", id=2, v=None))
    assert target.rows("S") == [(1, loaded), (2, None)]


def test_numbers_keep_all_their_digits(target: Target) -> None:
    digits = [
        "1234567890123456789012345678901234567890",
        "0.1234567890123456789012345678901234567890",
    ]
    lines = [
        f'{{"type": "RECORD", "stream": "s", "record": {{"id": {n}, "v": {each}}}}}'
        for n, each in enumerate(digits)
    ]
    target.load(schema("s", {**ID, "v": {"type": "number"}}, ["id"]), *lines)
    assert target.rows("S") == [(n, Decimal(each)) for n, each in enumerate(digits)]


@pytest.mark.parametrize(
    ("property_schema", "value"),
    [
        ({"type": "string"}, "a"),
        ({"type": "string", "format": "date-time"}, "2024-01-01T00:00:00Z"),
    ],
)
def test_keys_of_any_type_match(
    target: Target, property_schema: dict[str, Any], value: str
) -> None:
    described = schema("s", {"k": property_schema, "v": {"type": "integer"}}, ["k"])
    target.load(described, record("s", k=value, v=1))
    target.load(described, record("s", k=value, v=2))
    assert target.rows("S", '"V"') == [(2,)]


def test_an_existing_table_is_loaded_in_its_own_types(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table s (id varchar2(10) primary key, at date, qty varchar2(20), "
            "flag char(1), total number generated always as (1 + 1) virtual)"
        )
    described = schema(
        "s",
        {
            **ID,
            "at": {"type": "string", "format": "date-time"},
            "qty": {"type": "number"},
            "flag": {"type": "string"},
            "total": {"type": "integer"},
        },
        ["id"],
    )
    target.load(described, record("s", id=1, at="2024-01-02T03:04:05Z", qty=1.5, flag="Y", total=9))
    columns = "id, at, qty, flag, total"
    assert target.rows("S", columns) == [("1", datetime(2024, 1, 2, 3, 4, 5), "1.5", "Y", 2)]


def test_metadata_columns_are_filled(target: Target) -> None:
    message = {
        **record("order_hdr", id=1),
        "time_extracted": "2024-01-02T03:04:05.6Z",
        "version": 7,
    }
    before = datetime.now(UTC).replace(tzinfo=None)
    target.load(ORDERS, message, add_record_metadata=True)
    ((extracted, received, batched, deleted, sequence, version, started),) = target.rows(
        "ORDER_HDR",
        '"_SDC_EXTRACTED_AT", "_SDC_RECEIVED_AT", "_SDC_BATCHED_AT", "_SDC_DELETED_AT", '
        '"_SDC_SEQUENCE", "_SDC_TABLE_VERSION", "_SDC_SYNC_STARTED_AT"',
    )
    assert extracted == datetime(2024, 1, 2, 3, 4, 5, 600000)
    assert before <= received <= batched
    assert (deleted, version) == (None, 7)
    assert started <= sequence <= time.time() * 1000


def test_rows_tell_the_run_that_loaded_them(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "summary.jsonl"
    for number in (1, 2):
        target.load(
            ORDERS,
            record("order_hdr", id=number),
            add_record_metadata=True,
            summary_file=str(file),
        )
    runs = [json.loads(line)["run_id"] for line in file.read_text().splitlines()]
    assert len(set(runs)) == 2
    assert target.rows("ORDER_HDR", '"ID", "_SDC_RUN_ID"') == list(enumerate(runs, 1))
    assert target.types("ORDER_HDR")["_SDC_RUN_ID"] == "VARCHAR2(36)"


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


# States


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
    ],
)
def test_a_stream_is_kept_out_of_the_targets_own_tables(
    target: Target, name: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(TableError, match=f"Stream '{name}' is for table {name.upper()}, which is"):
        target.load(schema(name, ID, ["id"]), record(name, id=1), **settings)


def test_batches_are_flushed_by_bytes_over_all_streams(target: Target) -> None:
    messages: list[Any] = [ORDERS, schema("other", ID, ["id"])]
    for n in range(1, 5):
        messages += [record("order_hdr", id=n), record("other", id=n), state(n)]
    states = target.load(*messages, batch_size_bytes=200)
    assert states[-1] == 4
    assert len(states) > 1
    assert target.rows("OTHER") == [(n,) for n in range(1, 5)]


# Schemas


def test_a_repeated_schema_costs_nothing(target: Target) -> None:
    states = target.load(ORDERS, record("order_hdr", id=1), state(1), ORDERS, state(2))
    assert states == [2]


def test_a_changed_schema_loads_what_waits_and_adds_its_columns(target: Target) -> None:
    changed = schema("order_hdr", {**ID, "at": {"type": "string", "format": "date"}}, ["id"])
    target.load(
        ORDERS,
        record("order_hdr", id=1, nbr="A"),
        changed,
        record("order_hdr", id=2, at="2024-01-02"),
    )
    assert target.rows("ORDER_HDR") == [(1, "A", None), (2, None, datetime(2024, 1, 2))]


def test_text_that_outgrows_its_column_widens_it(target: Target) -> None:
    target.load(ORDERS, record("order_hdr", id=1, nbr="A"))
    target.load(ORDERS, record("order_hdr", id=2, nbr="B" * 20), validate_records=False)
    assert target.types("ORDER_HDR")["NBR"] == "VARCHAR2(32)"
    target.load(ORDERS, record("order_hdr", id=3, nbr="C" * 5000), validate_records=False)
    assert target.types("ORDER_HDR")["NBR"] == "CLOB"
    assert target.rows("ORDER_HDR") == [(1, "A"), (2, "B" * 20), (3, "C" * 5000)]


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
            [schema("s", {"id": {"type": "intger"}})],
            InvalidJSONSchema,
            "Stream 's': not a valid JSON Schema",
        ),
        (
            [schema("a b", ID), schema("a_b", ID)],
            TableError,
            "'a b' and 'a_b' both load table A_B",
        ),
        (["{"], InvalidInputLine, "Line 1 is not a Singer message"),
        (
            [ORDERS, '{"type": "RECORD", "stream": "order_hdr", "record": {"id": NaN}}'],
            InvalidInputLine,
            "Line 2 is not a Singer message",
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


# The program


def test_the_program_loads_and_prints_states_only(target: Target) -> None:
    run = target.run(ORDERS, record("order_hdr", id=1, nbr="A"), state({"b": 1}))
    assert (run.code, run.states) == (0, [{"b": 1}])
    assert target.rows("ORDER_HDR") == [(1, "A")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "wr0ng"}, "user name or password is wrong"),
        ({"host": "no.such.host.invalid"}, "Check host and port."),
        ({"port": 1}, "cannot reach the database"),
        ({"load_method": "merg"}, "Setting 'load_method'"),
    ],
)
def test_a_failure_is_one_sentence_and_a_non_zero_exit(
    target: Target, changes: dict[str, Any], sentence: str
) -> None:
    run = target.run(ORDERS, record("order_hdr", id=1), state(1), **changes)
    assert (run.code, run.out) == (1, "")
    assert sentence in run.log
    assert "Traceback" not in run.log
    assert "wr0ng" not in run.log
    assert target.schema.password not in run.log


def test_a_bad_record_shows_no_values_in_the_log(target: Target) -> None:
    run = target.run(ORDERS, record("order_hdr", id=1, nbr="s3cret-far-too-long"), state(1))
    assert (run.code, run.out) == (1, "")
    assert "longer than 10 characters (property 'nbr')" in run.log
    assert "s3cret" not in run.log
    assert "Traceback" not in run.log


def test_sigterm_loads_what_was_read_and_exits_non_zero(target: Target) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    program = subprocess.Popen(
        [sys.executable, "-m", "target_oracle", "--config", "ENV"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with program:
        assert program.stdin
        program.stdin.write(text([ORDERS, record("order_hdr", id=1), state({"b": 1})]))
        program.stdin.flush()
        deadline = time.monotonic() + 30
        while "ORDER_HDR" not in target.schema.tables() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        program.send_signal(signal.SIGTERM)
        assert program.wait(30) == 128 + signal.SIGTERM
        assert program.stdout
        assert program.stdout.read() == '{"b": 1}\n'
        assert program.stderr
        assert "Stopped by SIGTERM" in program.stderr.read()
    assert target.rows("ORDER_HDR", '"ID"') == [(1,)]


def test_a_tap_that_dies_in_the_middle_of_a_line_leaves_what_came_before(target: Target) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    done = subprocess.run(
        [sys.executable, "-m", "target_oracle", "--config", "ENV"],
        input=text([ORDERS, record("order_hdr", id=1), state({"b": 1})]) + '{"type": "RECO',
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 1
    assert done.stdout == '{"b": 1}\n'
    assert "The input ends in the middle of line 4: the tap has died." in done.stderr
    assert target.rows("ORDER_HDR", '"ID"') == [(1,)]


def test_a_long_state_leaves_whole_when_signals_come_while_it_is_written(target: Target) -> None:
    settings = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    program = subprocess.Popen(
        [sys.executable, "-m", "target_oracle", "--config", "ENV"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**settings, "PYTHONUNBUFFERED": "1"},
    )
    long = "x" * 2_000_000
    with program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(text([ORDERS, record("order_hdr", id=1), state(long)]))
        program.stdin.close()
        deadline = time.monotonic() + 20
        while not target.schema.tables() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)  # the pipe is full by now
        program.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert program.stdout.read() == f'"{long}"\n'


@pytest.mark.parametrize("full", ["log", "state"])
def test_a_full_disk_loses_no_row_and_no_honesty(target: Target, tmp_path: Path, full: str) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    other = tmp_path / "other"
    with Path("/dev/full").open("w") as device, other.open("w") as file:
        done = subprocess.run(
            [sys.executable, "-m", "target_oracle", "--config", "ENV"],
            input=text([ORDERS, record("order_hdr", id=1), state({"b": 1})]),
            stdout=device if full == "state" else file,
            stderr=device if full == "log" else file,
            text=True,
            check=False,
            env=environment,
        )
    assert target.rows("ORDER_HDR", '"ID"') == [(1,)]
    if full == "log":
        assert other.read_text() == '{"b": 1}\n'
        assert done.returncode in {0, 120}  # Python's own, when it cannot flush the log at its end
    else:
        assert done.returncode == 1
        said = other.read_text()
        assert "The STATE cannot be written to the standard output: No space left" in said
        assert "Exception ignored" not in said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("closed", "told"),
    [(">&-", "The standard output is closed"), ("<&-", "The standard input is closed")],
)
def test_a_program_without_input_or_output_says_so(target: Target, closed: str, told: str) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} -m target_oracle --config ENV {closed}"],
        input=text([ORDERS, record("order_hdr", id=1)]),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    (line,) = [each for each in done.stderr.splitlines() if "| ERROR" in each]
    assert (done.returncode, told in line, "Traceback" in done.stderr) == (1, True, False)
    assert target.schema.tables() == set()


def test_a_silent_tap_does_not_keep_rows_from_the_table(target: Target) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    program = subprocess.Popen(
        [sys.executable, "-m", "target_oracle", "--config", "ENV"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**environment, "TARGET_ORACLE_BATCH_MAX_AGE": "0.1"},
    )
    with program:
        assert program.stdin
        program.stdin.write(text([ORDERS, record("order_hdr", id=1), state({"b": 1})]))
        program.stdin.flush()
        assert program.stdout
        assert program.stdout.readline() == '{"b": 1}\n'
        assert target.rows("ORDER_HDR", '"ID"') == [(1,)]
        program.stdin.close()
        assert program.wait(30) == 0


def test_sigterm_inside_a_flush_lets_it_end(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema)
    target.load(ORDERS)
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    program = subprocess.Popen(
        [sys.executable, "-m", "target_oracle", "--config", "ENV"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**environment, "TARGET_ORACLE_BATCH_SIZE_ROWS": "2"},
    )
    messages = [ORDERS, record("order_hdr", id=1), record("order_hdr", id=2), state(2)]
    with oracle_server.faults.recorded() as calls, program:
        oracle_server.faults.delay(1.0, matching="^INSERT", times=1)
        assert program.stdin
        program.stdin.write(text([*messages, record("order_hdr", id=3), state(3)]))
        program.stdin.flush()
        deadline = time.monotonic() + 30
        while not any(call.startswith("INSERT") for call in calls) and time.monotonic() < deadline:
            time.sleep(0.02)
        program.send_signal(signal.SIGTERM)
        assert program.wait(30) == 128 + signal.SIGTERM
        assert program.stdout
        assert program.stdout.read().splitlines()[-1] == "3"
    assert target.rows("ORDER_HDR", '"ID"') == [(1,), (2,), (3,)]


@pytest.mark.long
@pytest.mark.parametrize("parallel", [1, 2])
def test_a_second_sigterm_gives_the_flush_up(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, parallel: int
) -> None:
    target = Target(oracle_schema, {"max_parallelism": parallel, "batch_size_rows": 2})
    target.load(ORDERS)
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    program = subprocess.Popen(
        [sys.executable, "-m", "target_oracle", "--config", "ENV"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    rows = [record("order_hdr", id=n) for n in (1, 2, 3)]
    with oracle_server.faults.recorded() as calls, program:
        stuck = oracle_server.faults.delay(6, matching="^INSERT", times=1)
        assert program.stdin
        program.stdin.write(text([ORDERS, *rows, state(3)]))
        program.stdin.flush()
        deadline = time.monotonic() + 30
        while not any(call.startswith("INSERT") for call in calls) and time.monotonic() < deadline:
            time.sleep(0.02)
        for _ in range(2):
            time.sleep(0.3)
            program.send_signal(signal.SIGTERM)
        told = time.monotonic()
        out, log = program.communicate(timeout=30)
        took = time.monotonic() - told
    assert (program.returncode, stuck.hits, out) == (128 + signal.SIGTERM, 1, "")
    assert "Traceback" not in log
    assert '"status": "stopped"' in log
    assert target.rows("ORDER_HDR") == []
    assert took < (4 if parallel > 1 else 30)  # with one lane, until the statement is through
    time.sleep(6)  # until it is through in the database, too


def test_a_table_is_looked_up_once_whatever_its_columns(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema)
    wide = schema("wide", {**ID, **{f"c{n}": {"type": "string"} for n in range(200)}}, ["id"])
    target.load(wide)
    with oracle_server.faults.recorded() as calls:
        target.load(wide, record("wide", id=1), wide, record("wide", id=2))
    assert sum("all_tab_cols" in call for call in calls) == 1
    assert len(calls) < 20


def test_preparing_a_table_reads_the_dictionary_once_per_version_of_its_schema(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema, {"on_invalid": "reject", "batch_size_rows": 1})
    first = schema("a", ID, ["id"])
    more = schema("a", {**ID, "v": {"type": "string", "maxLength": 5}}, ["id"])
    wider = schema("a", {**ID, "v": {"type": "string", "maxLength": 9}}, ["id"])
    identity = "create table b (id number primary key, n number generated always as identity)"
    oracle_schema.connect().cursor().execute(identity)
    with oracle_server.faults.recorded() as calls:
        target.load(first, record("a", id=1), schema("b", ID, ["id"]), record("b", id=1), first)
    assert lookups(calls) == {**ONCE, "all_tab_cols": 3}  # a, the reject table, b
    with oracle_server.faults.recorded() as calls:
        target.load(more, record("a", id=2, v="x"), wider, record("a", id=3), more, more)
    assert lookups(calls) == {**ONCE, "all_tab_cols": 4}  # three versions, the reject table
    assert target.types("A")["V"] == "VARCHAR2(9)"


ONCE = {"dual": 3, "all_tables": 1}  # whose schema it is, what the server allows, stale tables


def lookups(calls: list[str]) -> dict[str, int]:
    """How many statements ask the dictionary, by the first view they name."""
    views = [re.findall(r"\bsys\.(\w+)|\b(?:user|all|dba)_\w+", call) for call in calls]
    return Counter(found[0] for found in views if found)
