"""Runs of two streams, and what is reported of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from target_oracle.errors import TargetError

from tests.target.conftest import Target, schema, state

if TYPE_CHECKING:
    from pathlib import Path

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
