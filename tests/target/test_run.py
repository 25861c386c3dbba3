"""Statements before and after a run, and its summary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import RecordError, TargetError

from .conftest import record, schema, state

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Target


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
