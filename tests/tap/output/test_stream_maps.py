"""Stream maps and flattening of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faker import Faker

from tests.tap.conftest import (
    config_for,
    run,
)

if TYPE_CHECKING:
    from wms_standin import WmsStandin


def test_a_stream_map_that_fails_at_a_record_names_it_and_shows_no_value(wms: WmsStandin) -> None:
    row = wms.world.rows("item")[0]

    done = run(config_for(wms, entities="item", stream_maps={"item": {"n": "int(code)"}}))

    assert str(done.error) == (
        f"Setting `stream_maps` cannot be applied to item {row['id']}: ValueError."
    )
    assert done.records("item") == []


def test_flattening_leaves_records_as_they_are_for_they_are_flat(wms: WmsStandin) -> None:
    plain = run(config_for(wms, entities="item"))
    flat = run(config_for(wms, entities="item", flattening_enabled=True, flattening_max_depth=2))

    assert flat.records("item") == plain.records("item") != []


def test_expressions_of_stream_maps_may_make_up_values(wms: WmsStandin) -> None:
    made = Faker(locale="de_DE")
    made.seed_instance(7)

    done = run(
        config_for(
            wms,
            entities="uom",
            stream_maps={"uom": {"id": "id", "city": "fake.city()"}},
            faker_config={"locale": "de_DE", "seed": 7},
        )
    )

    cities = [record["city"] for record in done.records("uom")]
    assert cities == [made.city() for _ in cities] != []


def test_stream_maps_rename_and_compute(wms: WmsStandin) -> None:
    done = run(
        config_for(
            wms,
            entities="uom",
            stream_maps={"uom": {"__alias__": "units", "id": "id", "double": "id * 2"}},
        )
    )

    assert [r["double"] for r in done.records("units")] == [
        2 * r["id"] for r in done.records("units")
    ]
    assert len(done.records("units")) == len(wms.world.rows("uom"))
