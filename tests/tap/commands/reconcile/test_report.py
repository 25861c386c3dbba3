"""`--reconcile` names exactly what differs between WMS and what Oracle holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from wms_standin import Fault, Options, WmsStandin

from tests.tap.commands.reconcile.conftest import Judge, document, lines_of
from tests.tap.conftest import listed


def test_a_table_that_holds_all_is_proved_equal(judge: Judge) -> None:
    held = judge.copy("item")
    found = judge.judge(document(lines_of("item", held)))

    assert found.code == 0
    assert found.report["equal"] is True
    entity = found.entity("item")
    assert entity["status"] == "equal"
    assert entity["compared_by"] == ["id", "mod_ts"]
    rows = [entity[name] for name in ("rows_in_wms", "rows_in_oracle", "rows_compared")]
    assert rows == [len(held)] * 3
    assert found.ids("item") == {}


def test_each_kind_of_difference_is_named(judge: Judge, wms: WmsStandin) -> None:
    held = judge.copy("item")
    ids = sorted(held)
    second = timedelta(seconds=1)
    gone, older, newer, empty, top = ids[3], ids[10], ids[11], ids[12], ids[-1]
    del held[gone], held[top]
    held[older] = held[older] - second
    held[newer] = held[newer] + second
    held[empty] = None
    extra = [ids[0] - 5, ids[5] + 1, top + 7]
    held |= dict.fromkeys(extra, wms.clock.now())
    for size in (20, 1250):
        judge.small(size, size - 3)
        found = judge.judge(document(lines_of("item", held)))

        assert (found.code, found.report["equal"]) == (1, False)
        assert found.ids("item") == {
            "missing": [gone, top],
            "stale": [older, empty],
            "newer": [newer],
            "extra": extra,
        }
        entity = found.entity("item")
        assert entity["status"] == "different"
        assert entity["rows_in_wms"] == len(ids)
        assert entity["rows_in_oracle"] == len(ids) - 2 + 3
        assert entity["rows_compared"] == len(ids) - 2


def test_a_table_far_behind_is_read_in_parts_at_once(judge: Judge, wms: WmsStandin) -> None:
    held = judge.copy("item")
    judge.small()
    ids = sorted(held)
    for kept in ([], ids[:1], ids[-1:], ids[::30], ids[:40], ids[60:70] + ids[200:203]):
        found = judge.judge(document(lines_of("item", {key: held[key] for key in kept})))

        entity = found.entity("item")
        assert entity["missing"]["rows"] == len(ids) - len(kept)
        assert entity["rows_compared"] == len(kept)
        assert found.ids("item").keys() == {"missing"}


def test_a_table_of_strangers_is_extra_as_a_whole(judge: Judge) -> None:
    held = judge.copy("item")
    judge.small()
    top = max(held)
    strangers = {top + n: None for n in range(1, 301)}
    found = judge.judge(document(lines_of("item", held | strangers)))

    assert found.entity("item")["extra"]["rows"] == 300
    assert found.ids("item") == {"extra": [top + n for n in range(1, 21)]}


def test_rows_without_a_time_are_compared_by_their_ids(judge: Judge) -> None:
    held = judge.copy("order_status")
    gone, *_ = sorted(held)
    del held[gone]
    found = judge.judge(
        document(lines_of("order_status", held | {4711: None}, replication_key=None))
    )

    assert found.ids("order_status") == {"missing": [gone], "extra": [4711]}
    assert found.entity("order_status")["compared_by"] == ["id"]


def test_times_that_oracle_does_not_tell_are_not_compared(judge: Judge) -> None:
    held = judge.copy("item")
    found = judge.judge(document(lines_of("item", held, replication_key=None)))
    assert found.report["equal"] is True
    assert found.entity("item")["compared_by"] == ["id"]


@pytest.mark.parametrize("values_list", ["off", "ignored"])
def test_a_tenant_without_values_list_is_compared_by_records(
    values_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WmsStandin(seed=3, options=Options(values_list=values_list)) as wms:
        judge = Judge(wms, monkeypatch)
        judge.small()
        held = judge.copy("item")
        gone = sorted(held)[7]
        del held[gone]
        found = judge.judge(document(lines_of("item", held)))
    assert found.ids("item") == {"missing": [gone]}


def test_pages_that_wms_caps_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with WmsStandin(seed=3, options=Options(max_page_size=7, last_link="absent")) as wms:
        judge = Judge(wms, monkeypatch)
        held = judge.copy("item")
        gone = sorted(held)[7]
        del held[gone]
        found = judge.judge(document(lines_of("item", held)))
    assert found.ids("item") == {"missing": [gone]}


def test_rows_that_are_not_counted_are_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    with WmsStandin(seed=3, options=Options(counts="null")) as wms:
        judge = Judge(wms, monkeypatch)
        found = judge.judge(document(lines_of("item", judge.copy("item"))))
    assert (found.code, found.report["equal"]) == (1, False)
    assert found.entity("item")["status"] == "unproved"
    assert "does not count" in found.entity("item")["problem"]


# What is judged


def test_what_changes_while_wms_is_swept_is_no_difference(judge: Judge, wms: WmsStandin) -> None:
    held = judge.copy("order_hdr")
    judge.small()
    gone = sorted(held)[50]
    del held[gone]
    wms.live(every=1, entities=("order_hdr",), updates=2, inserts=2, late=1, deletes=0)
    found = judge.judge(document(lines_of("order_hdr", held)))

    assert found.ids("order_hdr") == {"missing": [gone]}
    assert found.entity("order_hdr")["changed_since"] > 10


def test_what_wms_deletes_meanwhile_is_extra_and_told(
    judge: Judge, wms: WmsStandin, capsys: pytest.CaptureFixture[str]
) -> None:
    """WMS dates no deletion: its count at the beginning tells that the row was there."""
    held = judge.copy("item")
    judge.small()
    before, meanwhile = sorted(held)[10], sorted(held)[50]
    wms.world.delete("item", before)
    action = lambda: wms.world.delete("item", meanwhile)  # noqa: E731 - of this test
    wms.fail(Fault(kind="call", action=action, request="slice", times=1))
    found = judge.judge(document(lines_of("item", held)))

    assert (found.code, found.ids("item")) == (1, {"extra": [before, meanwhile]})
    assert found.entity("item")["gone_meanwhile"] == 1
    said = "item: Up to 1 of the extra rows may have been deleted in WMS only while"
    assert said in capsys.readouterr().err
    again = judge.judge(document(lines_of("item", held)))
    assert again.ids("item") == {"extra": [before, meanwhile]}
    assert (again.entity("item")["gone_meanwhile"], again.entity("item")["problem"]) == (0, None)


def test_what_changed_after_the_last_run_is_no_difference(judge: Judge, wms: WmsStandin) -> None:
    held = judge.copy("order_hdr")
    ids = sorted(held)
    reached = wms.clock.now()
    wms.clock.shift(timedelta(minutes=10))
    wms.world.update("order_hdr", ids[3], cust_field_1="x")
    wms.world.insert("order_hdr")
    wms.clock.shift(timedelta(hours=1))
    lines = lines_of("order_hdr", held, loaded_until=reached.isoformat())
    found = judge.judge(document(lines))

    assert found.report["equal"] is True
    entity = found.entity("order_hdr")
    assert entity["changed_since"] == 2
    overlap = timedelta(minutes=10)
    assert datetime.fromisoformat(entity["changed_before"]) == reached - overlap
    later = judge.judge(document(lines_of("order_hdr", held)))
    assert later.ids("order_hdr") == {
        "missing": [max(wms.world.ids("order_hdr"))],
        "stale": [ids[3]],
    }


def test_the_scope_of_the_settings_holds_and_is_told(
    judge: Judge, wms: WmsStandin, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = wms.world.rows("order_hdr")
    facility = rows[0]["facility_id"]
    code = wms.world.key("facility", facility)
    inside = {row["id"]: row["mod_ts"] for row in rows if row["facility_id"] == facility}
    assert 0 < len(inside) < len(rows)
    wms.clock.shift(timedelta(hours=1))
    found = judge.judge(document(lines_of("order_hdr", inside)), facility_code=code)

    assert found.report["equal"] is True
    assert found.entity("order_hdr")["filters"] == {"facility_id__code": code}
    assert f"facility_id__code={code}" in capsys.readouterr().err


def test_rows_before_the_start_date_need_not_be_there(judge: Judge) -> None:
    held = judge.copy("item")
    by_time = sorted(held, key=lambda key: held[key])
    middle = held[by_time[len(held) // 2]]
    kept = {key: moment for key, moment in held.items() if moment >= middle}
    (gone, *_) = sorted(kept)
    del kept[gone]
    found = judge.judge(document(lines_of("item", kept)), start_date=middle.isoformat())

    assert found.ids("item") == {"missing": [gone]}


def test_streams_that_cannot_be_compared_are_told(judge: Judge, wms: WmsStandin) -> None:
    item = lines_of("item", judge.copy("item"))
    streams = {
        "rf_key_map": lines_of("rf_key_map", {1: None}),
        "inventory_history": lines_of("inventory_history", {1: None}),
        "company": lines_of("company", {1: None}),
        "vendor": lines_of("vendor", {}, key_properties=["a", "b"]),
        "other": lines_of("other", {1: None}),
    }
    streams["vendor"].insert(1, {"type": "BLOCK", "stream": "vendor", "keys": [["a", 1]]})
    streams["vendor"][0]["rows"] = streams["vendor"][-1]["rows"] = 1
    names = [name for name in streams if name != "other"]
    found = judge.judge(
        document(item, *streams.values()),
        entities=["item", *names],
        stream_maps={"company": {"name": "'x'"}},
    )

    assert found.code == 0
    assert list(found.report["entities"]) == ["item"]
    said = found.report["not_compared"]
    assert said.keys() == streams.keys()
    assert "no id" in said["rf_key_map"]
    assert "combinations" in said["inventory_history"]
    assert "stream_maps" in said["company"]
    assert "a, b" in said["vendor"]
    assert "does not read it" in said["other"]


def test_where_nothing_is_compared_nothing_is_equal(judge: Judge) -> None:
    found = judge.judge(document(lines_of("rf_key_map", {1: None})))
    assert (found.code, found.report["equal"]) == (1, False)


# What it costs


def test_it_takes_a_request_a_page_and_three_more(judge: Judge, wms: WmsStandin) -> None:
    held = judge.copy("item")
    judge.small(20, 19)
    wms.requests.clear()
    found = judge.judge(document(lines_of("item", held)))

    pages = -(-len(held) // 19)
    assert found.entity("item")["requests"] == len(listed(wms, "item")) == pages + 3
    assert found.report["equal"] is True
