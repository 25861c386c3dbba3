"""The metadata columns tell when a row was loaded, and by which run."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.target.conftest import ORDERS, Target, record

if TYPE_CHECKING:
    from pathlib import Path


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
