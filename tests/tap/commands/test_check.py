"""`--test` reports on the connection."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tap_oracle_wms.config.limits import Limits
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import User

from tests.tap.conftest import (
    Program,
    config_for,
    ended,
    parsed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wms_standin import WmsStandin

    Start = Callable[..., Program]


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


def test_the_connection_report_does_not_wait_as_a_run_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TapOracleWMS, "limits", Limits(check_seconds=0.2))
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


def test_variables_may_stand_in_a_file_of_the_working_directory(
    wms: WmsStandin, program: Start, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        f"TAP_ORACLE_WMS_BASE_URL={wms.base_url}\nTAP_ORACLE_WMS_USERNAME=nobody\n"
        f"TAP_ORACLE_WMS_PASSWORD={wms.password}\n"
    )

    refused = program("--config", "ENV", "--test")
    done = program("--config", "ENV", "--test", TAP_ORACLE_WMS_USERNAME=wms.username)

    assert "WMS refused the credentials" in refused.stderr
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "healthy"
