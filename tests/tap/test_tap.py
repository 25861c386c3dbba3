from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from tap_oracle_wms.api.cancellation import Cancellation
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import Fault, User

from tests.tap.conftest import Program, config_for, discovered, parsed, run, selected

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin import WmsStandin

    Start = Callable[..., Program]


def sentences(done: Program) -> list[str]:
    """What a failed program said, less the SDK's routine lines."""
    lines = [line for line in done.stderr.splitlines() if " | ERROR " in line]
    return [line.split(" | ", 3)[3] for line in lines]


def test_discovery_offers_every_entity(wms: WmsStandin, program: Start) -> None:
    done = program("--discover", config=config_for(wms))

    assert done.returncode == 0
    entries = {entry["stream"]: entry for entry in json.loads(done.stdout)["streams"]}
    assert len(entries) == 311
    order = entries["order_hdr"]
    assert order["key_properties"] == ["id"]
    assert order["replication_key"] == "mod_ts"
    root = next(m["metadata"] for m in order["metadata"] if not m["breadcrumb"])
    assert root["valid-replication-keys"] == ["mod_ts"]
    assert root["selected-by-default"] is True
    assert order["schema"]["properties"]["order_nbr"]["maxLength"] == 30
    status = entries["order_status"]
    assert "replication_key" not in status
    assert status["replication_method"] == "FULL_TABLE"
    stage = next(m["metadata"] for m in entries["stage_item"]["metadata"] if not m["breadcrumb"])
    assert stage["selected-by-default"] is False
    for name in ("rf_key_map", "stage_planned_parcel_shipment_hdr"):
        assert entries[name]["key_properties"] == []


def test_globs_include_and_exclude(wms: WmsStandin) -> None:
    catalog = discovered(
        config_for(
            wms, entities=["order_*", "uom"], exclude_entities=["order_*_xref", "order_dtl*"]
        )
    )

    names = {entry["stream"] for entry in catalog["streams"]}
    assert {"order_hdr", "order_type", "uom"} <= names
    assert not any(name.startswith("order_dtl") or name.endswith("xref") for name in names)
    assert all(m["metadata"]["selected-by-default"] for e in catalog["streams"]
               for m in e["metadata"] if not m["breadcrumb"])  # fmt: skip


def test_about_lists_the_settings(program: Start) -> None:
    done = program("--about", "--format=json")

    about = json.loads(done.stdout)
    assert about["settings"]["required"] == ["base_url"]
    assert about["settings"]["properties"]["password"]["secret"] is True


def test_settings_come_from_the_environment(wms: WmsStandin, program: Start) -> None:
    done = program(
        "--config=ENV",
        TAP_ORACLE_WMS_BASE_URL=wms.base_url,
        TAP_ORACLE_WMS_USER=wms.username,
        TAP_ORACLE_WMS_PASSWORD=wms.password,
        TAP_ORACLE_WMS_ENTITIES="uom,company",
        TAP_ORACLE_WMS_PAGE_SIZE="",
        TAP_ORACLE_WMS_FLATTENING_MAX_DEPTH="",
        TAP_ORACLE_WMS_START_DATE="",
    )

    assert done.returncode == 0, done.stderr
    streams = {m["stream"] for m in parsed(done.stdout) if m["type"] == "SCHEMA"}
    assert streams == {"uom", "company"}


def test_a_run_needs_no_catalog_and_no_state(wms: WmsStandin, program: Start) -> None:
    done = program(config=config_for(wms))

    assert done.returncode == 0
    messages = parsed(done.stdout)
    rows = [m["record"] for m in messages if m.get("stream") == "order_hdr" and "record" in m]
    assert {row["id"] for row in rows} == set(wms.world.ids("order_hdr"))
    assert messages[-1]["type"] == "STATE"


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "password": ({"password": "hunter2"}, "WMS refused the credentials (401)"),
    "host": ({"base_url": "https://no-such-host.invalid/acme"}, "no-such-host.invalid is unknown"),
    "setting": ({"page_sise": 5}, "`page_sise` is unknown; did you mean `page_size`?"),
    "value": ({"page_size": "many"}, "Setting `page_size` is wrong"),
    "entity": ({"entities": "order_hd"}, "no entity `order_hd`"),
    "credentials": ({"username": ""}, "Set `username`, which `auth_method` basic needs"),
    "address": ({"base_url": "https://x1.wms.example.com"}, "lacks the environment name"),
}


