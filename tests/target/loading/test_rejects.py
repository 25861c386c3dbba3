"""Bad records are rejected with a reason, up to a limit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from oracle_standin.errors import OraError
from target_oracle.errors import RecordError

from tests.target.conftest import Target, record, schema, state
from tests.target.loading.orders import BAD, GOOD, ORDERS, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema


@pytest.mark.parametrize("code", BAD)
def test_a_bad_record_goes_into_the_reject_table_with_its_reason(target: Target, code: str) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    states = target.load(ORDERS, *GOOD, BAD[code], state(1), on_invalid="reject")
    assert loaded(target) == [(1, 1), (2, 2), (3, 3)]
    ((stream, reason, message, payload, at),) = target.rows(
        "REJECTS", '"STREAM", "REASON_CODE", "MESSAGE", "PAYLOAD", "REJECTED_AT"'
    )
    assert (stream, reason) == ("orders", code)
    assert message
    assert before <= at <= datetime.now(UTC).replace(tzinfo=None)
    assert json.loads(payload) == BAD[code]["record"]
    assert states == [1]


@pytest.mark.parametrize("value", ["many", {"a": 1}, [1], "NaN"])
def test_without_validation_a_value_of_another_type_is_still_found(
    target: Target, value: Any
) -> None:
    whole = schema("orders", {"id": {"type": "integer"}, "qty": {"type": "integer"}}, ["id"])
    messages = [record("orders", id=1, qty="7"), record("orders", id=2, qty=value)]
    target.load(whole, *messages, on_invalid="reject", validate_records=False)
    assert loaded(target) == [(1, 7)]
    assert target.rows("REJECTS", '"REASON_CODE", "PROPERTY"') == [("type", "qty")]


def test_a_skipped_record_leaves_nothing(target: Target) -> None:
    target.load(ORDERS, *GOOD, BAD["schema"], on_invalid="skip")
    assert loaded(target) == [(1, 1), (2, 2), (3, 3)]
    assert target.schema.tables() == {"ORDERS"}


def test_the_reject_table_takes_the_prefix(target: Target) -> None:
    target.load(ORDERS, BAD["type"], on_invalid="reject", table_prefix="wms_")
    assert target.rows("WMS_REJECTS", '"PROPERTY"') == [("at",)]


@pytest.mark.parametrize(
    "limits", [{"max_rejects": 1}, {"max_reject_ratio": 0.1}], ids=["count", "ratio"]
)
@pytest.mark.parametrize("method", ["upsert", "overwrite"])
def test_too_many_rejects_fail_the_run_load_nothing_and_are_kept(
    target: Target, tmp_path: Path, limits: dict[str, Any], method: str
) -> None:
    bad, file = [BAD["schema"], BAD["type"]], tmp_path / "summary"
    settings = {"on_invalid": "reject", "load_method": method, "summary_file": str(file), **limits}
    with pytest.raises(RecordError, match=r"(more|More) than"):
        target.load(ORDERS, *GOOD, *bad, state(1), **settings)
    assert loaded(target) == []
    kept = target.rows("REJECTS", '"REASON_CODE", "PAYLOAD"', order='"REASON_CODE"')
    assert [(code, json.loads(text)) for code, text in kept] == [
        (code, BAD[code]["record"]) for code in ("schema", "type")
    ]
    told = json.loads(file.read_text())["streams"]["orders"]
    assert {k: told[k] for k in ("status", "read", "written", "rejected")} == {
        "status": "failed", "read": 5, "written": 0, "rejected": 2,
    }  # fmt: skip


def test_rejects_that_cannot_be_kept_do_not_hide_why_the_run_ended(
    oracle_schema: OracleSchema,
    oracle_server: OracleStandin,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_session: object, sql: str, _binds: object) -> None:
        if sql.startswith("INSERT INTO") and "REJECTS" in sql:
            raise OraError(1653, "no space")

    monkeypatch.setattr(oracle_server.listener, "before_execute", refuse)
    target, file = Target(oracle_schema), tmp_path / "summary"
    settings = {"on_invalid": "reject", "max_rejects": 0, "summary_file": str(file)}
    with pytest.raises(RecordError, match="More than max_rejects"):
        target.load(ORDERS, GOOD[0], BAD["schema"], **settings)
    assert json.loads(file.read_text())["streams"]["orders"]["rejected"] == 0
    told = "The rejected records of this flush may not be kept: the tablespace is full"
    assert told in caplog.text


def test_rejects_within_the_limits_pass(target: Target) -> None:
    limits = {"max_rejects": 2, "max_reject_ratio": 0.5}
    target.load(ORDERS, *GOOD, BAD["schema"], BAD["type"], on_invalid="reject", **limits)
    assert len(target.rows("REJECTS")) == 2


def test_a_limit_counts_over_all_flushes(target: Target) -> None:
    messages = [GOOD[0], BAD["schema"], GOOD[1], BAD["type"]]
    with pytest.raises(RecordError, match=r"More than max_rejects \(1\)"):
        target.load(ORDERS, *messages, on_invalid="reject", max_rejects=1, batch_size_rows=2)
    assert loaded(target) == [(1, 1)]
    assert len(target.rows("REJECTS")) == 2


def test_names_longer_than_the_columns_of_the_reject_table_are_cut(
    target: Target, tmp_path: Path
) -> None:
    long, file = "ö" * 300, tmp_path / "summary"
    described = schema(long, {long: {"type": "integer"}})
    settings = {"on_invalid": "reject", "summary_file": str(file)}
    assert target.load(described, record(long, **{long: "x"}), state(1), **settings) == [1]
    ((stream, name, payload),) = target.rows("REJECTS", '"STREAM", "PROPERTY", "PAYLOAD"')
    assert (stream, name, json.loads(payload)) == ("ö" * 255, "ö" * 255, {long: "x"})
    assert json.loads(file.read_text())["streams"][long]["rejected"] == 1


def test_the_reject_table_may_have_another_name(target: Target) -> None:
    target.load(ORDERS, BAD["type"], on_invalid="reject", reject_table="bad_rows")
    assert len(target.rows("BAD_ROWS")) == 1
