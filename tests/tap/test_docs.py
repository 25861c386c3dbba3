from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from tap_oracle_wms.catalog.shipped import CATALOGS
from tap_oracle_wms.commands.probe.asking import MOST_REQUESTS
from tap_oracle_wms.commands.probe.facts import FACTS
from tap_oracle_wms.config.settings import Settings

from tests.tap.conftest import config_for, expected, replayed, run, without_keys
from tests.tap.documents import FULL, INCREMENTAL, SETTINGS, catalogs, settings_page

if TYPE_CHECKING:
    from pathlib import Path

    from wms_standin import WmsStandin

HINT = "run: uv run python -m tests.tap.documents"


def test_the_page_lists_the_settings_that_the_program_has() -> None:
    text = SETTINGS.read_text(encoding="utf-8")

    assert settings_page() == text, HINT
    assert [name for name in Settings.model_fields if text.count(f"| `{name}` |") != 1] == []


def test_the_catalogs_are_what_discovery_finds() -> None:
    found = catalogs()
    assert found.keys() == {*FULL.parent.iterdir(), *CATALOGS.values()}
    for path, content in found.items():
        assert path.read_text(encoding="utf-8") == content, HINT


def test_the_full_catalog_has_every_entity() -> None:
    entries = json.loads(FULL.read_text(encoding="utf-8"))["streams"]

    incremental = [e for e in entries if e["replication_method"] == "INCREMENTAL"]
    assert len(entries) == 311
    assert len(incremental) == 186  # mod_ts and an id
    assert sum(not e["key_properties"] for e in entries) == 3


@pytest.mark.parametrize("path", [CATALOGS["core"], INCREMENTAL], ids=lambda path: path.stem)
def test_a_shipped_catalog_can_be_run_as_it_is(wms: WmsStandin, path: Path) -> None:
    catalog = json.loads(path.read_text(encoding="utf-8"))

    done = run(config_for(wms), catalog=catalog)

    assert done.error is None
    assert done.streams == sorted(entry["stream"] for entry in catalog["streams"])
    for entity in ("order_hdr", "order_dtl", "allocation"):
        table = replayed(done.records(entity))
        assert without_keys(table, wms, entity) == expected(wms, entity)


def test_the_example_of_a_probe_is_one_that_can_be() -> None:
    text = (SETTINGS.parent / "probe.md").read_text("utf-8")
    (most,) = re.findall(r"makes (\d+) requests at most", text)
    (told,) = re.findall(r"(\d+) requests; \d+ of (\d+) facts differ", text)
    assert int(most) == MOST_REQUESTS
    assert int(told[1]) == len(FACTS)
    requests = {told[0], *re.findall(r'"requests": (\d+)', text)}
    assert [number for number in requests if int(number) > MOST_REQUESTS] == []
    assert len(requests) == 1
