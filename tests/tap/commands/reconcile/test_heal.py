"""`--reconcile=heal` writes the records that make Oracle equal, as a run would write them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Fault

from tests.tap.commands.reconcile.conftest import Judge, document, lines_of
from tests.tap.conftest import config_for, listed, run

if TYPE_CHECKING:
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.tap.commands.reconcile.conftest import Found, Held
    from tests.tap.conftest import Run


def healed(judge: Judge, held: Held, tmp_path: Path, **head: Any) -> Found:
    """A healed table of items, with the report that its file has."""
    file = tmp_path / "report.jsonl"
    found = judge.judge(document(lines_of("item", held, **head)), "heal", summary_file=str(file))
    found.report = json.loads(file.read_text("utf-8").splitlines()[-1])
    return found


def normal(wms: WmsStandin) -> Run:
    return run(config_for(wms, entities="item"))


def test_what_lacks_and_what_is_old_is_written_as_a_run_would(
    judge: Judge, wms: WmsStandin, tmp_path: Path
) -> None:
    held = judge.copy("item")
    judge.small()
    ids = sorted(held)
    wanted = [ids[0], *ids[30:33], ids[50], ids[-1]]
    for key in wanted[:4]:
        del held[key]
    for key in wanted[4:]:
        held[key] -= timedelta(days=1)
    usual = normal(wms)
    found = healed(judge, held, tmp_path)

    assert found.code == 0
    whole = {record["id"]: record for record in usual.records("item")}
    assert sorted(record["id"] for record in found.records("item")) == wanted
    assert all(record == whole[record["id"]] for record in found.records("item"))
    kinds = [message["type"] for message in found.messages]
    assert kinds == ["SCHEMA"] + ["RECORD"] * len(wanted)
    assert found.messages[0] == usual.of("SCHEMA")[0]
    assert not any("version" in message for message in found.messages)
    entity = found.entity("item")
    assert (entity["status"], entity["problem"]) == ("healed", None)
    assert entity["healed"] == {"upserted": len(wanted), "deleted": 0}
    assert found.report["equal"] is False


def test_what_is_gone_is_written_as_deleted(judge: Judge, wms: WmsStandin, tmp_path: Path) -> None:
    held = judge.copy("item")
    (gone, back, *_) = sorted(held)
    del held[back]
    wms.world.delete("item", gone)
    found = healed(judge, held, tmp_path)

    assert found.code == 0
    (record, deletion) = found.records("item")
    assert record["id"] == back
    assert record["_sdc_deleted_at"] is None
    assert deletion.keys() == {"id", "_sdc_deleted_at"}
    assert deletion["id"] == gone
    lately = wms.clock.now() - datetime.fromisoformat(deletion["_sdc_deleted_at"])
    assert abs(lately) < timedelta(minutes=1)
    schema = found.messages[0]["schema"]["properties"]
    assert schema["_sdc_deleted_at"]["format"] == "date-time"
    assert found.entity("item")["healed"] == {"upserted": 1, "deleted": 1}


def test_more_than_may_be_gone_at_once_is_not_deleted(judge: Judge, tmp_path: Path) -> None:
    held = judge.copy("item")
    missing, *_ = sorted(held)
    del held[missing]
    held |= {max(held) + n: None for n in range(1, 2 * len(held))}
    found = healed(judge, held, tmp_path)

    assert found.code == 1
    assert [record["id"] for record in found.records("item")] == [missing]
    entity = found.entity("item")
    assert entity["status"] == "different"
    assert "`max_deleted_share`" in entity["problem"]
    assert entity["healed"] == {"upserted": 1, "deleted": 0}


def test_newer_rows_are_left_alone(judge: Judge, tmp_path: Path) -> None:
    held = judge.copy("item")
    held[min(held)] += timedelta(days=1)
    found = healed(judge, held, tmp_path)

    assert (found.code, found.messages) == (1, [])
    assert "newer in Oracle" in found.entity("item")["problem"]


def test_of_what_is_equal_only_the_end_is_told(judge: Judge, tmp_path: Path) -> None:
    """Else a target could not tell it from a tap that has died. There is no state in it."""
    found = healed(judge, judge.copy("item"), tmp_path)
    assert (found.code, found.report["equal"]) == (0, True)
    run_id = found.report["run_id"]
    report = {"run_id": run_id, "status": "finished", "error": None, "streams": {}}
    assert found.messages == [{"type": "STATE", "value": {"report": report}}]


def test_an_overwritten_table_is_left_alone(judge: Judge, tmp_path: Path) -> None:
    held = judge.copy("item")
    del held[min(held)]
    found = healed(judge, held, tmp_path, load_method="overwrite")
    assert (found.code, found.messages) == (1, [])
    assert "overwritten" in found.entity("item")["problem"]


def test_what_lies_together_is_read_by_ranges(
    judge: Judge, wms: WmsStandin, tmp_path: Path
) -> None:
    ids = sorted(judge.copy("order_hdr"))
    wms.requests.clear()
    file = tmp_path / "report.jsonl"
    found = judge.judge(document(lines_of("order_hdr", {})), "heal", summary_file=str(file))

    assert {record["id"] for record in found.records("order_hdr")} == set(ids)
    assert all(request.param("id__in") is None for request in listed(wms, "order_hdr"))


@pytest.mark.parametrize("lies", [False, True])
def test_what_lies_together_is_read_by_the_way_of_a_run(
    lies: bool, judge: Judge, wms: WmsStandin
) -> None:
    judge.copy("order_hdr")
    usual = {record["id"]: record for record in run(
        config_for(wms, entities="order_hdr")).records("order_hdr")}  # fmt: skip
    if lies:
        wms.fail(Fault(kind="wrong_value", column="company_id__code", request="flat", after=4))
    wms.requests.clear()
    lines = document(lines_of("order_hdr", {}))
    found = judge.judge(lines, "heal", read_mode="values_list", page_size=30)

    assert found.code == 0
    healed = found.records("order_hdr")
    assert {record["id"]: record for record in healed} == usual
    assert (len(healed) > len(usual)) == lies
    columns = [request.param("values_list") or "" for request in listed(wms, "order_hdr")]
    assert sum("company_id__code" in asked for asked in columns) > 2


def test_rows_that_wms_no_longer_gives_are_told(
    judge: Judge, wms: WmsStandin, tmp_path: Path
) -> None:
    held = judge.copy("item")
    ids = sorted(held)
    for key in ids[:3]:
        del held[key]
    action = lambda: wms.world.delete("item", ids[1])  # noqa: E731 - of this test
    wms.fail(Fault(kind="call", action=action, request="by_ids", times=1))
    found = healed(judge, held, tmp_path)

    assert found.code == 1
    assert sorted(record["id"] for record in found.records("item")) == [ids[0], ids[2]]
    assert "1 rows are no longer given by WMS" in found.entity("item")["problem"]
