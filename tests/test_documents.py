"""The pages hold what they promise: blocks run, JSON is JSON, links lead somewhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from .documents import ROOT, SHELLS, Block, blocks, pages

if TYPE_CHECKING:
    from pathlib import Path

ALL = [each for page in pages() for each in blocks(page)]
SHELL = [each for each in ALL if each.language in SHELLS]
TESTS = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def _name(block: Block) -> str:
    return f"{block.page}:{block.line}"


@pytest.mark.parametrize("block", SHELL, ids=_name)
def test_each_shell_block_is_run_by_a_test_or_says_why_not(block: Block) -> None:
    assert block.name or block.excuse, "put <!-- run: name --> or <!-- not run: why --> above it"
    if block.name:
        assert f'"{block.page}", "{block.name}"' in TESTS, f"no test runs {block.name}"


def test_the_names_of_blocks_are_unique_within_their_page() -> None:
    names = [(each.page, each.name) for each in SHELL if each.name]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("block", [b for b in ALL if b.language == "json"], ids=_name)
def test_each_json_block_is_json(block: Block) -> None:
    for line in re.split(r"\n(?=\{)", block.text.strip()):
        json.loads(line)


@pytest.mark.parametrize("page", pages())
def test_each_link_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for link, _, anchor in re.findall(r"\]\(([^)#\s]*)(#([^)\s]+))?", text):
        if not link.startswith(("http://", "https://", "mailto:")):
            there = (ROOT / page).parent.joinpath(link) if link else ROOT / page
            assert there.exists(), link
            assert not anchor or anchor in _anchors(there), f"{link}#{anchor}"


def _anchors(page: Path) -> list[str]:
    """The names of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads]
