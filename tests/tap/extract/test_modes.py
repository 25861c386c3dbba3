"""Which entities are extracted, of which rows and properties, and what is said about it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.api.cancellation import Cancellation
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.extract.task import ExtractTask
from wms_standin import ExtractOptions, Fault, OAuthClient, Options, User, WmsStandin

from tests.tap.conftest import config_for, discovered, replayed, run, selected, tap_with
from tests.tap.extract.conftest import ENDPOINT, settings

if TYPE_CHECKING:
    from pathlib import Path


def extracted(wms: WmsStandin) -> list[str]:
    """The entities that extracts were asked for."""
    return [task.entity.name for job in wms.extracts.jobs.values() for task in job.tasks]


def test_globs_choose_what_is_extracted(wms: WmsStandin, bulk: dict[str, Any]) -> None:
    entities = ["order_hdr", "order_dtl", "item", "order_status"]

    done = run({**bulk, "entities": entities, "extract_entities": "order_*"})

    assert done.error is None
    assert sorted(extracted(wms)) == ["order_dtl", "order_hdr"]  # a status has no time of change
    for name in entities:
        assert len(done.records(name)) == wms.world.count(name)


def test_auto_extracts_what_has_many_rows_to_read(wms: WmsStandin, bulk: dict[str, Any]) -> None:
    most, fewest = wms.world.count("order_dtl"), wms.world.count("order_hdr")
    assert fewest < most
    auto = {**bulk, "read_mode": "auto", "extract_min_rows": most,
            "entities": ["order_hdr", "order_dtl"]}  # fmt: skip

    first = run(auto)
    assert extracted(wms) == ["order_dtl"]
    second = run(auto, state=first.state)

    assert extracted(wms) == ["order_dtl"]
    for name, count in (("order_hdr", fewest), ("order_dtl", most)):
        assert len(first.records(name)) == count
        assert len(second.records(name)) < count


def test_auto_reads_by_pages_what_an_extract_cannot_filter(
    wms: WmsStandin, bulk: dict[str, Any]
) -> None:
    one = wms.world.ids("order_hdr")[0]
    filters = {"order_hdr": {"id": one}}
    auto = {**bulk, "read_mode": "auto", "extract_min_rows": 1, "entities": "order_hdr"}

    by_pages = run({**auto, "filters": filters})
    refused = run({**auto, "filters": filters, "read_mode": "data_extract"})

    assert [record["id"] for record in by_pages.records("order_hdr")] == [one]
    assert not extracted(wms)
    assert isinstance(refused.error, ConfigError)
    assert "a data extract cannot filter by `id`" in str(refused.error)


def test_a_status_filter_holds(wms: WmsStandin, bulk: dict[str, Any]) -> None:
    filters = {"order_hdr": {"status_id__lt": 90}}

    done = run({**bulk, "entities": "order_hdr", "filters": filters})

    wanted = {row["id"] for row in wms.world.rows("order_hdr") if row["status_id"] < 90}
    assert replayed(done.records("order_hdr")).keys() == wanted
    assert 0 < len(wanted) < wms.world.count("order_hdr")


def test_companies_and_facilities_are_sorted_out(wms: WmsStandin, bulk: dict[str, Any]) -> None:
    row = wms.world.rows("order_hdr")[0]
    scope = {"facility_code": wms.world.key("facility", row["facility_id"]),
             "company_code": wms.world.key("company", row["company_id"])}  # fmt: skip

    done = run({**bulk, "entities": "order_hdr", **scope})

    wanted = {
        other["id"] for other in wms.world.rows("order_hdr")
        if all(other[name] == row[name] for name in ("facility_id", "company_id"))
    }  # fmt: skip
    assert done.error is None
    assert replayed(done.records("order_hdr")).keys() == wanted
    assert 0 < len(wanted) < wms.world.count("order_hdr")


def test_more_rows_than_the_user_sees_are_told(
    wms: WmsStandin, bulk: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    row = wms.world.rows("order_hdr")[0]
    code = wms.world.key("facility", row["facility_id"])
    wms.add_user(User(name=wms.username, password=wms.password, facilities=frozenset({code}),
                      async_data_extract_flg=True))  # fmt: skip

    done = run({**bulk, "entities": "order_hdr", "extract_related": "omit"})

    assert len(done.records("order_hdr")) == wms.world.count("order_hdr")
    assert "an extract is not limited to the companies and facilities" in caplog.text


def test_omit_leaves_out_what_files_do_not_hold(wms: WmsStandin, bulk: dict[str, Any]) -> None:
    done = run({**bulk, "entities": "order_hdr", "extract_related": "omit"})

    record = done.records("order_hdr")[0]
    assert not [name for name in record if name.endswith(("_key", "_set", "_set_count"))]
    assert {"id", "facility_id", "order_nbr"} <= record.keys()
    lists = [r for r in wms.requests if r.entity == "order_hdr" and "describe" not in r.path]
    assert all(dict(r.params)["page_size"] == "1" for r in lists)  # none but counts


def test_only_what_is_selected_is_extracted(wms: WmsStandin, bulk: dict[str, Any]) -> None:
    catalog = selected(discovered({**bulk, "entities": "order_hdr"}), "order_hdr")
    for metadata in catalog["streams"][0]["metadata"]:
        if metadata["breadcrumb"] and metadata["breadcrumb"][1] not in {"id", "order_nbr"}:
            metadata["metadata"]["selected"] = False
            metadata["metadata"]["inclusion"] = "available"

    done = run(bulk, catalog)

    assert {*done.records("order_hdr")[0]} == {"id", "order_nbr"}
    task = next(iter(wms.extracts.jobs.values())).tasks[0]
    assert [field.name for field in task.fields] == ["id", "mod_ts", "order_nbr"]


def test_what_looking_up_costs_is_told_once(
    wms: WmsStandin, bulk: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    run({**bulk, "entities": "order_dtl"}, kind=tap_with(many_lookups=10))

    found = [r.message for r in caplog.records if "had to be asked of the entity API" in r.message]
    assert len(found) == 1
    assert "order_instructions_set" in found[0]


@pytest.mark.parametrize("lie", ["not_found", "empty"])
def test_a_key_is_looked_up_also_where_the_rows_asked_for_have_moved_on(
    wms: WmsStandin, bulk: dict[str, Any], monkeypatch: pytest.MonkeyPatch, lie: Any
) -> None:
    """The last request, by the link alone, is not believed at once either."""
    rule = wms.fail(Fault(kind=lie, entity="order_dtl", params={"uom_id": "*"}, times=1))
    rows = wms.world.rows("order_dtl")
    link = rows[-1]["uom_id"]
    other = next(row["id"] for row in wms.world.rows("uom") if row["id"] != link)
    *moving, staying = [row["id"] for row in rows if row["uom_id"] == link]
    assert len(moving) > 10
    real = ExtractTask.wait

    def move(task: ExtractTask, identifier: str) -> str:
        prefix = real(task, identifier)
        for row in moving:
            wms.world.update("order_dtl", row, uom_id=other)
        return prefix

    monkeypatch.setattr(ExtractTask, "wait", move)

    done = run({**bulk, "entities": "order_dtl"})

    assert rule.told
    record = replayed(done.records("order_dtl"))[staying]
    assert (record["uom_id"], record["uom_key"]) == (link, wms.world.key("uom", link))


def test_a_wms_that_caps_pages_gives_extracts_all_they_look_up(tmp_path: Path) -> None:
    rows = {"order_hdr": 8, "order_dtl": 12}
    with WmsStandin(seed=11, size=0.3, rows=rows, options=Options(max_page_size=2)) as capped:
        capped.extracts.add_endpoint(ENDPOINT, f"file://{tmp_path}")
        codes = [row["code"] for row in capped.world.rows("company")]
        config = {"entities": "order_dtl,order_hdr", "company_code": codes}

        bulk = run(settings(capped, f"file://{tmp_path}/wms/extract", **config))
        pages = run(config_for(capped, **config))

        assert bulk.error is None
        for name in ("order_dtl", "order_hdr"):
            assert replayed(bulk.records(name)) == replayed(pages.records(name))


def test_a_limit_is_for_pages(wms: WmsStandin, bulk: dict[str, Any]) -> None:
    done = run({**bulk, "entities": "order_hdr", "record_limit": 3})

    assert len(done.records("order_hdr")) == 3
    assert not extracted(wms)


def test_a_full_table_stream_is_extracted_and_versioned(
    wms: WmsStandin, bulk: dict[str, Any]
) -> None:
    done = run({**bulk, "entities": "item", "force_full_table": True})

    versions = {message["version"] for message in done.of("RECORD")}
    assert len(versions) == 1
    assert {message["version"] for message in done.of("ACTIVATE_VERSION")} == versions


def test_deletes_are_found_after_an_extract(wms: WmsStandin, bulk: dict[str, Any]) -> None:
    config = {**bulk, "entities": "order_dtl", "detect_deletes": "*", "extract_related": "omit"}
    first = run(config)
    gone = wms.world.ids("order_dtl")[3]
    wms.world.delete("order_dtl", gone)

    second = run(config, state=first.state)

    deleted = [r["id"] for r in second.records("order_dtl") if r["_sdc_deleted_at"]]
    assert deleted == [gone]


def test_a_service_user_extracts_by_client_credentials(
    wms: WmsStandin, bulk: dict[str, Any]
) -> None:
    wms.add_client(OAuthClient(client_id="app", client_secret="s", user=wms.username))
    oauth = {"auth_method": "oauth2_client_credentials", "token_url": wms.token_url,
             "client_id": "app", "client_secret": "s"}  # fmt: skip

    done = run({**bulk, **oauth, "entities": "item"})

    assert done.error is None
    assert len(done.records("item")) == wms.world.count("item")


def test_an_extract_under_way_is_looked_at_as_often_as_told(
    wms: WmsStandin, bulk: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(Cancellation, "wait", lambda _, seconds: waits.append(seconds))
    wms.extracts.options = ExtractOptions(polls_pending=1, polls_running=1)

    done = run({**bulk, "entities": "item", "extract_poll_seconds": 7})

    assert done.error is None
    assert waits == [7, 7]


def test_files_are_asked_for_as_the_settings_say(
    wms: WmsStandin, bulk: dict[str, Any], folder: Path
) -> None:
    more = {"extract_format": "csv", "extract_compressed": False, "extract_file_size_mb": 64}

    run({**bulk, **more, "entities": "item"})

    options = next(iter(wms.extracts.jobs.values())).options
    assert options["endpoint"] == {"name": "LAKE", "object_store_path": "wms/extract"}
    assert options["file_format"] == "CSV"
    assert options["compressed"] is False
    assert options["file_size_in_mb"] == 64
    assert [path.suffix for path in (folder / "wms/extract").iterdir()] == [".csv"]


def test_another_stream_does_not_suffer_from_an_extract_that_is_refused(
    wms: WmsStandin, bulk: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    wms.fail(Fault(status=400, path="*push_to_object_store"))

    done = run({**bulk, "entities": ["item", "order_status", "order_hdr"],
                "extract_entities": "order_hdr"})  # fmt: skip

    assert "WMS refused POST /data_extract/push_to_object_store (400)" in str(done.error)
    assert len(done.records("item")) == wms.world.count("item")
    assert "replication_key_value" in done.bookmark("item")


@pytest.mark.parametrize("mode", ["data_extract", "auto"])
def test_endpoint_and_storage_must_be_given(wms: WmsStandin, mode: str) -> None:
    given = {"extract_endpoint": ENDPOINT} if mode == "auto" else {}
    lacking = "`extract_storage_url`" if given else "`extract_endpoint` and `extract_storage_url`"
    with pytest.raises(ConfigError, match=f"Set {lacking}"):
        run(config_for(wms, entities="item", read_mode=mode, **given))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://somewhere/x", "Setting `extract_storage_url` cannot be used"),
        ("oci://bucket/x", "oci:// needs oci://<bucket>@<namespace>/<folder>"),
    ],
)
def test_a_storage_that_cannot_be_reached_is_named(
    wms: WmsStandin, bulk: dict[str, Any], url: str, sentence: str
) -> None:
    done = run({**bulk, "entities": "item", "extract_storage_url": url})

    assert sentence in str(done.error)


def test_oci_is_reached_by_its_s3_interface() -> None:
    from tap_oracle_wms.extract.store import _oci  # noqa: PLC0415

    assert _oci("oci://lake@ns/a/b", {"region": "eu-frankfurt-1"}) == (
        "s3://lake/a/b",
        {
            "endpoint": "https://ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com",
            "region": "eu-frankfurt-1",
        },
    )
