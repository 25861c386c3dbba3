"""The Data Extract API: what it accepts, how it goes on, what it writes."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pyarrow.parquet as pq
import pytest
from wms_standin import ExtractFault, ExtractOptions, User, WmsStandin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "/wms/lgfapi/v10/data_extract"


@pytest.fixture
def wms() -> Iterator[WmsStandin]:
    with WmsStandin(seed=5, size=0.1) as server:
        yield server


@pytest.fixture
def client(wms: WmsStandin, tmp_path: Path) -> Iterator[httpx.Client]:
    wms.extracts.add_endpoint("LAKE", f"file://{tmp_path}")
    with httpx.Client(base_url=wms.base_url, auth=(wms.username, wms.password)) as client:
        yield client


def request(entity: str = "uom", **more: Any) -> dict[str, Any]:
    options = {
        "endpoint": {"name": "LAKE", "object_store_path": "a/b"},
        "file_format": "JSON",
        "unique_identifier": "run-1",
        **more.pop("options", {}),
    }
    wanted = {"entity": entity, "filter": {"mod_ts__gt": "1970-01-01T00:00:00"}, **more}
    return {"options": options, "parameters": {"entities": [wanted]}}


def start(client: httpx.Client, body: dict[str, Any]) -> httpx.Response:
    return client.post(f"{URL}/push_to_object_store", json=body)


def status(client: httpx.Client, identifier: str = "run-1") -> dict[str, Any]:
    answer = client.get(f"{URL}/export_async_status", params={"unique_identifier": identifier})
    found: dict[str, Any] = answer.json()
    return found


def finished(client: httpx.Client) -> dict[str, Any]:
    while (found := status(client))["cummulative_status"] in {"PENDING", "RUNNING"}:
        pass
    task: dict[str, Any] = next(iter(found["entities"][0].values()))
    return task


def test_a_task_is_pending_then_runs_then_ends(wms: WmsStandin, client: httpx.Client) -> None:
    answer = start(client, request()).json()

    told = [status(client)["cummulative_status"] for _ in range(3)]

    assert told == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert answer["response_check_url"].endswith("export_async_status?unique_identifier=run-1")
    task = answer["entities"][0]["uom"]
    path = task["entity_status_url"].partition("/acme")[2]
    row = client.get(path).json()
    assert row["results"][0]["backend_taskid"] == task["task_id"]


def test_files_are_named_by_identifier_entity_and_task(
    wms: WmsStandin, client: httpx.Client, tmp_path: Path
) -> None:
    wms.extracts.options = ExtractOptions(bytes_per_mb=20)
    start(client, request(options={"compressed": True}))

    task = finished(client)

    names = sorted(path.name for path in (tmp_path / "a/b").iterdir())
    prefix = f"data_ocwms_run-1_uom_{task['task_id']}"
    assert task["file_prefix"] == prefix
    assert len(names) > 1
    assert all(name.startswith(f"{prefix}_") and name.endswith("Z.json.gz") for name in names)


@pytest.mark.parametrize("form", ["JSON", "CSV", "PARQUET"])
def test_every_row_is_there_in_utc_whoever_asks(
    wms: WmsStandin, client: httpx.Client, tmp_path: Path, form: str
) -> None:
    wms.add_user(User(name=wms.username, password=wms.password, facilities=frozenset({"none"}),
                      async_data_extract_flg=True))  # fmt: skip
    fields = "id,mod_ts,orig_ord_qty,seq_nbr"
    start(client, request("order_dtl", fields=fields, options={"file_format": form}))
    finished(client)

    found = rows((next((tmp_path / "a/b").iterdir())).read_bytes(), form)

    assert {int(row["id"]): Decimal(row["orig_ord_qty"]) for row in found} == {
        row["id"]: row["orig_ord_qty"] for row in wms.world.rows("order_dtl")
    }
    stamps = {int(row["id"]): row["mod_ts"] for row in found}
    for row in wms.world.rows("order_dtl"):
        assert stamps[row["id"]] == row["mod_ts"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def rows(content: bytes, form: str) -> list[dict[str, Any]]:
    if form == "PARQUET":
        found: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
        return found
    if form == "CSV":
        return list(csv.DictReader(io.StringIO(content.decode())))
    return [json.loads(line, parse_float=Decimal) for line in content.decode().splitlines()]


def test_a_filter_is_exclusive_in_utc_and_joined_as_told(
    wms: WmsStandin, client: httpx.Client, tmp_path: Path
) -> None:
    at = sorted(row["mod_ts"] for row in wms.world.rows("order_hdr"))[3]
    bound = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    filters = {"mod_ts__gt": bound, "create_ts__gt": bound, "status_id__lt": 99}
    start(client, request("order_hdr", filter=filters, create_mod_ts_query_mode="AND"))
    finished(client)

    found = rows(next((tmp_path / "a/b").iterdir()).read_bytes(), "JSON")

    assert {row["id"] for row in found} == {
        row["id"] for row in wms.world.rows("order_hdr")
        if row["mod_ts"] > at and row["create_ts"] > at and row["status_id"] < 99
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (request(options={"unique_identifier": ""}), "unique_identifier"),
        (request(options={"file_format": "XML"}), "file_format"),
        (request(options={"file_size_in_mb": 9}), "file_size_in_mb"),
        (request(options={"endpoint": {"name": "POND"}}), "endpoint"),
        (request(filter={}), "filter"),
        (request(filter={"order_nbr": "x"}), "filter"),
        (request("no_such"), "entity"),
        (request(fields="id,nothing"), "fields"),
        (request(create_mod_ts_query_mode="XOR"), "create_mod_ts_query_mode"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: httpx.Client, body: dict[str, Any], named: str
) -> None:
    answer = start(client, body)

    assert answer.status_code == 400
    assert named in answer.json()["details"]


def test_before_26a_the_two_times_exclude_each_other(wms: WmsStandin, client: httpx.Client) -> None:
    wms.extracts.options = ExtractOptions(release="25C")
    both = {"mod_ts__gt": "2025-01-01T00:00:00", "create_ts__gt": "2025-01-01T00:00:00"}

    assert start(client, request(filter=both)).status_code == 400
    assert start(client, request()).status_code == 200


def test_an_identifier_serves_once(client: httpx.Client) -> None:
    assert [start(client, request()).status_code for _ in range(2)] == [200, 400]


def test_the_flag_decides_who_may_extract(wms: WmsStandin, client: httpx.Client) -> None:
    wms.add_user(User(name=wms.username, password=wms.password))

    assert start(client, request()).status_code == 403
    assert client.get(f"{URL}/export_async_status").status_code == 403


def test_only_a_post_starts(client: httpx.Client) -> None:
    assert client.get(f"{URL}/push_to_object_store").status_code == 405
    assert client.get(f"{URL}/something").status_code == 404
    assert (
        client.get(f"{URL}/export_async_status", params={"unique_identifier": "none"}).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("kind", "told", "files"),
    [("fails", "FAILED", 0), ("partial", "FAILED", 1), ("missing", "SUCCEEDED", 0),
     ("extra", "SUCCEEDED", 2), ("duplicate", "SUCCEEDED", 2)],
)  # fmt: skip
def test_faults_do_what_they_say(
    wms: WmsStandin, client: httpx.Client, tmp_path: Path, kind: Any, told: str, files: int
) -> None:
    wms.extracts.fail(ExtractFault(kind=kind))
    start(client, request())

    assert finished(client)["status"] == told
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == files


def test_gzip_and_a_clock_of_its_own_mark_the_files(
    wms: WmsStandin, client: httpx.Client, tmp_path: Path
) -> None:
    wms.clock.fix(datetime(2026, 11, 1, 10, tzinfo=UTC))
    start(client, request(options={"compressed": True}))
    finished(client)

    path = next((tmp_path / "a/b").iterdir())

    assert path.name.endswith("_1_20261101T100000Z.json.gz")
    assert len(gzip.decompress(path.read_bytes()).splitlines()) == wms.world.count("uom")
