from __future__ import annotations

import re
from typing import get_args

from target_oracle.config.choices import LoadMethod
from target_oracle.errors import ADVICE

from .documents import PROBE, README, RELATIONS, relations, renewed

TEXT = README.read_text(encoding="utf-8")


def test_the_readme_lists_the_settings_that_the_program_has() -> None:
    assert renewed(TEXT) == TEXT, "run: uv run python tests/target/documents.py"


def test_the_page_of_the_probe_lists_the_facts_that_it_asks_for() -> None:
    text = PROBE.read_text("utf-8")
    assert renewed(text) == text, "run: uv run python tests/target/documents.py"


def test_the_readme_explains_every_load_method() -> None:
    section = TEXT.partition("## Load methods")[2].partition("\n## ")[0]
    assert {f"`{name}`" for name in get_args(LoadMethod)} <= set(re.findall(r"`[\w-]+`", section))


def test_the_troubleshooting_codes_are_those_the_program_explains() -> None:
    section = TEXT.partition("## Troubleshooting")[2].partition("\n## ")[0]
    codes = set(re.findall(r"(?:ORA|DPY)-\d+", section))
    assert codes
    assert codes <= set(ADVICE)


def test_the_relations_of_wms_are_those_that_its_metadata_names() -> None:
    assert RELATIONS.read_text("utf-8") == relations(), (
        "run: uv run python tests/target/documents.py"
    )
