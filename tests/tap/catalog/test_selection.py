"""A catalog says what is read, and is refused when it cannot be followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tap_oracle_wms.errors import ConfigError

from tests.tap.conftest import (
    config_for,
    discovered,
    expected,
    listed,
    replayed,
    run,
    selected,
    without_keys,
)

if TYPE_CHECKING:
    from wms_standin import WmsStandin


def test_a_field_that_comes_only_on_request_is_read_when_selected(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="item")), "item")
    (image,) = [m for m in catalog["streams"][0]["metadata"] if "image_data" in m["breadcrumb"]]
    assert image["metadata"]["selected-by-default"] is False
    image["metadata"]["selected"] = True

    done = run(config_for(wms), catalog=catalog)

    images = {row["id"]: row["image_data"] for row in wms.world.rows("item")}
    assert {r["id"]: r["image_data"] for r in done.records("item")} == images


def test_only_selected_properties_are_asked_for(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="order_hdr")), "order_hdr")
    wanted = {"id", "order_nbr", "order_type_key", "mod_ts"}
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if metadata["breadcrumb"]:
                metadata["metadata"]["selected"] = metadata["breadcrumb"][1] in wanted
    wms.requests.clear()

    done = run(config_for(wms), catalog=catalog)

    assert all(set(record) == wanted for record in done.records("order_hdr"))
    (schema,) = done.of("SCHEMA")
    assert set(schema["schema"]["properties"]) == wanted
    fields = {r.param("fields") for r in listed(wms, "order_hdr")} - {"id"}
    assert {frozenset(f.split(",")) for f in fields} == {
        frozenset({"id", "mod_ts", "order_nbr", "order_type_id"})
    }


def test_a_catalog_spares_the_describes(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms)), "uom", "company")
    wms.requests.clear()

    done = run(config_for(wms), catalog=catalog)

    assert done.streams == ["company", "uom"]
    assert not [r for r in wms.requests if "describe" in r.path]
    for entity in ("uom", "company"):
        table = replayed(done.records(entity))
        assert without_keys(table, wms, entity) == expected(wms, entity)


@pytest.mark.parametrize("lost", ["id", "properties"])
def test_a_catalog_without_what_reading_goes_by_is_refused(wms: WmsStandin, lost: str) -> None:
    catalog = selected(discovered(config_for(wms, entities="uom_class")), "uom_class")
    (entry,) = catalog["streams"]
    entry["replication_method"] = "FULL_TABLE"
    del (entry["schema"]["properties"] if lost == "id" else entry["schema"])[lost]

    done = run(config_for(wms), catalog=catalog)

    assert isinstance(done.error, ConfigError)
    assert str(done.error).startswith("The catalog's schema of stream uom_class lacks `id`")
    assert done.of("RECORD") == []


def test_a_catalogs_unknown_entity_is_refused(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="uom")), "uom")
    catalog["streams"][0]["tap_stream_id"] = catalog["streams"][0]["stream"] = "uomm"
    for metadata in catalog["streams"][0]["metadata"]:
        if not metadata["breadcrumb"]:
            metadata["metadata"]["selected"] = True

    done = run(config_for(wms), catalog=catalog)

    assert isinstance(done.error, ConfigError)
    assert "no entity `uomm`, which the catalog names; did you mean `uom`?" in str(done.error)
    assert [m["value"]["bookmarks"] for m in done.messages] == [{}]


@pytest.mark.parametrize(
    ("entity", "method", "key", "sentence"),
    [
        ("order_hdr", "LOG_BASED", "mod_ts", "asks for LOG_BASED; WMS has no change log"),
        ("order_hdr", "INCREMENTAL", "ord_date", "cannot be read incrementally by `ord_date`"),
        ("order_status", "INCREMENTAL", None, "cannot be read incrementally by `None`"),
    ],
)
def test_a_catalog_that_asks_for_what_cannot_be_is_refused(
    wms: WmsStandin, entity: str, method: str, key: str | None, sentence: str
) -> None:
    catalog = selected(discovered(config_for(wms, entities=entity)), entity)
    catalog["streams"][0] |= {"replication_method": method, "replication_key": key}
    for metadata in catalog["streams"][0]["metadata"]:
        metadata["metadata"].pop("forced-replication-method", None)

    done = run(config_for(wms), catalog=catalog)

    assert isinstance(done.error, ConfigError)
    assert sentence in str(done.error)