MODES = [("run", mistake) for mistake in MISTAKES]
MODES += [
    (mode, mistake) for mode in ("--discover", "--test") for mistake in ("password", "entity")
]


@pytest.mark.parametrize(("mode", "mistake"), MODES)
def test_a_mistake_gets_one_sentence_and_moves_nothing(
    wms: WmsStandin, program: Start, mode: str, mistake: str
) -> None:
    wrong, sentence = MISTAKES[mistake]

    arguments = [mode] if mode.startswith("--") else []

    done = program(*arguments, config=config_for(wms) | wrong)

    assert done.returncode == 1
    (said,) = sentences(done)
    assert sentence in said
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    assert wms.password not in done.stderr
    assert all(
        m["value"]["bookmarks"] == {} for m in parsed(done.stdout) if m.get("type") == "STATE"
    )


def test_a_wrong_environment_name_gets_one_sentence(wms: WmsStandin, program: Start) -> None:
    wrong = config_for(wms) | {"base_url": wms.base_url.replace("/acme", "/acne")}

    done = program(config=wrong)

    assert done.returncode == 1
    (said,) = sentences(done)
    assert "check the host and the environment name in `base_url`" in said


def test_a_user_without_permission_gets_one_sentence(wms: WmsStandin, program: Start) -> None:
    wms.add_user(User(name="poor", password="p", permissions=frozenset()))

    done = program(config=config_for(wms) | {"username": "poor", "password": "p"})

    assert done.returncode == 1
    (said,) = sentences(done)
    assert "user poor needs the permission lgfapi_read_access" in said


def test_an_unreadable_entity_is_skipped_by_glob_and_an_error_by_name(wms: WmsStandin) -> None:
    wms.fail(Fault(entity="uom_class", path="*describe*", status=403))

    by_glob = run(config_for(wms, entities="uom*"))

    assert "uom_class" not in by_glob.streams
    assert "uom" in by_glob.streams
    with pytest.raises(Exception, match=r"uom_class.*403.*lgfapi_read_access"):
        run(config_for(wms, entities="uom_class"))


def test_a_failure_midway_leaves_the_bookmarks_of_what_is_done(
    wms: WmsStandin, program: Start
) -> None:
    wms.fail(Fault(entity="order_dtl", status=500, params={"page_size": "*"}))

    done = program(config=config_for(wms, entities="company,order_dtl,uom", max_retries=1))

    assert done.returncode == 1
    (said,) = sentences(done)
    assert said.startswith("WMS did not answer GET /entity/order_dtl/")
    state = [m["value"] for m in parsed(done.stdout) if m["type"] == "STATE"][-1]["bookmarks"]
    assert "replication_key_value" in state["company"]
    assert "replication_key_value" not in state.get("order_dtl", {})
    assert "uom" not in state


def test_sigterm_ends_honestly_with_a_state_that_resumes(wms: WmsStandin, tmp_path: Path) -> None:
    config = config_for(wms, entities="order_dtl", page_size=10, max_concurrency=2)
    wms.fail(Fault(kind="hang", seconds=30, entity="order_dtl", nth=25))
    settings, out = tmp_path / "config.json", tmp_path / "out.jsonl"
    settings.write_text(json.dumps(config))
    command = [sys.executable, "-m", "tap_oracle_wms", "--config", str(settings)]
    with out.open("w") as stdout, subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        while sum(r.entity == "order_dtl" for r in wms.requests) < 20:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        err = process.communicate(timeout=10)[1]
    wms.heal()

    assert process.returncode == 128 + signal.SIGTERM
    assert "The run was stopped by SIGTERM" in err
    assert "Traceback" not in err
    first = parsed(out.read_text())
    resumed = run(config, state=first[-1]["value"])
    emitted = [m["record"]["id"] for m in first if m["type"] == "RECORD"]
    again = [r["id"] for r in resumed.records("order_dtl")]
    assert 0 < len(emitted) < len(wms.world.ids("order_dtl"))
    assert sorted(emitted + again) == wms.world.ids("order_dtl")
    assert resumed.error is None


def test_test_reports_on_the_connection(wms: WmsStandin, program: Start) -> None:
    wms.clock.shift(timedelta(minutes=3))

    done = program("--test", config=config_for(wms))

    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert (report["name"], report["status"]) == ("tap-oracle-wms", "healthy")
    assert report["details"] == {
        "base_url": wms.base_url,
        "reachable": True,
        "authenticated": True,
        "permitted": True,
        "entities": 311,
        "clock_skew_seconds": pytest.approx(180, abs=3),
    }
    assert report["response_time_ms"] > 0


