"""A run's report: as a line, in a file, and in the load log."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.database import load_log
from target_oracle.database.load_log import COLUMNS, COMMENTS
from target_oracle.errors import LoadError, RecordError, TargetError
from target_oracle.intake import Intake

from tests.target.conftest import Target, record, schema, state, text

if TYPE_CHECKING:
    from pathlib import Path

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema
    from tests.target.conftest import Message

S = schema("s", {"id": {"type": "integer"}, "v": {"type": ["null", "string"]}}, ["id"])
T = schema("t", {"id": {"type": "integer"}}, ["id"])


def marked(value: str | None, **report: Any) -> Message:
    """A STATE as tap-oracle-wms writes it: with its report."""
    bookmarks = {"s": {"replication_key_value": value}} if value else {}
    return state({"bookmarks": bookmarks, **({"report": report} if report else {})})


def told(status: str, error: str | None = None, **finished: bool) -> dict[str, Any]:
    streams = {
        name: {"read": 2, "pages": 7, "retries": 1, "finished": done}
        for name, done in finished.items()
    }
    return {"run_id": "tap-1", "status": status, "error": error, "streams": streams}


def report_of(target: Target, tmp_path: Path, *messages: Any, **settings: Any) -> dict[str, Any]:
    """The report of a run that may fail."""
    file = tmp_path / "summary.jsonl"
    try:
        target.load(*messages, summary_file=str(file), **settings)
    except TargetError as caught:
        raised: str | None = str(caught)
    else:
        raised = None
    (line,) = file.read_text().splitlines()
    report: dict[str, Any] = json.loads(line)
    assert raised is None or report["error"] == raised
    return report


def log(target: Target, columns: str) -> list[tuple[Any, ...]]:
    return target.rows("LOAD_LOG", columns, order='"STREAM"')


def test_bookmarks_are_those_of_the_first_state_and_of_the_last(
    target: Target, tmp_path: Path
) -> None:
    report = report_of(target, tmp_path, marked("1"), S, record("s", id=1), marked("2"))
    stream = report["streams"]["s"]
    assert (stream["bookmark_before"], stream["bookmark_after"]) == ("1", "2")


def test_a_first_state_after_records_is_not_where_the_run_began(
    target: Target, tmp_path: Path
) -> None:
    report = report_of(target, tmp_path, S, record("s", id=1), marked("2"))
    stream = report["streams"]["s"]
    assert (stream["bookmark_before"], stream["bookmark_after"]) == (None, "2")


def test_pages_and_retries_are_what_the_tap_says(target: Target, tmp_path: Path) -> None:
    messages = [S, record("s", id=1), marked("2", **told("finished", s=True))]
    report = report_of(target, tmp_path, *messages)
    assert (report["status"], report["tap"]["run_id"]) == ("finished", "tap-1")
    assert (report["streams"]["s"]["pages"], report["streams"]["s"]["retries"]) == (7, 1)
    assert report["state"] == {"bookmarks": {"s": {"replication_key_value": "2"}}}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (told("failed", "WMS is away.", s=True, t=False), "The tap broke off: WMS is away."),
        (told("running", s=True, t=False), "The tap broke off: its last STATE says that it is"),
    ],
)
def test_what_came_of_a_tap_that_broke_off_is_loaded_and_called_incomplete(
    target: Target, tmp_path: Path, said: dict[str, Any], sentence: str
) -> None:
    messages = [S, record("s", id=1), T, record("t", id=1), marked("2", **said)]
    report = report_of(target, tmp_path, *messages)
    assert (report["status"], report["exit_code"]) == ("incomplete", 0)
    assert report["error"].startswith(sentence)
    assert {n: (s["status"], s["written"]) for n, s in report["streams"].items()} == {
        "s": ("finished", 1),
        "t": ("incomplete", 1),
    }


def test_an_input_without_a_message_is_no_finished_run(target: Target, tmp_path: Path) -> None:
    report = report_of(target, tmp_path, load_log_table="LOAD_LOG")
    assert (report["status"], report["error"]) == ("incomplete", "The tap sent nothing.")
    assert log(target, '"STREAM", "STATUS", "RUN_STATUS"') == [(None, "incomplete", "incomplete")]


def test_a_stream_that_the_tap_left_out_is_incomplete_in_a_finished_run(
    target: Target, tmp_path: Path
) -> None:
    messages = [S, T, record("t", id=1), marked(None, **told("finished", s=False, t=True))]
    report = report_of(target, tmp_path, *messages)
    assert report["status"] == "finished"
    assert {n: s["status"] for n, s in report["streams"].items()} == {
        "s": "incomplete",
        "t": "finished",
    }


def test_rows_are_not_overwritten_by_what_a_broken_tap_sent(target: Target, tmp_path: Path) -> None:
    target.load(S, record("s", id=1), record("s", id=2), T, record("t", id=1))
    messages = [T, record("t", id=9), S, record("s", id=3)]
    said = marked("2", **told("failed", "WMS is away.", t=True, s=False))
    report = report_of(target, tmp_path, *messages, said, load_method="overwrite")
    assert target.rows("S", '"ID"') == [(1,), (2,)]
    assert target.rows("T", '"ID"') == [(9,)]
    assert (report["status"], report["exit_code"], report["state"]) == ("failed", 1, None)
    assert "'s'" in report["error"]
    assert {n: (s["status"], s["written"]) for n, s in report["streams"].items()} == {
        "s": ("failed", 0),
        "t": ("finished", 1),
    }
    assert not {name for name in target.schema.tables() if name.startswith("SDC$")}


def test_no_state_tells_of_rows_that_a_broken_tap_sent_under_an_earlier_schema(
    target: Target, tmp_path: Path
) -> None:
    wider = schema("s", {**S["schema"]["properties"], "w": {"type": "integer"}}, ["id"])
    said = marked("2", **told("failed", "WMS is away.", s=False))
    messages = [S, record("s", id=1), marked("1"), wider, record("s", id=2), said]
    report = report_of(target, tmp_path, *messages, load_method="overwrite")
    assert (report["exit_code"], report["state"], target.rows("S")) == (1, None, [])


def test_records_that_were_read_and_not_loaded_are_counted_as_read_alone(
    target: Target, tmp_path: Path
) -> None:
    messages = [record("s", id=1), record("s", id=2), record("s", id="x"), record("s", id=4)]
    report = report_of(target, tmp_path, S, *messages, batch_size_rows=2)
    stream = report["streams"]["s"]
    assert (stream["status"], stream["read"], stream["written"]) == ("failed", 4, 2)


def test_deletions_are_counted(target: Target, tmp_path: Path) -> None:
    described = schema(
        "s",
        {
            "id": {"type": "integer"},
            "_sdc_deleted_at": {"type": ["null", "string"], "format": "date-time"},
        },
        ["id"],
    )
    rows = [record("s", id=n, _sdc_deleted_at=None) for n in (1, 2, 3)]
    gone = [record("s", id=n, _sdc_deleted_at="2026-01-01T00:00:00Z") for n in (2, 3)]
    report = report_of(target, tmp_path, described, *rows, *gone, batch_size_rows=3)
    stream = report["streams"]["s"]
    assert (stream["read"], stream["written"], stream["deleted"]) == (5, 5, 2)


# The load log


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


def test_a_summary_file_that_cannot_be_written_is_said_and_costs_nothing_else(
    target: Target, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = str(tmp_path / "no" / "folder")
    assert target.load(S, record("s", id=1), state(1), summary_file=nowhere) == [1]
    assert "No such file or directory" in caplog.text


def test_an_unexpected_error_is_reported_without_its_text(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "summary.jsonl"

    def fall(*_: object) -> None:
        msg = "s3cret"
        raise KeyError(msg)

    monkeypatch.setattr(Intake, "take", fall)
    with pytest.raises(KeyError):
        target.load(S, record("s", id=1), summary_file=str(file))
    report = json.loads(file.read_text())
    assert (report["status"], report["exit_code"]) == ("failed", 1)
    assert report["error"] == "Unexpected KeyError; the log has its traceback."


def test_a_stopped_run_is_logged_as_stopped(target: Target) -> None:
    settings = {**target.config, "load_log_table": "LOAD_LOG"}
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in settings.items()}
    command = [sys.executable, "-m", "target_oracle", "--config", "ENV"]
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


@pytest.mark.parametrize("other", [7, {"streams": {"s": 5}}, {"status": "x", "streams": {"s": 5}}])
def test_what_another_tap_calls_report_is_its_own_affair(
    target: Target, tmp_path: Path, other: Any
) -> None:
    report = report_of(target, tmp_path, S, record("s", id=1), state({"report": other}))
    assert (report["status"], report["tap"]) == ("finished", None)
    assert report["streams"]["s"]["pages"] is None
