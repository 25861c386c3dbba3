"""A user asks for a catalog."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import Fault

from tests.tap.conftest import (
    Program,
    config_for,
    discovered,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin import WmsStandin

    Start = Callable[..., Program]


def test_discovery_offers_every_entity(wms: WmsStandin, program: Start) -> None:
    done = program("--discover", config=config_for(wms))

    assert done.returncode == 0
    entries = {entry["stream"]: entry for entry in json.loads(done.stdout)["streams"]}
    assert len(entries) == 311
    order = entries["order_hdr"]
    assert order["key_properties"] == ["id"]
    assert order["replication_key"] == "mod_ts"
    root = next(m["metadata"] for m in order["metadata"] if not m["breadcrumb"])
    assert root["valid-replication-keys"] == ["mod_ts"]
    assert root["selected-by-default"] is True
    assert order["schema"]["properties"]["order_nbr"]["maxLength"] == 30
    status = entries["order_status"]
    assert "replication_key" not in status
    assert status["replication_method"] == "FULL_TABLE"
    stage = next(m["metadata"] for m in entries["stage_item"]["metadata"] if not m["breadcrumb"])
    assert stage["selected-by-default"] is False
    for name in ("rf_key_map", "stage_planned_parcel_shipment_hdr"):
        assert entries[name]["key_properties"] == []


def test_globs_include_and_exclude(wms: WmsStandin) -> None:
    catalog = discovered(
        config_for(
            wms, entities=["order_*", "uom"], exclude_entities=["order_*_xref", "order_dtl*"]
        )
    )

    names = {entry["stream"] for entry in catalog["streams"]}
    assert {"order_hdr", "order_type", "uom"} <= names
    assert not any(name.startswith("order_dtl") or name.endswith("xref") for name in names)
    assert all(m["metadata"]["selected-by-default"] for e in catalog["streams"]
               for m in e["metadata"] if not m["breadcrumb"])  # fmt: skip


def test_an_unreadable_entity_is_skipped_by_glob_and_an_error_by_name(wms: WmsStandin) -> None:
    wms.fail(Fault(entity="uom_class", path="*describe*", status=403))

    by_glob = run(config_for(wms, entities="uom*"))

    assert "uom_class" not in by_glob.streams
    assert "uom" in by_glob.streams
    with pytest.raises(Exception, match=r"uom_class.*403.*lgfapi_read_access"):
        run(config_for(wms, entities="uom_class"))


def test_a_stream_selected_late_has_its_schema(wms: WmsStandin) -> None:
    tap = TapOracleWMS(config=config_for(wms, exclude_entities="[a-np-z]*"), setup_mapper=False)
    tap._describes_all = True
    tap.setup_mapper()
    stream = tap.streams["order_instruction"]
    assert not stream.selected

    stream.selected = True
    tap.close()

    schema = next(iter(stream._generate_schema_messages())).schema
    assert "order_hdr_id" in schema["properties"] or len(schema["properties"]) > 5
