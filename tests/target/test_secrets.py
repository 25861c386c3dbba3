"""No way to fail shows a secret, whatever is logged."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.programs.forks import forked

from .conftest import record, schema, text

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Target

SECRET = "hunter2-Pässwort"
URL = f"oracle+oracledb://someone:{SECRET}@{{host}}:{{port}}/?service_name={{service}}"
WAYS: dict[str, dict[str, Any]] = {
    "password": {"password": SECRET},
    "alias": {"password": "", "oracle_password": SECRET},
    "nested": {"password": "", "oracle_config": {"password": SECRET}},
    "url": {"host": "", "sqlalchemy_url": URL},
    "broken url": {"host": "", "sqlalchemy_url": f"oracle+oracledb://u:{SECRET}@:x/"},
    "token": {"user": "", "password": "", "access_token": SECRET},
    "wallet": {"protocol": "tcps", "wallet_location": "/nowhere", "wallet_password": SECRET},
    "unknown": {"pasword": SECRET},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_fails_shows_no_secret_even_at_debug(
    target: Target, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {
        "host": target.schema.host,
        "port": target.schema.port,
        "service": target.schema.service,
    }
    settings = {
        name: value.format(**places) if name == "sqlalchemy_url" else value
        for name, value in {**target.config, "max_retries": 0, **WAYS[way]}.items()
    }
    monkeypatch.setenv("TARGET_ORACLE_LOGLEVEL", "DEBUG")
    file = tmp_path / "config.json"
    file.write_text(json.dumps(settings))

    for flags in ((), ("--check",)) if way == "password" else ((),):
        done = subprocess.run(
            [*forked("target_oracle"), "--config", str(file), *flags],
            input=text([schema("t", {"id": {"type": "integer"}}), record("t", id=1)]),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1, done.stderr
        said = done.stdout + done.stderr
        assert said.strip()
        assert "Traceback" not in said
        assert SECRET not in said
        assert "P%C3%A4sswort" not in said
