"""The load log: a row for each run and stream."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from target_oracle.database import load_log
from target_oracle.database.load_log import COLUMNS, COMMENTS
from target_oracle.errors import LoadError, RecordError, TargetError

from tests.programs.forks import forked
from tests.target.conftest import Target, record, state, text
from tests.target.observing.reports import S, T, log, marked, report_of, told

if TYPE_CHECKING:
    from pathlib import Path

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema


def test_the_load_log_has_a_typed_and_explained_row_per_run_and_stream(target: Target) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    said = told("finished", s=True, t=True)
    messages = [marked("1"), S, record("s", id=1), record("s", id="x"), T, marked("2", **said)]
    settings = {"table_prefix": "WMS_", "load_log_table": "load_log", "on_invalid": "reject"}
    target.load(*messages, run_id="run-7", **settings)
    target.load(S, record("s", id=1), **settings)

    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    first = dict(
        zip(
            COLUMNS,
            target.rows("WMS_LOAD_LOG", columns, order='"STARTED_AT", "STREAM"')[0],
            strict=True,
        )
    )
    started, ended = first.pop("STARTED_AT"), first.pop("ENDED_AT")
    assert before.replace(tzinfo=None) < started < ended
    assert first.pop("LOAD_SECONDS") > 0
    assert first.pop("ROWS_PER_SECOND") > 0
    assert first == {
        "RUN_ID": "run-7", "STREAM": "s", "TABLE_NAME": "WMS_S", "STATUS": "finished",
        "RUN_STATUS": "finished", "EXIT_CODE": 0, "ERROR": None, "ROWS_READ": 2, "ROWS_WRITTEN": 1,
        "ROWS_REJECTED": 1, "ROWS_DELETED": 0, "FLUSHES": 1, "BOOKMARK_BEFORE": "1",
        "BOOKMARK_AFTER": "2", "PAGES": 7, "RETRIES": 1, "TAP_RUN_ID": "tap-1",
        "TAP_STATUS": "finished", "KEY_PROPERTIES": '["id"]', "REPLICATION_KEY": None,
        "SCHEMA_CHANGES": None, "ENVIRONMENT": None,
    }  # fmt: skip
    assert target.rows("WMS_LOAD_LOG", "count(*)") == [(3,)]
    assert target.rows("WMS_REJECTS", '"RUN_ID"') == [("run-7",)]
    types = target.types("WMS_LOAD_LOG")
    assert types["STARTED_AT"] == "TIMESTAMP(6) WITH TIME ZONE"
    assert types["ERROR"] == "VARCHAR2(1000)"
    comments = target.schema.query(
        "select column_name, comments from user_col_comments where table_name = 'WMS_LOAD_LOG'"
    )
    assert dict(comments) == COMMENTS
    assert COMMENTS.keys() == COLUMNS.keys()


def test_no_load_log_is_kept_unless_asked_for(target: Target) -> None:
    target.load(S, record("s", id=1))
    assert target.schema.tables() == {"S"}


def test_a_failed_run_is_logged_with_its_sentence(target: Target) -> None:
    with pytest.raises(RecordError):
        target.load(S, record("s", id=1), record("s", id="x"), load_log_table="LOAD_LOG")
    ((status, code, error, written),) = log(
        target, '"STATUS", "EXIT_CODE", "ERROR", "ROWS_WRITTEN"'
    )
    assert (status, code, written) == ("failed", 1, 0)
    assert error.startswith("Stream 's', record id=x:")
    assert target.rows("S") == []


def test_the_load_log_commits_nothing_of_a_flush_that_fails(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema)
    oracle_server.faults.raise_error(1653, matching="^COMMIT$", nth=1)
    try:
        with pytest.raises((LoadError, TargetError)):
            target.load(S, record("s", id=1), load_log_table="LOAD_LOG", max_retries=0)
    finally:
        oracle_server.faults.clear()
    assert target.rows("S") == []
    assert log(target, '"STATUS", "ROWS_WRITTEN"') == [("failed", 0)]


def test_a_load_log_that_cannot_be_written_is_said_and_costs_nothing_else(
    oracle_schema: OracleSchema,
    tmp_path: Path,
    oracle_server: OracleStandin,
    caplog: pytest.LogCaptureFixture,
) -> None:
    target = Target(oracle_schema)
    oracle_server.faults.raise_error(1653, matching='INSERT INTO .*"LOAD_LOG"')
    try:
        messages = [S, record("s", id=1), marked("1")]
        report = report_of(target, tmp_path, *messages, load_log_table="LOAD_LOG")
    finally:
        oracle_server.faults.clear()
    assert target.rows("S", '"ID"') == [(1,)]
    assert (report["status"], report["exit_code"]) == ("finished", 0)
    assert report["load_log"] == (
        "The load log is not written: the tablespace is full: add space (ORA-01653)."
    )
    assert report["load_log"] in caplog.text
    assert log(target, '"RUN_ID"') == []


def test_a_load_log_whose_commit_was_lost_is_not_said_to_be_missing(
    oracle_schema: OracleSchema, tmp_path: Path, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema)
    lost = oracle_server.faults.disconnect(matching="^COMMIT$", when="after", nth=2)
    try:
        report = report_of(target, tmp_path, S, record("s", id=1), load_log_table="LOAD_LOG")
    finally:
        oracle_server.faults.clear()
    assert (report["status"], lost.hits, len(log(target, '"RUN_ID"'))) == ("finished", 1, 1)
    assert report["load_log"].startswith("Whether the load log is written is not known: ")


def test_a_run_without_a_connection_says_that_it_is_not_logged(
    target: Target, tmp_path: Path
) -> None:
    file = tmp_path / "summary.jsonl"
    run = target.run(
        S, record("s", id=1), password="wr0ng", load_log_table="L", summary_file=str(file)
    )
    report = json.loads(file.read_text())
    assert (run.code, report["exit_code"], report["status"]) == (1, 1, "failed")
    assert "user name or password is wrong" in report["error"]
    assert report["load_log"] == "The load log is not written: there is no connection."
    assert "wr0ng" not in run.log + file.read_text()


def test_an_older_load_log_gets_the_columns_it_lacks(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute('create table "LOAD_LOG" ("RUN_ID" varchar2(30 char))')
    target.load(S, record("s", id=1), load_log_table="LOAD_LOG", run_id="r" * 36)
    assert log(target, '"RUN_ID", "STATUS"') == [("r" * 36, "finished")]


def test_a_stopped_run_is_logged_as_stopped(target: Target) -> None:
    settings = {**target.config, "load_log_table": "LOAD_LOG"}
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in settings.items()}
    command = [*forked("target_oracle"), "--config", "ENV"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(text([S, state(1)]).encode())
        process.stdin.flush()
        assert process.stdout.readline() == b"1\n"
        process.stdin.write(text([record("s", id=1)]).encode())
        process.stdin.flush()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)  # its input stays open: the end of it would end the run well
    ((status, code, error, read, written),) = log(
        target, '"STATUS", "EXIT_CODE", "ERROR", "ROWS_READ", "ROWS_WRITTEN"'
    )
    assert (status, code) == ("stopped", process.returncode) == ("stopped", 143)
    assert "SIGTERM" in error
    assert read == written == len(target.rows("S"))


def test_the_load_log_waits_for_a_lock_no_longer_than_it_may(
    oracle_schema: OracleSchema,
    tmp_path: Path,
    oracle_server: OracleStandin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = Target(oracle_schema)
    monkeypatch.setattr(load_log, "PATIENCE", 1)
    target.load(S, load_log_table="LOAD_LOG")
    oracle_server.faults.delay(3, matching='INSERT INTO .*"LOAD_LOG"', times=1)
    try:
        report = report_of(target, tmp_path, S, record("s", id=1), load_log_table="LOAD_LOG")
    finally:
        oracle_server.faults.clear()
    assert (report["status"], target.rows("S", '"ID"')) == ("finished", [(1,)])
    # DPY-4024, or DPY-4011 when the server does not answer the driver's wish to stop either
    assert re.search(r"The load log is not written: .* \(DPY-40(24|11)\)", report["load_log"])


def test_no_mishap_of_the_load_log_changes_how_a_run_ends(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(_: object) -> None:
        msg = "s3cret"
        raise RuntimeError(msg)

    monkeypatch.setattr(load_log, "rows", fall)
    report = report_of(target, tmp_path, S, record("s", id=1), load_log_table="LOAD_LOG")
    assert (report["status"], target.rows("S", '"ID"')) == ("finished", [(1,)])
    assert report["load_log"] == "The load log is not written: unexpected RuntimeError."
