"""Catalogs that come with the tap are found by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tap_oracle_wms.catalog.discovery import CORE_ENTITIES

from tests.tap.conftest import config_for, ended

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from wms_standin import WmsStandin


def test_the_core_is_a_catalog_by_name(
    wms: WmsStandin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_for(wms, record_limit=1)))
    done = ended(monkeypatch, "--config", str(config), "--catalog", "core")
    assert done.exit_code == 0, done.output
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert {m["stream"] for m in messages if m["type"] == "SCHEMA"} == set(CORE_ENTITIES)


def test_any_other_name_is_a_file(
    wms: WmsStandin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_for(wms)))
    done = ended(monkeypatch, "--config", str(config), "--catalog", "corn")
    assert done.exit_code == 2
    assert "'corn': No such file or directory" in done.output
