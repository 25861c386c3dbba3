from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

import pytest
from target_oracle.commands.probe.facts import FACTS
from target_oracle.config.choices import LoadMethod
from target_oracle.config.settings import Settings
from target_oracle.errors import ADVICE

from .documents import (
    PLUGIN,
    PROBE,
    README,
    RELATIONS,
    RELIED_ON,
    SETTINGS,
    relations,
    renewed,
    settings_page,
)

if TYPE_CHECKING:
    from pathlib import Path

HINT = "run: uv run python -m tests.target.documents"


def test_the_page_lists_the_settings_that_the_program_has() -> None:
    text = SETTINGS.read_text("utf-8")

    assert settings_page() == text, HINT
    assert [name for name in Settings.model_fields if text.count(f"| `{name}` |") != 1] == []


@pytest.mark.parametrize("page", [README, PROBE, RELIED_ON], ids=["readme", "probe", "facts"])
def test_the_pages_list_the_facts_that_the_probe_asks_for(page: Path) -> None:
    text = page.read_text("utf-8")
    assert renewed(text) == text, HINT


def test_the_example_of_a_probe_asks_as_many_facts_as_there_are() -> None:
    asked = re.findall(r"\d+ of (\d+) facts differ", PROBE.read_text("utf-8"))
    assert asked == [str(len(FACTS))]


def test_the_documentation_explains_every_load_method() -> None:
    text = (PLUGIN / "docs" / "loading.md").read_text("utf-8")
    section = text.partition("## Load methods")[2].partition("\n## ")[0]
    assert {f"`{name}`" for name in get_args(LoadMethod)} <= set(re.findall(r"`[\w-]+`", section))


def test_the_troubleshooting_codes_are_those_the_program_explains() -> None:
    text = (PLUGIN / "docs" / "troubleshooting.md").read_text("utf-8")
    section = text.partition("## Codes")[2].partition("\n## ")[0]
    codes = set(re.findall(r"(?:ORA|DPY)-\d+", section))
    assert codes
    assert codes <= set(ADVICE)


def test_the_relations_of_wms_are_those_that_its_metadata_names() -> None:
    assert RELATIONS.read_text("utf-8") == relations(), HINT
