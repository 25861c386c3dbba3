"""Log lines and the SDK's metrics in them, as Meltano would get them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.config.settings import Settings
from target_oracle.target import TargetOracle

from tests.target.conftest import record, schema, state

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target.conftest import Run, Target

LOGGING = """
version: 1
disable_existing_loggers: false
formatters: {structured: {(): singer_sdk.logging.StructuredFormatter}}
handlers:
  stderr: {class: logging.StreamHandler, formatter: structured, stream: ext://sys.stderr}
loggers: {sqlalchemy: {level: DEBUG}, singer_sdk: {level: DEBUG}}
root: {level: DEBUG, handlers: [stderr]}
"""
ITEMS = schema("items", {"id": {"type": "integer"}, "name": {"type": "string"}}, ["id"])
LOTS = schema("lots", {"id": {"type": "integer"}}, ["id"])
DAYS = schema("days", {"id": {"type": "integer"}, "day": {"type": "string", "format": "date"}})


@pytest.fixture
def everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs of programs are JSON, of everything there is."""
    path = tmp_path / "logging.yml"
    path.write_text(LOGGING)
    monkeypatch.setenv("SINGER_SDK_LOG_CONFIG", str(path))
    monkeypatch.setenv("TARGET_ORACLE_LOGLEVEL", "DEBUG")


def lines(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.log.splitlines()]


def points(run: Run, metric: str) -> list[dict[str, Any]]:
    found = [line["metric_info"] for line in lines(run) if "metric_info" in line]
    return [point for point in found if point["metric"] == metric]


@pytest.mark.usefixtures("everything")
def test_every_line_carries_the_run_and_the_fields_that_are_set_and_no_record(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MELTANO_RUN_ID", "0198-night")
    messages = [ITEMS, record("items", id=1, name="SECRET-NAME"), LOTS, record("lots", id="x7x")]
    messages += [DAYS, record("days", id=1, day="32 SECRET-MONTH")]

    done = target.run(
        *messages,
        state(1),
        on_invalid="skip",
        datetime_error_treatment="null",
        wallet_password="WALLET-SECRET",
        log_fields={"company": "ACME", "facility": "DC1"},
        stream_maps={"items": {"copy": "name"}, "lots": {}, "days": {}},
    )

    assert done.code == 0, done.log
    found = lines(done)
    assert {line["extra"].get("run_id") for line in found} == {"0198-night"}
    assert {line["app_name"] for line in found} == {"target-oracle"}
    begun = next(n for n, line in enumerate(found) if "company" in line["extra"])
    marks = {(line["extra"]["company"], line["extra"]["facility"]) for line in found[begun:]}
    assert marks == {("ACME", "DC1")}
    assert {"lots", "items"} < {line["stream_name"] for line in found[begun:]}
    (forgiven,) = [line for line in found if "what is no date" in line["message"]]
    assert (forgiven["stream_name"], forgiven["thread_name"][:6]) == ("days", "slices")
    assert "debug" in {line["level"] for line in found}
    for secret in ("SECRET-NAME", "x7x", "SECRET-MONTH", "WALLET-SECRET"):
        assert secret not in done.log
    (summary,) = [line["message"] for line in found if "Load summary" in line["message"]]
    assert json.loads(summary.partition(": ")[2])["run_id"] == "0198-night"


@pytest.mark.usefixtures("everything")
def test_metrics_count_records_and_time_flushes_by_stream(target: Target) -> None:
    rows = [record("items", id=n, name="n") for n in range(25)]

    done = target.run(
        ITEMS, *rows, LOTS, record("lots", id=1), batch_size_rows=10, log_metrics=True
    )

    counted: dict[str, int] = {}
    for point in points(done, "record_count"):
        stream = point["tags"]["stream"]
        counted[stream] = counted.get(stream, 0) + point["value"]
    assert counted == {"items": 25, "lots": 1}
    timed = [
        (point["tags"]["stream"], point["tags"]["status"])
        for point in points(done, "batch_processing_time")
    ]
    assert sorted(timed) == [("items", "succeeded")] * 3 + [("lots", "succeeded")]
    metrics = [line for line in lines(done) if line["message"] == "METRIC"]
    assert all(line["stream_name"] == line["metric_info"]["tags"]["stream"] for line in metrics)


@pytest.mark.usefixtures("everything")
def test_a_flush_that_fails_is_timed_as_failed_and_names_its_run(target: Target) -> None:
    rows = [record("items", id=n, name="n") for n in range(10)]

    done = target.run(
        ITEMS,
        *rows,
        record("items", id="x", name="n"),
        batch_size_rows=10,
        run_id="night-7",
        log_metrics=True,
    )

    assert done.code == 1
    timed = [point["tags"]["status"] for point in points(done, "batch_processing_time")]
    assert timed == ["succeeded", "failed"]
    assert sum(point["value"] for point in points(done, "record_count")) == 10
    failure = lines(done)[-1]
    assert failure["level"] == "error"
    assert failure["extra"]["run_id"] == "night-7"


def test_rejects_name_the_run(target: Target) -> None:
    bad = record("lots", id="x")

    target.load(LOTS, bad, on_invalid="reject", run_id="0198b6a2-5d7e-7c3a-9f7e-0a1b2c3d4e5f")

    assert target.rows("REJECTS", "RUN_ID") == [("0198b6a2-5d7e-7c3a-9f7e-0a1b2c3d4e5f",)]


def test_a_run_is_named_by_the_setting_by_meltano_or_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"dsn": "host/service", "user": "u", "password": "p"}

    def name(**settings: str) -> str:
        return TargetOracle(config=config | settings).current_run.run_id

    assert name() != name()
    monkeypatch.setenv("MELTANO_PARENT_CONTEXT_UUID", "context")
    assert name() == "context"
    monkeypatch.setenv("MELTANO_RUN_ID", "meltano")
    assert name() == "meltano"
    monkeypatch.setenv("TARGET_ORACLE_RUN_ID", "night-" + 40 * "7")
    assert name() == "night-" + 30 * "7"
    assert name(run_id="mine") == "mine"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ('{"company": "ACME"}', {"company": "ACME"}),
        ({"company": ["A", "B"], "facility": '["*"]'}, {"company": "A,B", "facility": "*"}),
        ({"company": None, "facility": "", "site": []}, {}),
    ],
    ids=["text", "lists", "nothing"],
)
def test_fields_come_as_text_and_as_meltano_passes_them_on(
    given: Any, fields: dict[str, str]
) -> None:
    assert Settings.model_validate({"log_fields": given}).log_fields == fields
