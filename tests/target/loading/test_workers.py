"""Streams that are loaded at the same time: `max_parallelism`."""

from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from oracle_standin.errors import OraError
from target_oracle.errors import LoadError, RecordError, TableError
from target_oracle.target import TargetOracle

from tests.target.conftest import Target, record, schema, state, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oracle_standin import OracleStandin
    from oracle_standin.faults import Faults

    from tests.conftest import OracleSchema

STREAMS = ("a", "b", "c", "d")
PROPERTIES = {"id": {"type": "integer"}, "v": {"type": ["null", "string"]}}
SCHEMAS = [schema(name, PROPERTIES, ["id"]) for name in STREAMS]
ROWS = [record(name, id=n, v=f"{name}{n}") for n in range(60) for name in STREAMS]


@pytest.fixture
def target(oracle_schema: OracleSchema) -> Target:
    return Target(oracle_schema, {"max_parallelism": 3})


@pytest.fixture
def faults(oracle_server: OracleStandin) -> Iterator[Faults]:
    yield oracle_server.faults
    oracle_server.faults.clear()


def expected(stream: str, rows: int = 60) -> list[tuple[Any, ...]]:
    return [(n, f"{stream}{n}") for n in range(rows)]


@pytest.mark.parametrize("method", ["upsert", "append-only", "overwrite"])
@pytest.mark.parametrize("path", ["direct", "array"])
def test_streams_that_come_in_turns_are_loaded_whole(
    target: Target, method: str, path: str
) -> None:
    target.limit(straight_rows=0)
    settings = {"load_method": method, "load_path": path, "batch_size_rows": 7}
    assert target.load(*SCHEMAS, *ROWS, state("end"), **settings) == ["end"]
    for stream in STREAMS:
        assert target.rows(stream.upper()) == expected(stream)
    assert target.schema.tables() == {"A", "B", "C", "D"}


def test_two_streams_are_in_the_database_at_the_same_time(
    target: Target, oracle_server: OracleStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = threading.Barrier(2, timeout=20)  # nobody goes on before the other one is there

    def wait(_session: object, sql: str, _binds: object) -> None:
        if sql.startswith("INSERT INTO") and sql.split('"')[3] in {"A", "B"}:
            meeting.wait()

    monkeypatch.setattr(oracle_server.listener, "before_execute", wait)
    two = [each for each in ROWS if each["stream"] in "ab"]
    assert target.load(*SCHEMAS[:2], *two, state(1)) == [1]
    assert (target.rows("A"), target.rows("B")) == (expected("a"), expected("b"))


def test_state_waits_for_every_stream_that_it_covers(
    target: Target, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults.delay(0.5, matching='^INSERT INTO "[^"]+"."A"', times=None)
    rows = [record("a", id=0, v="a0"), *(record("b", id=n, v=f"b{n}") for n in range(6))]
    body = [message for n, row in enumerate(rows) for message in (row, state(n))]
    committed = []

    class Watch:
        def write(self, sent: str) -> int:
            committed.append((sent.strip(), target.rows("A"), len(target.rows("B"))))
            return len(sent)

        def flush(self) -> None: ...

    loading = TargetOracle(config={**target.config, "batch_size_rows": 1})
    monkeypatch.setattr("sys.stdout", Watch())
    loading.run(io.StringIO(text([*SCHEMAS[:2], *body])))
    for sent, first, others in committed:
        assert first == [(0, "a0")]
        assert others >= int(sent)
    assert committed[-1][0] == "6"


def test_the_first_failure_is_told_and_nothing_else_is_lost(
    target: Target,
    oracle_server: OracleStandin,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    meeting = threading.Barrier(2, timeout=20)  # both are at it before the first one fails

    def refuse(_session: object, sql: str, _binds: object) -> None:
        if sql.startswith("INSERT INTO") and sql.split('"')[3] in {"B", "C"}:
            meeting.wait()
            raise OraError(1653, "no space")

    monkeypatch.setattr(oracle_server.listener, "before_execute", refuse)
    states: list[Any] = []
    with pytest.raises(LoadError, match="Stream 'b': cannot load table B"):
        states += target.load(*SCHEMAS, *ROWS, state(1))
    assert states == []
    besides = [each.message for each in caplog.records if "Besides" in each.message]
    assert len(besides) == 1
    assert "Stream 'c': cannot load table C" in besides[0]
    assert target.rows("A") == expected("a")
    assert (target.rows("B"), target.rows("C")) == ([], [])
    assert target.schema.tables() == {"A", "B", "C", "D"}


def test_two_streams_are_kept_out_of_one_table(target: Target) -> None:
    with pytest.raises(TableError, match="both load table A"):
        target.load(SCHEMAS[0], schema("A", PROPERTIES, ["id"]), *ROWS[:1], record("A", id=1))
    assert target.rows("A", '"ID"') in ([], [(0,)])  # the stream that came first may be loaded


def test_bad_records_are_counted_over_all_streams(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "summary"
    bad = [record(name, id="x") for name in STREAMS]
    with pytest.raises(RecordError, match="More than max_rejects"):
        target.load(*SCHEMAS, *bad, on_invalid="reject", max_rejects=3, summary_file=str(file))
    streams = json.loads(file.read_text())["streams"].values()
    kept = [name for (name,) in target.rows("REJECTS", '"STREAM"')]
    assert sum(each["rejected"] for each in streams) == len(kept) == len(set(kept)) > 0
    settings = {"on_invalid": "reject", "max_rejects": 4, "reject_table": "BAD"}
    target.load(*SCHEMAS, *bad, *ROWS, **settings)
    assert target.rows("BAD", "stream, reason_code") == [(name, "schema") for name in STREAMS]
    assert target.rows("C") == expected("c")


def test_a_schema_may_change_and_versions_be_activated(target: Target) -> None:
    more = {**PROPERTIES, "extra": {"type": "integer"}}
    versions = [{"type": "ACTIVATE_VERSION", "stream": s, "version": 2} for s in STREAMS]
    old = [{**each, "version": 1} for each in ROWS]
    new = [{**record(s, id=1, v="new", extra=7), "version": 2} for s in STREAMS]
    target.load(
        *SCHEMAS,
        *old,
        *(schema(name, more, ["id"]) for name in STREAMS),
        *new,
        *versions,
        state(1),
        add_record_metadata=True,
        hard_delete=True,
    )
    for stream in STREAMS:
        assert target.rows(stream.upper(), '"ID", "V", "EXTRA"') == [(1, "new", 7)]
