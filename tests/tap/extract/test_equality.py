"""Records of an extract are those of reading by pages, whatever the files look like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.catalog.shipped import CATALOGS
from wms_standin import ExtractOptions, WmsStandin

from tests.tap.conftest import config_for, replayed, run
from tests.tap.extract.conftest import ENDPOINT, make_bucket, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATALOG = json.loads(CATALOGS["core"].read_text("utf-8"))["streams"]
CORE = tuple(each["tap_stream_id"] for each in CATALOG)
TIMELESS = {
    each["tap_stream_id"] for each in CATALOG if "mod_ts" not in each["schema"]["properties"]
}
"""Entities without a time of change, which are read by pages."""

RICH = ("order_hdr", "order_dtl", "item", "location", "allocation", "facility")
"""Entities with every kind of value, of link and of set."""

Form = tuple[tuple[str, ...], dict[str, Any], ExtractOptions]
FORMS: dict[str, Form] = {
    "Parquet": (CORE, {}, ExtractOptions(polls_running=0)),
    "Parquet as a database types it": (
        RICH,
        {"extract_compressed": False},
        ExtractOptions(
            names="upper", timestamps="micros", integers="decimal", booleans="number",
            empty_text_is_null=True, success="SUCCESS", bytes_per_mb=1000,
        ),
    ),
    "Parquet with objects, sets and texts": (
        RICH,
        {},
        ExtractOptions(links="object", sets=True, timestamps="zoned", decimals="string"),
    ),
    "JSON": (
        CORE,
        {"extract_format": "json"},
        ExtractOptions(names="upper", bytes_per_mb=1000, polls_running=0),
    ),
    "JSON in an array": (
        RICH,
        {"extract_format": "json", "extract_compressed": False},
        ExtractOptions(json_form="array", links="object", decimals="string", booleans="number"),
    ),
    "CSV": (CORE, {"extract_format": "csv"}, ExtractOptions(bytes_per_mb=1000, polls_running=0)),
    "CSV without a header": (
        RICH,
        {"extract_format": "csv", "extract_compressed": False},
        ExtractOptions(csv_header=False, csv_quotes="doubled", timestamps="blank",
                       booleans="number", empty="file"),
    ),
}  # fmt: skip

Tables = dict[str, dict[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def world() -> Iterator[WmsStandin]:
    with WmsStandin(seed=11, size=0.12) as server:
        yield server


@pytest.fixture(scope="module")
def pages(world: WmsStandin) -> Tables:
    """What reading by pages gives."""
    done = run(config_for(world, entities=list(CORE)))
    assert done.error is None
    found = {name: replayed(done.records(name)) for name in CORE}
    assert all(found.values())
    return found


def tables(config: dict[str, Any], entities: tuple[str, ...]) -> Tables:
    done = run({**config, "entities": list(entities)})
    assert done.error is None
    return {name: replayed(done.records(name)) for name in entities}


@pytest.mark.parametrize("form", FORMS)
def test_every_value_is_the_same_in_every_form(
    world: WmsStandin, pages: Tables, folder: Path, form: str
) -> None:
    entities, more, world.extracts.options = FORMS[form]
    folder.mkdir()
    world.extracts.add_endpoint(ENDPOINT, f"file://{folder}")

    found = tables(settings(world, f"file://{folder}/wms/extract", **more), entities)

    for name in entities:
        assert found[name] == pages[name], name
    extracted = {path.name.split("_", 3)[3] for path in folder.rglob("data_ocwms_*")}
    assert all(any(part.startswith(name) for part in extracted) for name in {*entities} - TIMELESS)


def test_an_s3_server_serves_as_well(world: WmsStandin, pages: Tables, s3: str) -> None:
    options = make_bucket(s3, "lake")
    world.extracts.options = ExtractOptions(bytes_per_mb=2000)
    world.extracts.add_endpoint(
        ENDPOINT, "s3://lake", config=options, client_options={"allow_http": True}
    )
    config = settings(world, "s3://lake/wms/extract", extract_storage_options=options)

    found = tables(config, ("order_hdr", "item"))

    assert found == {name: pages[name] for name in ("order_hdr", "item")}
