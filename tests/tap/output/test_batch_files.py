"""BATCH messages of pages: no STATE speaks of a row that is in no file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.contrib.batch_encoder_jsonl import JSONLinesBatcher
from wms_standin import Fault

from tests.tap.conftest import Run, config_for, run

if TYPE_CHECKING:
    from wms_standin import WmsStandin

ENTITY = "order_dtl"


@pytest.fixture
def config(wms: WmsStandin, tmp_path: Path) -> dict[str, Any]:
    """Pages of 20 rows, batches of 50."""
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": f"file://{tmp_path}"},
        "batch_size": 50,
    }
    one = {"page_size": 20, "max_concurrency": 1, "max_retries": 0}
    return config_for(wms, entities=ENTITY, batch_config=batch, **one)


def ids(done: Run) -> list[int]:
    """Of all rows in the files that messages name."""
    paths = [path for message in done.of("BATCH") for path in message["manifest"]]
    texts = [gzip.decompress(Path(p.removeprefix("file://")).read_bytes()) for p in paths]
    return [json.loads(line)["id"] for text in texts for line in text.splitlines()]


def test_a_run_that_breaks_off_within_a_batch_loses_none_of_its_rows(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    wms.fail(Fault(entity=ENTITY, params={"page_size": "20"}, nth=9))

    broken = run(config)
    wms.heal()
    resumed = run(config, state=broken.state)

    assert "status 503" in str(broken.error)
    assert 0 < len(ids(broken)) < wms.world.count(ENTITY)
    assert set(ids(broken) + ids(resumed)) == set(wms.world.ids(ENTITY))
    assert len(ids(resumed)) < wms.world.count(ENTITY)
    assert "replication_key_value" in resumed.bookmark(ENTITY)


def test_a_last_file_that_cannot_be_written_is_no_success(
    wms: WmsStandin, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = JSONLinesBatcher.get_batches, []

    def full_disk(batcher: Any, records: Any) -> Any:
        for manifest in real(batcher, records):
            seen.append(manifest)
            if len(seen) * 50 >= wms.world.count(ENTITY):
                raise OSError(28, "No space left on device")
            yield manifest

    monkeypatch.setattr(JSONLinesBatcher, "get_batches", full_disk)
    broken = run(config)
    monkeypatch.undo()
    resumed = run(config, state=broken.state)

    assert isinstance(broken.error, OSError)
    assert "replication_key_value" not in broken.bookmark(ENTITY)
    assert set(ids(broken) + ids(resumed)) == set(wms.world.ids(ENTITY))
