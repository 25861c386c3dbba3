"""The page on the architecture shows the rooms, files and names that there are."""

from __future__ import annotations

import ast
import re

import pytest

from .documents import ROOT
from .test_floors import PACKAGES

PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
PLUGINS = ("tap_oracle_wms", "target_oracle")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = sorted(set(re.findall(r"\[`([\w.]+)`\]\(\.\./([^)]+\.py)\)", PAGE)))


def _blocks(language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(PAGE) if kind == language]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_tree_shows_every_room_from_top_to_bottom(plugin: str) -> None:
    (trees,) = _blocks("text")
    (tree,) = (each for each in trees.split("\n\n") if each.startswith(f"{plugin}/\n"))
    rooms = re.findall(r"^    (\w+)(?:\.py|/) +\S", tree, re.MULTILINE)
    assert len(rooms) == len(tree.strip().splitlines()) - 1
    assert rooms == [room for room in PACKAGES[plugin].floors if not room.startswith("__")]


@pytest.mark.parametrize(("number", "plugin"), list(enumerate(PLUGINS)))
def test_the_diagrams_name_files_and_members_that_exist(number: int, plugin: str) -> None:
    diagram, folder = _blocks("mermaid")[number], PACKAGES[plugin].folder
    files = set(re.findall(r"[\w/]+\.py", diagram))
    assert len(files) > 8
    assert [file for file in sorted(files) if not (folder / file).exists()] == []
    defined = {name for file in files for name in _defined((folder / file).read_text("utf-8"))}
    named = set(re.findall(r"<b>([\w.]+)</b>", diagram))
    assert len(named) > 5
    assert named - defined == set()


@pytest.mark.parametrize(("name", "path"), NAMES)
def test_a_name_is_defined_where_its_link_leads(name: str, path: str) -> None:
    assert name in _defined((ROOT / path).read_text("utf-8"))


def test_what_newcomers_ask_for_is_in_the_table() -> None:
    assert len(NAMES) > 15


def test_the_glossary_has_25_words_at_most() -> None:
    glossary = PAGE.partition("## Words\n")[2]
    words = re.findall(r"^\| (\w[\w ]*) \|", glossary, re.MULTILINE)[1:]
    assert 15 < len(words) <= 25
    assert len(set(words)) == len(words)


def _defined(text: str) -> set[str]:
    """The names at the top of a module, and `Class.member` of its classes."""
    found = set()
    for node in ast.parse(text).body:
        names = _of(node)
        found |= names
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for each in node.body for name in _of(each)}
    return found


def _of(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return {target.id for target in targets if isinstance(target, ast.Name)}
