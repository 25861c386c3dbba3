from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from faker import Faker
from tap_oracle_wms.errors import ConfigError, DataError
from wms_standin import Fault, Options, User, WmsStandin

from tests.tap.conftest import (
    config_for,
    discovered,
    expected,
    replayed,
    run,
    selected,
    without_keys,
)

CORE = ["company", "item", "location", "inventory", "container", "order_hdr", "order_dtl", "shift"]


def listed(wms: WmsStandin, entity: str) -> list[Any]:
    """The list requests for an entity."""
    return [r for r in wms.requests if r.path.rstrip("/").endswith(f"/entity/{entity}")]


@pytest.mark.parametrize("page_size", [1000, 7])
def test_every_value_of_every_row_leaves(wms: WmsStandin, page_size: int) -> None:
    done = run(config_for(wms, entities=CORE, page_size=page_size))

    assert done.error is None
    for entity in CORE:
        records = done.records(entity)
        assert len(records) == len(wms.world.rows(entity))
        assert without_keys(replayed(records), wms, entity) == expected(wms, entity), entity


def test_a_wms_that_caps_pages_below_what_is_asked_loses_no_row() -> None:
    with WmsStandin(seed=1, options=Options(max_page_size=25)) as capped:
        done = run(config_for(capped, entities=CORE))

        assert done.error is None
        for entity in CORE:
            assert sorted(r["id"] for r in done.records(entity)) == capped.world.ids(entity)


def test_keys_of_relations_leave_beside_their_ids(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="order_dtl"))

    orders = {row["id"]: row["order_nbr"] for row in wms.world.rows("order_hdr")}
    assert all(r["order_key"] == orders[r["order_id"]] for r in done.records("order_dtl"))


def test_a_field_that_comes_only_on_request_is_read_when_selected(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="item")), "item")
    (image,) = [m for m in catalog["streams"][0]["metadata"] if "image_data" in m["breadcrumb"]]
    assert image["metadata"]["selected-by-default"] is False
    image["metadata"]["selected"] = True

    done = run(config_for(wms), catalog=catalog)

    images = {row["id"]: row["image_data"] for row in wms.world.rows("item")}
    assert {r["id"]: r["image_data"] for r in done.records("item")} == images


def test_a_small_entity_costs_one_request(wms: WmsStandin) -> None:
    run(config_for(wms, entities="uom"))

    assert [r.params for r in listed(wms, "uom")] == [
        [("page_mode", "sequenced"), ("page_size", "100"), ("ordering", "id")]
    ]


def test_rows_are_read_in_parallel_without_ordering_by_time(wms: WmsStandin) -> None:
    run(config_for(wms, entities="allocation", page_size=20))

    requests = listed(wms, "allocation")
    assert {r.param("ordering") for r in requests} == {"id", "-id"}
    assert len({r.param("id__lte") for r in requests}) > 3


def test_the_state_after_a_full_load_is_the_time_before_it(wms: WmsStandin) -> None:
    before = wms.now
    done = run(config_for(wms, entities="order_hdr"))

    bookmark = done.bookmark("order_hdr")
    assert set(bookmark) == {
        "format", "replication_key", "replication_key_value", "scope", "version",
    }  # fmt: skip
    mark = bookmark["replication_key_value"]
    assert (before - timedelta(seconds=2)).isoformat() < mark < wms.now.isoformat()


