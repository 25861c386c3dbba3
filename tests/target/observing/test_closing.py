"""The lines that close a load: what each stream did, and why a load failed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.target.conftest import record, schema, state

if TYPE_CHECKING:
    from tests.target.conftest import Run, Target

ITEMS = schema("items", {"id": {"type": "integer"}, "name": {"type": "string"}}, keys=["id"])
LOTS = schema("lots", {"id": {"type": "integer"}}, keys=["id"])


def messages(done: Run) -> list[str]:
    """The log of the program without times, levels and loggers."""
    return [line.split(" | ", 3)[-1] for line in done.log.splitlines()]


def test_a_load_closes_with_a_line_for_each_stream_and_one_for_the_run(target: Target) -> None:
    rows = [record("items", id=n, name="n") for n in range(1200)]
    bookmarks = {"bookmarks": {"items": {"replication_key_value": "2026-01-01"}}}

    done = target.run(ITEMS, LOTS, *rows, state(bookmarks), run_id="night")

    assert done.code == 0
    begun, items, rest, run = messages(done)
    assert begun == "target-oracle 0.1.0 begins run night."
    figures = r"items  1,200 rows  1,200 loaded  0 rejected  [\d.]+ s  2026-01-01"
    assert re.fullmatch(figures, items)
    assert rest == "1 stream more without news, or with fewer rows."
    total = "Run night finished: 1,200 of 1,200 rows of 2 streams loaded, 0 rejected, in "
    assert run.startswith(total)


def test_the_last_line_of_a_failed_load_says_why(target: Target) -> None:
    done = target.run(ITEMS, record("items", id="x", name="n"), run_id="night")

    assert done.code == 1
    items, run, why = messages(done)[-3:]
    assert items.split()[:6] == ["items", "1", "rows", "0", "loaded", "0"]
    assert items.endswith("failed")
    assert run.startswith("Run night failed: 0 of 1 row of 1 stream loaded")
    assert "Stream 'items'" in why


def test_the_last_line_of_a_load_that_the_tap_broke_off_says_so(target: Target) -> None:
    streams = {"items": {"finished": False}}
    broken = {"report": {"status": "failed", "error": "WMS is away.", "streams": streams}}

    done = target.run(ITEMS, record("items", id=1, name="n"), state(broken))

    assert done.code == 0
    items, _, why = messages(done)[-3:]
    assert items.endswith("incomplete")
    assert why == "The tap broke off: WMS is away."
    assert " | ERROR " in done.log.splitlines()[-1]


def test_rejected_rows_and_deleted_ones_have_their_columns(target: Target) -> None:
    gone = record("lots", id=1, _sdc_deleted_at="2026-01-01T00:00:00Z")
    lots = schema(
        "lots",
        {"id": {"type": "integer"}, "_sdc_deleted_at": {"type": ["string", "null"]}},
        keys=["id"],
    )

    done = target.run(ITEMS, record("items", id="x"), lots, gone, on_invalid="skip")

    assert done.code == 0
    items, deleted = messages(done)[-3:-1]
    figures = r"items  1 rows  0 loaded  1 rejected  0 deleted  [\d.]+ s  rows were rejected"
    assert re.fullmatch(figures, items)
    assert deleted.startswith("lots   1 rows  1 loaded  0 rejected  1 deleted  ")


def test_an_ignored_activate_version_is_told_once_a_run(target: Target) -> None:
    versions = [
        json.dumps({"type": "ACTIVATE_VERSION", "stream": name, "version": 1})
        for name in ("items", "lots")
    ]

    quiet = target.run(ITEMS, LOTS, *versions)  # as tap-oracle-wms sends them
    assert "ACTIVATE_VERSION" not in quiet.log

    done = target.run(ITEMS, LOTS, *versions, hard_delete=True)

    assert (quiet.code, done.code) == (0, 0)
    told = [line for line in messages(done) if "ACTIVATE_VERSION" in line]
    why = "their tables lack the metadata columns (`add_record_metadata`)."
    ignored = "ACTIVATE_VERSION is ignored for 2 streams, rows that are gone from the source stay: "
    assert told == [ignored + why]
    assert "WARNING" not in done.log


def test_metrics_are_logged_on_request_alone(target: Target) -> None:
    load = (ITEMS, record("items", id=1, name="n"))

    assert "METRIC" not in target.run(*load).log
    assert "METRIC" in target.run(*load, log_metrics=True).log
