"""What must be true of any WMS, the stand-in or a real tenant: it is only read."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from tests.tap.conftest import discovered, run

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ["company", "facility"]


def ids_listed(settings: dict[str, str], entity: str) -> list[int]:
    """The ids of an entity, asked for without the tap: page by page, as WMS counts them."""
    found: list[int] = []
    address = f"{settings['base_url']}/wms/lgfapi/v10/entity/{entity}"
    query = {"fields": "id", "ordering": "id", "page_size": "100"}
    page, pages = 0, 1
    while page < pages:
        page += 1
        answer = httpx.get(
            address,
            params={**query, "page": str(page)},
            auth=(settings["username"], settings["password"]),
            timeout=300,
        )
        if answer.status_code == httpx.codes.NOT_FOUND:
            break
        body = answer.raise_for_status().json()
        pages = body["page_count"]
        found += [row["id"] for row in body["results"]]
    return found


def test_the_connection_report_is_good(any_wms: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(any_wms))
    command = [sys.executable, "-m", "tap_oracle_wms", "--config", str(config), "--test"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    report = json.loads(done.stdout)
    assert (done.returncode, report["status"]) == (0, "healthy")
    assert report["details"]["permitted"] is True
    assert report["details"]["entities"] > 100


def test_discovery_finds_keys_and_replication_keys(any_wms: dict[str, str]) -> None:
    catalog = discovered({**any_wms, "entities": ["order_hdr", "order_status"]})

    found = {entry["tap_stream_id"]: entry for entry in catalog["streams"]}
    assert found["order_hdr"]["key_properties"] == ["id"]
    assert found["order_hdr"]["replication_key"] == "mod_ts"
    assert found["order_status"]["key_properties"] == ["id"]
    assert "replication_key" not in found["order_status"]
    properties = found["order_hdr"]["schema"]["properties"]
    assert properties["facility_id"]["type"] == ["integer", "null"]
    assert properties["facility_key"]["type"] == ["string", "null"]
    assert properties["mod_ts"]["format"] == "date-time"


def test_every_row_is_read_once_and_a_second_run_reads_no_old_ones(
    any_wms: dict[str, str],
) -> None:
    first = run({**any_wms, "entities": SMALL})
    assert first.error is None
    for entity in SMALL:
        read = sorted(record["id"] for record in first.records(entity))
        assert read == ids_listed(any_wms, entity)

    second = run({**any_wms, "entities": SMALL}, state=first.state)
    assert second.error is None
    for entity in SMALL:
        known = datetime.fromisoformat(first.bookmark(entity)["replication_key_value"])
        reached = datetime.fromisoformat(second.bookmark(entity)["replication_key_value"])
        assert reached >= known
        changed = [datetime.fromisoformat(r["mod_ts"]) for r in second.records(entity)]
        assert all(moment >= known - timedelta(minutes=10) for moment in changed)
