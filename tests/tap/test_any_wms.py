"""What must be true of any WMS, the stand-in or a real tenant: it is only read."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft7Validator

from tests.programs.forks import forked
from tests.tap.conftest import discovered, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tap.conftest import Run

SMALL = ["company", "facility"]
CORE = ["item", "location", "order_hdr", "order_dtl", "order_status", "inventory", "allocation"]
FEW = 40
"""Rows that are looked at value by value: a tenant may have millions, and answers 50 a second."""


READ: dict[str, Callable[[Any], Any]] = {"datetime": datetime.fromisoformat, "decimal": Decimal}


def asked(settings: dict[str, str], path: str, **query: str) -> Any:
    """An answer of WMS without the tap, its numbers exact; None where it has no rows."""
    answer = httpx.get(
        f"{settings['base_url']}/wms/lgfapi/v10/entity/{path}",
        params=query,
        auth=(settings["username"], settings["password"]),
        timeout=300,
        follow_redirects=True,
    )
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    return json.loads(answer.raise_for_status().content, parse_float=Decimal)


def rows_of(settings: dict[str, str], records: list[dict[str, Any]], entity: str) -> dict[int, Any]:
    """The rows of the same ids as WMS answers them."""
    ids = ",".join(str(record["id"]) for record in records)
    answer = asked(settings, entity, id__in=ids, page_size=str(FEW)) if ids else None
    return {row["id"]: row for row in answer["results"]} if answer else {}


def ids_listed(settings: dict[str, str], entity: str) -> list[int]:
    """The ids of an entity, asked for without the tap: page by page, as WMS counts them."""
    found: list[int] = []
    page, pages = 0, 1
    while page < pages:
        page += 1
        query = {"fields": "id", "ordering": "id", "page_size": "100", "page": str(page)}
        if (body := asked(settings, entity, **query)) is None:
            break
        pages = body["page_count"]
        found += [row["id"] for row in body["results"]]
    return found


def as_answered(record: dict[str, Any], name: str, value: Any, kind: str) -> tuple[Any, Any]:
    """What a record has for a field, and what it should have."""
    if f"{name}_count" in record:
        return record[f"{name}_count"], size(value)
    found = record[name]
    if isinstance(value, dict) and name.endswith("_id"):
        found = found, record[f"{name.removesuffix('_id')}_key"]
        return found, (value["id"], value["key"] and str(value["key"]))
    if value is None or found is None:
        return found, value
    if kind in READ:
        return READ[kind](found), READ[kind](value)
    if isinstance(found, str) and not isinstance(value, str):
        return json.loads(found, parse_float=Decimal), value
    return found, value


def size(of_set: Any) -> int | None:
    """The number of related rows, which WMS tells or lists."""
    if of_set is None:
        return None
    return len(of_set) if isinstance(of_set, list) else int(of_set.get("result_count", 1))


def test_the_connection_report_is_good(any_wms: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(any_wms))
    command = [*forked("tap_oracle_wms"), "--config", str(config), "--test"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    report = json.loads(done.stdout)
    assert (done.returncode, report["status"]) == (0, "healthy")
    assert report["details"]["permitted"] is True
    assert report["details"]["entities"] > 100


def test_the_probe_finds_every_fact_as_expected(any_wms: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(any_wms))
    command = [*forked("tap_oracle_wms"), "--config", str(config), "--probe"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    report = json.loads(done.stdout)
    others = {f["name"]: f["seen"] for f in report["facts"] if f["as_expected"] is False}
    assert (others, done.returncode) == ({}, 0)
    assert report["requests"] <= 80


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
        assert read
        assert read == ids_listed(any_wms, entity)

    second = run({**any_wms, "entities": SMALL}, state=first.state)
    assert second.error is None
    for entity in SMALL:
        known = datetime.fromisoformat(first.bookmark(entity)["replication_key_value"])
        reached = datetime.fromisoformat(second.bookmark(entity)["replication_key_value"])
        assert reached >= known
        changed = [datetime.fromisoformat(r["mod_ts"]) for r in second.records(entity)]
        assert all(moment >= known - timedelta(minutes=10) for moment in changed)


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """What was read of each WMS in this module: reading takes long on a real one."""
    return {}


@pytest.fixture
def few(any_wms: dict[str, str], runs: dict[str, Run]) -> Run:
    """The first rows of the core entities, read in full."""
    address = any_wms["base_url"]
    if address not in runs:
        settings = {"entities": CORE, "record_limit": FEW, "force_full_table": True}
        runs[address] = run({**any_wms, **settings})
    assert runs[address].error is None
    return runs[address]


def test_records_have_every_value_that_wms_answers(any_wms: dict[str, str], few: Run) -> None:
    compared = Counter[str]()
    for entity in CORE:
        described = asked(any_wms, f"{entity}/describe")["fields"]
        answers = rows_of(any_wms, few.records(entity), entity)
        for record in few.records(entity):
            row = answers.get(record["id"], {})
            if row.get("mod_ts") and datetime.fromisoformat(row["mod_ts"]) != moment(record):
                continue  # it was changed between the two looks
            for name in row.keys() - {"url"}:
                kind = described.get(name, {}).get("type", "")
                found, wanted = as_answered(record, name, row[name], kind)
                assert found == wanted, f"{entity} {record['id']} {name}"
                compared[entity] += 1
    assert compared.keys() == set(CORE)
    assert compared.total() > 500


def moment(record: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(record["mod_ts"]) if record["mod_ts"] else None


def test_records_are_valid_by_their_schemas(few: Run) -> None:
    schemas = few.of("SCHEMA")
    assert {message["stream"] for message in schemas} == set(CORE)
    for message in schemas:
        records = few.records(message["stream"])
        assert 0 < len(records) <= FEW
        validator = Draft7Validator(message["schema"])
        for record in records:
            assert not list(validator.iter_errors(record))
            assert record.keys() <= message["schema"]["properties"].keys()


def test_values_list_gives_the_same_values(any_wms: dict[str, str], few: Run) -> None:
    settings = {"entities": CORE, "record_limit": FEW, "force_full_table": True}
    flat = run({**any_wms, **settings, "read_mode": "values_list"})
    assert flat.error is None
    compared = Counter[str]()
    for entity in CORE:
        whole = {record["id"]: record for record in few.records(entity)}
        for record in flat.records(entity):
            other = whole.get(record["id"])
            if other and other.get("mod_ts") == record.get("mod_ts"):
                assert record == {name: other[name] for name in record}
                compared[entity] += len(record)
    assert compared.keys() == set(CORE)
    assert compared.total() > 500


def test_what_changed_since_an_instant_is_read_and_nothing_older(any_wms: dict[str, str]) -> None:
    since = "2000-01-01T00:00:00+00:00"
    listed = asked(any_wms, "item", mod_ts__gte=since, ordering="-id", page_size=str(FEW))
    moments = sorted(datetime.fromisoformat(row["mod_ts"]) for row in listed["results"])
    start = moments[len(moments) // 2].isoformat()
    wanted = asked(
        any_wms, "item", mod_ts__gte=start, id__gte=str(listed["results"][-1]["id"]),
        ordering="-id", page_size=str(FEW),
    )  # fmt: skip

    found = run({**any_wms, "entities": ["item"], "start_date": start})
    assert found.error is None
    times = {record["id"]: moment(record) for record in found.records("item")}
    assert times
    assert all(time and time >= datetime.fromisoformat(start) for time in times.values())
    assert {row["id"] for row in wanted["results"]} <= times.keys()
