"""What leaves with the records of a stream, and what ends it."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from tap_oracle_wms.errors import ConfigError, DataError
from wms_standin import Fault, WmsStandin

from tests.tap.conftest import (
    config_for,
    discovered,
    expected,
    replayed,
    run,
    selected,
    without_keys,
)


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


def test_urls_are_emitted_on_request(wms: WmsStandin) -> None:
    done = run(config_for(wms, entities="order_dtl", include_urls=True))

    record = done.records("order_dtl")[0]
    assert record["url"].endswith(f"/entity/order_dtl/{record['id']}")
    assert record["order_id_url"].endswith(f"/entity/order_hdr/{record['order_id']}")


def test_batch_files_hold_the_same_records(wms: WmsStandin, tmp_path: Any) -> None:
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


@pytest.mark.parametrize("entity", ["order_hdr", "order_dtl", "item", "ib_shipment", "dock"])
def test_a_values_list_gives_the_same_records(wms: WmsStandin, entity: str) -> None:
    whole = run(config_for(wms, entities=entity))
    flat = run(config_for(wms, entities=entity, read_mode="values_list", page_size=20))

    assert flat.error is None
    assert flat.of("SCHEMA") == whole.of("SCHEMA")
    assert replayed(flat.records(entity)) == replayed(whole.records(entity))


def test_another_version_of_the_api_is_asked_for(wms: WmsStandin) -> None:
    with pytest.raises(ConfigError, match=r"has no WMS API v11|does not answer like"):
        run(config_for(wms, api_version="v11"))

    assert {r.path.split("/lgfapi/")[1].split("/")[0] for r in wms.requests} == {"v11"}
