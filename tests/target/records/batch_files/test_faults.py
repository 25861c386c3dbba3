"""What fails while files are loaded is made good, or rejected alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.programs.forks import forked
from tests.target.conftest import Target, schema, state, text
from tests.target.records.batch_files.batches import (
    batch,
)
from tests.target.records.batch_files.conftest import (
    METHODS,
    WHOLE,
    S,
    by_columns,
    many,
)

if TYPE_CHECKING:
    from pathlib import Path

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema


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
    target.limit(straight_rows=0)
    with by_columns() as went:
        oracle_server.faults.disconnect(matching=call, when="after")
        states = target.load(described, batch("s", many(tmp_path / "a.parquet")), state(1))
        oracle_server.faults.clear()
    assert (all(went), states) == (True, [1])
    assert target.rows("S", '"ID", "V"') == WHOLE


def test_where_the_direct_path_is_refused_arrays_do(
    oracle_server: OracleStandin, oracle_schema: OracleSchema, tmp_path: Path
) -> None:
    target = Target(oracle_schema)
    target.limit(straight_rows=0, direct_rows=5)
    with by_columns() as went:
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
        [*forked("target_oracle"), "--config", "ENV"],
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