def test_test_says_what_is_wrong(wms: WmsStandin, program: Start) -> None:
    wms.add_user(User(name="poor", password="p", permissions=frozenset()))

    wrong = program("--test", config=config_for(wms) | {"password": "hunter2"})
    poor = program("--test", config=config_for(wms) | {"username": "poor", "password": "p"})
    gone = program(
        "--test", config=config_for(wms, max_retries=0) | {"base_url": "http://127.0.0.1:9/acme"}
    )

    checks = ("reachable", "authenticated", "permitted")
    found = [json.loads(done.stdout)["details"] for done in (wrong, poor, gone)]
    assert [tuple(details[check] for check in checks) for details in found] == [
        (True, False, False),
        (True, True, False),
        (False, False, False),
    ]
    assert [done.returncode for done in (wrong, poor, gone)] == [1, 1, 1]
    assert "401" in found[0]["message"]
    assert "lgfapi_read_access" in found[1]["message"]


def test_test_schema_writes_schemas_alone(wms: WmsStandin, program: Start) -> None:
    done = program("--test=schema", config=config_for(wms, entities="uom,company"))

    assert [m["type"] for m in parsed(done.stdout)] == ["SCHEMA", "SCHEMA"]
    assert all(m["schema"]["properties"] for m in parsed(done.stdout))


def test_a_stream_selected_late_has_its_schema(wms: WmsStandin) -> None:
    tap = TapOracleWMS(config=config_for(wms, exclude_entities="[a-np-z]*"), setup_mapper=False)
    tap._describes_all = True
    tap.setup_mapper()
    stream = tap.streams["order_instruction"]
    assert not stream.selected

    stream.selected = True
    tap.close()

    schema = next(iter(stream._generate_schema_messages())).schema
    assert "order_hdr_id" in schema["properties"] or len(schema["properties"]) > 5


def test_polling_reads_windows_until_stopped(
    wms: WmsStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = []

    def wait(cancellation: Cancellation, seconds: float) -> None:
        rounds.append(wms.world.insert("order_hdr"))
        time.sleep(1.1)  # the Date header counts whole seconds
        if len(rounds) == 3:
            cancellation.request(signal.SIGTERM)

    monkeypatch.setattr(Cancellation, "wait", wait)
    done = run(
        config_for(
            wms, entities="order_hdr,uom_class", poll_interval_seconds=5, force_full_table=False,
            incremental_overlap_minutes=0,
        )
    )  # fmt: skip

    assert done.error is None
    records = [r["id"] for r in done.records("order_hdr")]
    assert sorted(records) == wms.world.ids("order_hdr")[:-1]
    states = [m["value"]["bookmarks"]["order_hdr"] for m in done.of("STATE")]
    reached = [s["replication_key_value"] for s in states if "replication_key_value" in s]
    assert reached == sorted(reached)
    assert len(set(reached)) == 3


def test_logs_carry_the_run_but_no_record(wms: WmsStandin, tmp_path: Path, program: Start) -> None:
    config_file = tmp_path / "logs.yml"
    config_file.write_text(
        """
version: 1
disable_existing_loggers: false
formatters: {structured: {(): singer_sdk.logging.StructuredFormatter}}
handlers: {stderr: {class: logging.StreamHandler, formatter: structured, stream: ext://sys.stderr}}
root: {level: DEBUG, handlers: [stderr]}
"""
    )
    facility = wms.world.rows("facility")[0]["code"]

    done = program(
        config=config_for(wms, entities="order_hdr", facility_code=facility, run_id="night-7"),
        SINGER_SDK_LOG_CONFIG=str(config_file),
    )

    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    reading = [line for line in lines if "rows in" in line["message"]]
    assert reading[0]["extra"]["run_id"] == "night-7"
    assert reading[0]["extra"]["facility"] == facility
    assert "s3cret" not in done.stderr
    orders = {r["order_nbr"] for r in wms.world.rows("order_hdr")}
    assert not [nbr for nbr in orders if nbr in done.stderr]


FILES = {
    "no config": (
        ["--config", "no.json"],
        "The --config file no.json cannot be read: No such",
    ),
    "half a config": (["--config", "half.json"], "The --config file half.json is not JSON"),
    "list as config": (["--config", "list.json"], "The --config file list.json does not hold"),
    "folder as config": (["--config", "."], "The --config file . cannot be read: Is a directory"),
    "bytes as config": (["--config", "bytes.json"], "The --config file bytes.json is not JSON"),
    "half a state": (["--state", "half.json"], "The state file is not JSON"),
    "list as state": (["--state", "list.json"], "The state file does not hold a JSON object"),
    "message as state": (["--state", "message.json"], "The state file has no `bookmarks`: they"),
    "numbers as state": (["--state", "numbers.json"], "The state file's `bookmarks` are not an"),
    "half a catalog": (["--catalog", "half.json"], "The catalog file is not JSON"),
    "no catalog": (["--catalog", "object.json"], "The catalog file is not a Singer catalog"),
    "odd catalog": (["--catalog", "odd.json"], "The catalog file is not a Singer catalog"),
}


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """How the program ends, run here."""
    monkeypatch.setattr(
        "tap_oracle_wms.observing.logs.begin", lambda: None
    )  # which is for a whole process
    return CliRunner().invoke(TapOracleWMS.get_singer_command(), arguments)


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_cannot_be_used_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path, file: str
) -> None:
    arguments, sentence = FILES[file]
    contents = {"half": "{", "list": "[]", "object": '{"x": 1}', "odd": '{"streams": [{"a": 1}]}'}
    contents |= {"message": '{"type": "STATE", "value": {}}', "numbers": '{"bookmarks": {"a": 1}}'}
    contents |= {"config": json.dumps({"base_url": "https://host.invalid/acme"})}
    monkeypatch.chdir(tmp_path)
    for name, content in contents.items():
        Path(f"{name}.json").write_text(content)
    Path("bytes.json").write_bytes(b"\xff{}")

    done = ended(monkeypatch, "--config", "config.json", *arguments)

    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    (said,) = [line.message for line in caplog.records if line.levelname == "ERROR"]
    assert sentence in said


