"""A run's report: as a line, and in a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.intake import Intake

from tests.target.conftest import Target, record, schema, state
from tests.target.observing.reports import S, T, log, marked, report_of, told

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_state_that_holds_the_taps_report_alone_is_heard_and_not_passed_on(
    target: Target, tmp_path: Path
) -> None:
    """So ends a tap that had nothing to send; who keeps states keeps the one that there was."""
    alone = state({"report": told("finished")})
    report = report_of(target, tmp_path, alone, load_log_table="LOAD_LOG")
    assert (report["status"], report["error"], report["state"]) == ("finished", None, None)
    assert report["tap"]["run_id"] == "tap-1"
    assert log(target, '"STREAM", "RUN_STATUS"') == [(None, "finished")]
    assert target.load(alone) == []
    foreign = {"report": {"page": 7}}
    assert target.load(state(foreign), alone) == [foreign]


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


@pytest.mark.parametrize("other", [7, {"streams": {"s": 5}}, {"status": "x", "streams": {"s": 5}}])
def test_what_another_tap_calls_report_is_its_own_affair(
    target: Target, tmp_path: Path, other: Any
) -> None:
    report = report_of(target, tmp_path, S, record("s", id=1), state({"report": other}))
    assert (report["status"], report["tap"]) == ("finished", None)
    assert report["streams"]["s"]["pages"] is None