def test_a_second_run_reads_only_what_changed(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", incremental_overlap_minutes=1)
    first = run(config)
    wms.clock.shift(timedelta(hours=1))
    wms.world.update("order_hdr", wms.world.ids("order_hdr")[3], cust_name="changed")
    new = wms.world.insert("order_hdr")
    wms.clock.shift(timedelta(minutes=1))

    second = run(config, state=first.state)

    assert {r["id"] for r in second.records("order_hdr")} == {wms.world.ids("order_hdr")[3], new}
    table = replayed(first.records("order_hdr") + second.records("order_hdr"))
    assert without_keys(table, wms, "order_hdr") == expected(wms, "order_hdr")


def test_a_run_with_nothing_new_costs_one_request(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", incremental_overlap_minutes=1)
    first = run(config)
    wms.clock.shift(timedelta(days=365))
    wms.requests.clear()

    second = run(config, state=first.state)

    assert second.records("order_hdr") == []
    assert len(listed(wms, "order_hdr")) == 1
    reached = [r.bookmark("order_hdr")["replication_key_value"] for r in (first, second)]
    assert reached[0] < reached[1]


def test_rows_committed_late_are_found_within_the_overlap(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", incremental_overlap_minutes=10)
    first = run(config)
    wms.clock.shift(timedelta(minutes=4))
    late = wms.world.late_commit("order_hdr", timedelta(minutes=8))
    wms.clock.shift(timedelta(minutes=1))

    second = run(config, state=first.state)

    assert late in {r["id"] for r in second.records("order_hdr")}


def test_a_long_backlog_is_cut_into_windows(wms: WmsStandin) -> None:
    config = config_for(
        wms, entities="order_dtl", incremental_overlap_minutes=0, page_size=10, max_concurrency=3
    )
    known = {"format": 1, "replication_key_value": "2020-01-01T00:00:00Z"}
    state = {"bookmarks": {"order_dtl": known}}

    done = run(config, state=state)

    windows = {(r.param("mod_ts__gte"), r.param("mod_ts__lt")) for r in listed(wms, "order_dtl")}
    assert len(windows) > 10
    table = replayed(done.records("order_dtl"))
    assert without_keys(table, wms, "order_dtl") == expected(wms, "order_dtl")
    assert "full_load" not in done.bookmark("order_dtl")


def test_a_broken_full_load_goes_on_where_it_was(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_dtl", page_size=20, max_retries=0, max_concurrency=2)
    wms.fail(Fault(entity="order_dtl", status=500, nth=12, params={"page_size": "20"}))
    broken = run(config)
    wms.heal()
    loaded = {r["id"] for r in broken.records("order_dtl")}
    mark = broken.bookmark("order_dtl")["full_load"]["mark"]

    resumed = run(config, state=broken.state)

    assert broken.error is not None
    assert 0 < len(loaded) < len(wms.world.ids("order_dtl"))
    assert not loaded & {r["id"] for r in resumed.records("order_dtl")}
    table = replayed(broken.records("order_dtl") + resumed.records("order_dtl"))
    assert without_keys(table, wms, "order_dtl") == expected(wms, "order_dtl")
    assert resumed.bookmark("order_dtl")["replication_key_value"] == mark


def test_a_table_that_lives_while_it_is_read_is_complete_after_the_next_run(
    wms: WmsStandin,
) -> None:
    config = config_for(wms, entities="order_dtl", page_size=10)
    wms.live(every=1, entities=("order_dtl",))

    first = run(config)
    wms.live(updates=0, inserts=0, late=0, deletes=0)
    wms.clock.shift(timedelta(seconds=2))
    second = run(config, state=first.state)

    table = replayed(first.records("order_dtl") + second.records("order_dtl"))
    there = expected(wms, "order_dtl")
    found = without_keys(table, wms, "order_dtl")
    assert {i: row for i, row in found.items() if i in there} == there


def test_entities_without_id_are_read_page_by_page(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="rf_key_map", page_size=3))

    assert len(done.records("rf_key_map")) == len(wms.world.rows("rf_key_map"))
    (schema,) = done.of("SCHEMA")
    assert schema["key_properties"] == []
    assert set(done.bookmark("rf_key_map")) == {"format", "scope", "version"}


def test_an_entity_without_rows_is_read_as_empty() -> None:
    from wms_standin import WmsStandin  # noqa: PLC0415

    with WmsStandin(seed=1, rows={"order_hdr": 0, "order_dtl": 0}) as wms:
        done = run(config_for(wms, entities="order_hdr"))

    assert done.error is None
    assert done.records("order_hdr") == []
    assert "replication_key_value" in done.bookmark("order_hdr")


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


def test_a_new_column_is_reported_not_lost_in_silence(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    count = len(wms.world.rows("uom"))
    wms.drift("uom.brand_new")

    done = run(config_for(wms, entities="uom"))

    assert done.error is None
    assert len(done.records("uom")) == count
    assert f"brand_new ({count} records)" in caplog.text


def test_a_wrong_value_ends_the_run_before_its_page(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="company")), "company")
    catalog["streams"][0]["schema"]["properties"]["code"]["type"] = ["integer", "null"]

    done = run(config_for(wms), catalog=catalog)

    assert isinstance(done.error, DataError)
    assert "Stream company, field code, id" in str(done.error)
    assert done.records("company") == []
    assert done.state["bookmarks"] == {}


def test_full_table_and_incremental_follow_catalog_and_settings(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="order_hdr")), "order_hdr")
    (entry,) = catalog["streams"]
    assert entry["replication_method"] == "INCREMENTAL"
    assert entry["replication_key"] == "mod_ts"

    first = run(config_for(wms), catalog=catalog)
    wms.clock.shift(timedelta(days=1))
    forced = run(config_for(wms, force_full_table=True), catalog=catalog, state=first.state)
    entry["replication_method"] = "FULL_TABLE"
    full = run(config_for(wms), catalog=catalog, state=first.state)

    count = len(wms.world.rows("order_hdr"))
    assert [len(r.records("order_hdr")) for r in (first, forced, full)] == [count] * 3
    assert forced.of("SCHEMA")[0].get("bookmark_properties") is None