def test_a_catalog_that_selects_nothing_is_a_mistake(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="uom")))

    done = run(config_for(wms), catalog=catalog)

    assert str(done.error).startswith("No stream is selected")


def test_a_state_that_cannot_be_gone_on_from_is_refused_and_kept(
    wms: WmsStandin, program: Start, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"bookmarks": {"uom": {"format": 9}}}')

    done = program("--state", str(state), config=config_for(wms, entities="uom"))

    assert done.returncode == 1
    (said,) = sentences(done)
    assert said.startswith("State of stream uom cannot be used: its format is 9")
    assert not [m for m in parsed(done.stdout) if m["type"] == "RECORD"]


def test_a_stream_map_that_is_wrong_gets_one_sentence(wms: WmsStandin, program: Start) -> None:
    maps = {"uom": {"x": "nosuch("}}

    done = program(config=config_for(wms, entities="uom", stream_maps=maps))

    assert done.returncode == 1
    assert sentences(done) == ["Setting `stream_maps`: Failed to parse expression nosuch(."]
    assert "Traceback" not in done.stderr


def test_a_target_that_ends_is_no_success(wms: WmsStandin, tmp_path: Path) -> None:
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(config_for(wms)))
    command = f"{sys.executable} -m tap_oracle_wms --config {settings}"

    done = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1 > /dev/null; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "The target stopped reading." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--test"], ["--discover"]])
def test_a_full_disk_gets_one_sentence(
    wms: WmsStandin, tmp_path: Path, arguments: list[str]
) -> None:
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(config_for(wms, entities="uom")))
    command = [sys.executable, "-m", "tap_oracle_wms", "--config", str(settings), *arguments]

    buffered = {name: v for name, v in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=buffered
        )

    assert done.returncode == 1
    assert "ERROR" in done.stderr
    assert "The output cannot be written: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_the_connection_report_does_not_wait_as_a_run_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_oracle_wms.commands.check.PATIENCE", 0.2)
    settings = tmp_path / "config.json"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/acme"
        given = {"base_url": address, "username": "u", "password": "p", "retry_wait_seconds": 0}
        settings.write_text(json.dumps(given))
        done = ended(monkeypatch, "--config", str(settings), "--test")

    assert done.exit_code == 1
    answer = json.loads(done.stdout.splitlines()[0])
    assert (answer["status"], answer["details"]["reachable"]) == ("unhealthy", False)
    assert answer["details"]["message"] == (
        "WMS did not answer GET /entity/ in 2 attempts: no answer within 0.2 s."
    )
