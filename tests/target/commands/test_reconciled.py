"""`--reconciled` keeps what a comparison found, and `--status` tells of it."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.commands.page import page
from target_oracle.commands.reconciled import keep as keep_comparison
from target_oracle.commands.status import as_text, status
from target_oracle.errors import TargetError

from tests.programs.forks import forked
from tests.target.commands.history import keep, run, settings, stream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OracleSchema


def found(result: str, at: datetime, **more: Any) -> dict[str, Any]:
    """A report of one entity, as the tap prints it."""
    entity = {
        "status": result,
        "table": "WMS.ITEM",
        "compared_by": ["id", "mod_ts"],
        "changed_before": (at - timedelta(minutes=10)).isoformat(),
        "rows_in_wms": 12,
        "rows_in_oracle": 11,
        "missing": {"rows": 0, "ids": []},
        "healed": None,
        "problem": None,
        "seconds": 1.5,
    }
    return {
        "plugin": "tap-oracle-wms",
        "command": "reconcile",
        "run_id": "R1",
        "started_at": at.isoformat(),
        "ended_at": (at + timedelta(seconds=5)).isoformat(),
        "entities": {"item": {**entity, **more}},
    }


@pytest.fixture
def at() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def told(oracle: OracleSchema, folder: Path, *reports: dict[str, Any]) -> Any:
    """The answer of --status after a good run and these comparisons."""
    given = settings(oracle.config)
    keep(given, [run(datetime.now(UTC), {"item": stream(5), "other": stream(5)})])
    file = folder / "report.json"
    for report in reports:
        file.write_text('{"command": "other"}\n' + json.dumps(report) + "\n", encoding="utf-8")
        assert keep_comparison(given, str(file)).status == "healthy"
    return status(given)


def test_the_last_comparison_is_kept_and_told(
    oracle: OracleSchema, tmp_path: Path, at: datetime
) -> None:
    earlier = found("different", at - timedelta(days=7), extra={"rows": 1, "ids": [4]})
    answer = told(oracle, tmp_path, earlier, found("equal", at))

    assert answer.status == "healthy"
    streams = answer.as_dict()["details"]["streams"]
    assert streams["other"]["compared"] is None
    compared = streams["item"]["compared"]
    assert compared["status"] == "equal"
    assert compared["started_at"] == at.isoformat()
    assert compared["compared_as_of"] == (at - timedelta(minutes=10)).isoformat()
    assert compared["compared_by"] == "id, mod_ts"
    assert (compared["rows_in_source"], compared["rows_in_table"]) == (12, 11)
    assert f"proved equal on {at:%Y-%m-%d}" in as_text(answer)
    assert "proved equal" in page(answer)
    rows = oracle.query('select "STATUS", "ROWS_EXTRA" from "LOAD_LOG_RECONCILED" order by 1')
    assert rows == [("different", 1), ("equal", 0)]


def test_differences_need_a_look(oracle: OracleSchema, tmp_path: Path, at: datetime) -> None:
    report = found("different", at, missing={"rows": 1200, "ids": []}, stale={"rows": 2})
    answer = told(oracle, tmp_path, report)

    assert answer.status == "degraded"
    assert answer.problems == [
        f"item: The comparison of {at.isoformat()} found rows that are missing: 1,200, stale: 2."
    ]
    assert "1,202 rows" in page(answer)


def test_what_was_healed_is_told_and_is_well(
    oracle: OracleSchema, tmp_path: Path, at: datetime
) -> None:
    report = found("healed", at, missing={"rows": 3}, healed={"upserted": 3, "deleted": 1})
    answer = told(oracle, tmp_path, report)
    assert answer.status == "healthy"
    assert answer.as_dict()["details"]["streams"]["item"]["compared"]["rows_healed"] == 4
    assert "healed" in as_text(answer)


def test_what_proves_nothing_needs_a_look(
    oracle: OracleSchema, tmp_path: Path, at: datetime
) -> None:
    answer = told(oracle, tmp_path, found("unproved", at, problem="WMS does not count its rows."))
    assert answer.status == "degraded"
    assert "is unproved: WMS does not count its rows." in answer.problems[0]


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"command": "sync"}', '{"a": 1}'])
def test_what_is_no_report_is_refused(oracle: OracleSchema, tmp_path: Path, text: str) -> None:
    file = tmp_path / "report.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TargetError, match="no report of a comparison"):
        keep_comparison(settings(oracle.config), str(file))


def test_a_load_log_is_needed(oracle: OracleSchema, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="load_log_table"):
        keep_comparison(settings(oracle.config, load_log_table=None), "report.json")
    with pytest.raises(TargetError, match="No such file"):
        keep_comparison(settings(oracle.config), str(tmp_path / "none.json"))


def test_as_a_program(oracle: OracleSchema, at: datetime) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in oracle.config.items()}
    done = subprocess.run(
        [*forked("target_oracle"), "--config", "ENV", "--reconciled", "-"],
        input=json.dumps(found("equal", at)),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment, "TARGET_ORACLE_LOAD_LOG_TABLE": "LOAD_LOG"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["details"]["streams"] == {"item": "equal"}
    assert oracle.query('select "STREAM" from "LOAD_LOG_RECONCILED"') == [("item",)]