def test_urls_are_emitted_on_request(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="order_dtl", include_urls=True))

    record = done.records("order_dtl")[0]
    assert record["url"].endswith(f"/entity/order_dtl/{record['id']}")
    assert record["order_id_url"].endswith(f"/entity/order_hdr/{record['order_id']}")


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


def test_batch_files_hold_the_same_records(wms: WmsStandin, tmp_path: Any) -> None:
    import gzip  # noqa: PLC0415
    import json  # noqa: PLC0415
    from urllib.parse import urlsplit  # noqa: PLC0415

    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": f"file://{tmp_path}"},
    }
    done = run(config_for(wms, entities="order_hdr", batch_config=batch, page_size=30))

    rows = []
    for message in done.of("BATCH"):
        for name in message["manifest"]:
            with gzip.open(urlsplit(name).path, "rt", encoding="utf-8", newline="\n") as lines:
                rows += [json.loads(line, parse_float=Decimal) for line in lines]
    assert without_keys(replayed(rows), wms, "order_hdr") == expected(wms, "order_hdr")
    assert "replication_key_value" in done.bookmark("order_hdr")


def test_company_and_facility_narrow_what_is_read(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    facility = wms.world.rows("order_hdr")[0]["facility_id"]
    code = next(r["code"] for r in wms.world.rows("facility") if r["id"] == facility)

    done = run(config_for(wms, entities="order_hdr,order_dtl", facility_code=code))

    orders = {r["id"] for r in wms.world.rows("order_hdr") if r["facility_id"] == facility}
    assert {r["id"] for r in done.records("order_hdr")} == orders
    assert len(done.records("order_dtl")) == len(wms.world.rows("order_dtl"))
    assert "Read without a filter on facility_id: order_dtl." in caplog.text


@pytest.mark.parametrize("entity", ["company", "facility"])
def test_a_code_that_the_user_cannot_see_is_no_success(wms: WmsStandin, entity: str) -> None:
    known = wms.world.rows(entity)[0]["code"]
    config = config_for(wms, entities="order_hdr", **{f"{entity}_code": [known, "NOWHERE"]})
    sentence = f"^Setting `{entity}_code`: the user sees no {entity} `NOWHERE`; check it"

    with pytest.raises(ConfigError, match=sentence):
        run(config)

    wms.fail(Fault(entity=entity, status=403))  # may not ask
    assert run(config).error is None


def test_history_without_combinations_is_said_to_be_empty(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    wms.add_user(User(name="nobody", password="p", facilities=frozenset()))

    run(config_for(wms, entities="inventory_history") | {"username": "nobody", "password": "p"})

    assert "Stream inventory_history: nothing is read, for the user sees no company" in caplog.text


def test_filters_narrow_what_is_read(wms: WmsStandin) -> None:
    filters = {"order_*": {"status_id__lt": 90}, "order_hdr": {"order_nbr__endswith!": "1"}}

    done = run(config_for(wms, entities="order_hdr,order_dtl", filters=filters))

    orders = wms.world.rows("order_hdr")
    wanted = {r["id"] for r in orders if r["status_id"] < 90 and not r["order_nbr"].endswith("1")}
    assert 0 < len(wanted) < len(orders)
    assert {r["id"] for r in done.records("order_hdr")} == wanted
    assert all(r["status_id"] < 90 for r in done.records("order_dtl"))


def test_a_start_and_an_end_bound_the_first_load_and_the_bookmark(wms: WmsStandin) -> None:
    config = config_for(
        wms, entities="order_hdr", start_date="2024-06-01", end_date="2025-01-01T00:00:00Z"
    )

    done = run(config)

    wanted = {
        r["id"]
        for r in wms.world.rows("order_hdr")
        if "2024-06-01" <= r["mod_ts"].isoformat() < "2025-01-01"
    }
    assert 0 < len(wanted) < len(wms.world.rows("order_hdr"))
    assert {r["id"] for r in done.records("order_hdr")} == wanted
    reached = done.bookmark("order_hdr")["replication_key_value"]
    assert reached == "2025-01-01T00:00:00.000000+00:00"


def test_a_state_of_another_tap_is_not_gone_on_from(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    former = {"replication_key": "mod_ts", "replication_key_value": "2026-11-20T09:00:00Z"}

    done = run(config_for(wms, entities="uom"), state={"bookmarks": {"uom": former}})

    assert len(done.records("uom")) == wms.world.count("uom")
    assert "Stream uom: its state is another tap's" in caplog.text


def test_a_start_after_the_bookmark_is_warned_of(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    config = config_for(wms, entities="uom")
    first = run(config)
    assert "`start_date`" not in caplog.text
    wms.clock.shift(timedelta(days=10))

    run(config | {"start_date": "today-7d"}, state=first.state)

    assert "Stream uom: `start_date` leaves out what changed between" in caplog.text


def test_a_record_limit_ends_a_stream_and_the_next_run_goes_on(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr,uom", record_limit=40, page_size=20)
    state: Any = None
    read: list[int] = []
    for _ in range(6):
        done = run(config, state=state)
        assert done.error is None
        read += [r["id"] for r in done.records("order_hdr")]
        assert len(done.records("order_hdr")) <= 40
        state = done.state

    assert set(read) == set(wms.world.ids("order_hdr"))
    assert "full_load" not in state["bookmarks"]["order_hdr"]


def test_a_stream_that_may_not_be_read_is_skipped_when_a_glob_chose_it(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    wms.fail(Fault(entity="uom_class", status=403, params={"page_size": "*"}))

    by_glob = run(config_for(wms, entities="uom*"))
    by_name = run(config_for(wms, entities="uom,uom_class"))

    assert by_glob.error is None
    assert len(by_glob.records("uom")) == len(wms.world.rows("uom"))
    assert "Stream uom_class is skipped" in caplog.text
    assert by_glob.state["bookmarks"].get("uom_class", {}) == {}
    assert "lgfapi_read_access" in str(by_name.error)


def test_a_denial_to_one_stream_skips_no_other(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    wms.fail(Fault(entity="facility", status=403))  # which the combinations of history come from

    done = run(config_for(wms, entities="inventory*"))

    assert done.error is None
    skipped = [text for text in caplog.messages if "is skipped" in text]
    assert [text.split()[1] for text in skipped] == ["inventory_history"]
    assert len(done.records("inventory")) == wms.world.count("inventory")


def test_an_unfiltered_full_load_ends_with_its_version(wms: WmsStandin) -> None:
    whole = run(config_for(wms, entities="order_hdr", force_full_table=True))
    part = run(config_for(wms, entities="order_hdr", filters={"order_hdr": {"status_id": 90}}))

    (activation,) = whole.of("ACTIVATE_VERSION")
    assert {m["version"] for m in whole.of("RECORD")} == {activation["version"]}
    kinds = [message["type"] for message in whole.messages]
    assert kinds[-3:] == ["ACTIVATE_VERSION", "STATE", "STATE"]
    assert part.of("ACTIVATE_VERSION") == []
    assert all("version" not in m for m in part.of("RECORD"))


def test_versions_are_left_out_when_they_are_not_wanted(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="uom", force_full_table=True, activate_version=False))

    assert done.of("ACTIVATE_VERSION") == []
    assert done.records("uom")
    assert all("version" not in m for m in done.of("RECORD"))


def test_a_resumed_load_keeps_its_version(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_dtl", page_size=20, max_retries=0)
    wms.fail(Fault(entity="order_dtl", status=500, nth=12, params={"page_size": "20"}))
    broken = run(config)
    wms.heal()

    resumed = run(config, state=broken.state)

    (activation,) = resumed.of("ACTIVATE_VERSION")
    assert broken.of("ACTIVATE_VERSION") == []
    versions = {m["version"] for m in broken.of("RECORD") + resumed.of("RECORD")}
    assert versions == {activation["version"]}


def test_rows_of_a_limited_run_survive_the_end_of_its_load(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", page_size=20)
    limited = run(config | {"record_limit": 40})

    whole = run(config, state=limited.state)

    (activation,) = whole.of("ACTIVATE_VERSION")
    kept = [m for m in limited.of("RECORD") + whole.of("RECORD")
            if m.get("version") == activation["version"]]  # fmt: skip
    assert {m["record"]["id"] for m in kept} == set(wms.world.ids("order_hdr"))
    assert limited.of("ACTIVATE_VERSION") == []


def test_a_load_without_versions_does_not_end_with_one(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", page_size=20)
    begun = run(config | {"record_limit": 40, "activate_version": False})

    whole = run(config, state=begun.state)

    (activation,) = whole.of("ACTIVATE_VERSION")
    kept = {m["record"]["id"] for m in whole.of("RECORD") if m["version"] == activation["version"]}
    assert kept == set(wms.world.ids("order_hdr"))


@pytest.mark.parametrize("entity", ["order_hdr", "order_dtl", "item", "ib_shipment", "dock"])
def test_a_values_list_gives_the_same_records_less_what_it_cannot_carry(
    wms: WmsStandin, entity: str
) -> None:
    whole = run(config_for(wms, entities=entity))
    flat = run(config_for(wms, entities=entity, read_mode="values_list", page_size=50))

    assert flat.error is None
    listed_properties = flat.of("SCHEMA")[0]["schema"]["properties"].keys()
    assert {frozenset(r) for r in flat.records(entity)} == {frozenset(listed_properties)}
    records = replayed(whole.records(entity))
    assert len(flat.records(entity)) == len(records)
    left_out = set()
    for record in flat.records(entity):
        left_out |= records[record["id"]].keys() - record.keys()
        assert record.items() <= records[record["id"]].items()
    computed = (
        {"shipped_qty", "received_qty", "shipment_nbr", "trailer_nbr"}
        if entity in {"ib_shipment", "dock"}
        else set()
    )
    assert all(n.endswith(("_key", "_set", "_count")) or n in computed for n in left_out)


def test_inventory_history_is_read_by_the_statuses_that_are_wanted(wms: WmsStandin) -> None:
    rows = wms.world.rows("inventory_history")
    status = rows[0]["status_id"]
    done = run(config_for(wms, entities="inventory_history", history_status_ids=[status]))

    assert done.error is None
    read = done.records("inventory_history")
    assert read
    assert {r["status_id"] for r in read} == {status}
    asked = [dict(r.params) for r in wms.requests if r.entity == "inventory_history"]
    assert all(params["status_id"] == str(status) for params in asked if "page_size" in params)


def test_inventory_history_is_read_by_its_combinations(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="inventory_history", page_size=20))

    managed = {r["id"] for r in wms.world.rows("facility") if r["wms_managed_flg"]}
    rows = [r for r in wms.world.rows("inventory_history") if r["facility_id"] in managed]
    assert done.error is None
    assert len(rows) > 50
    assert sorted(r["id"] for r in done.records("inventory_history")) == [r["id"] for r in rows]
    assert done.of("ACTIVATE_VERSION") == []
    assert "full_load" not in done.bookmark("inventory_history")
    assert "replication_key_value" in done.bookmark("inventory_history")


def test_history_is_gone_on_with_by_combination_and_then_incrementally(wms: WmsStandin) -> None:
    config = config_for(
        wms, entities="inventory_history", max_retries=0, max_concurrency=1,
        history_activity_ids=[1, 4, 17, 51],
    )  # fmt: skip
    wms.fail(Fault(entity="inventory_history", status=500, nth=6, params={"page_size": "*"}))
    broken = run(config)
    wms.heal()

    resumed = run(config, state=broken.state)
    wms.clock.shift(timedelta(hours=1))
    third = run(config, state=resumed.state)

    first = [r["id"] for r in broken.records("inventory_history")]
    again = [r["id"] for r in resumed.records("inventory_history")]
    whole = run(config).records("inventory_history")
    assert broken.error is not None
    assert first
    assert sorted(first + again) == sorted(r["id"] for r in whole)
    assert third.records("inventory_history") == []


def test_other_filters_than_before_are_warned_of(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    first = run(config_for(wms, entities="order_hdr", filters={"order_hdr": {"status_id": 90}}))
    run(
        config_for(wms, entities="order_hdr", filters={"order_hdr": {"status_id": 90}}),
        state=first.state,
    )
    assert "filters have changed" not in caplog.text

    run(config_for(wms, entities="order_hdr"), state=first.state)

    assert "Stream order_hdr: its filters have changed since the last run" in caplog.text


def test_another_replication_key_is_gone_by(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", replication_key="create_ts")
    first = run(config)
    wms.clock.shift(timedelta(hours=1))
    wms.world.update("order_hdr", wms.world.ids("order_hdr")[0], cust_name="only changed")
    new = wms.world.insert("order_hdr")
    wms.clock.shift(timedelta(minutes=1))

    second = run(config, state=first.state)

    assert [r["id"] for r in second.records("order_hdr")] == [new]
    assert second.bookmark("order_hdr")["replication_key"] == "create_ts"


def test_everything_can_be_read_in_full_each_time(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr", enable_incremental=False)
    first = run(config)
    second = run(config, state=first.state)

    assert len(second.records("order_hdr")) == len(wms.world.rows("order_hdr"))
    assert "bookmark_properties" not in second.of("SCHEMA")[0]


def test_another_version_of_the_api_is_asked_for(wms: WmsStandin) -> None:
    with pytest.raises(ConfigError, match=r"has no WMS API v11|does not answer like"):
        run(config_for(wms, api_version="v11"))

    assert {r.path.split("/lgfapi/")[1].split("/")[0] for r in wms.requests} == {"v11"}


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
