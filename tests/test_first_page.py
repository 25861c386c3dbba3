"""What the first pages claim in figures and names is what the project has."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from oracle_standin.server import ERAS
from tap_oracle_wms.config.settings import Settings as TapSettings
from target_oracle.config.settings import Settings as TargetSettings
from target_oracle.records.batch_files import Encoding

from .documents import ROOT, blocks, pages, shell_block
from .hub import PLUGINS
from .pipeline.test_foreign import CLONE, MELTANO

FIRST = (ROOT / "README.md").read_text("utf-8")
OF_PLUGINS = {name: (ROOT / name / "README.md").read_text("utf-8") for name in PLUGINS}
SETTINGS = {
    "TAP_ORACLE_WMS": TapSettings.model_fields.keys(),
    "TARGET_ORACLE": TargetSettings.model_fields.keys(),
}
BATCH_FORMATS = {"jsonl": "JSON lines", "parquet": "Parquet"}


def project(plugin: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / plugin / "pyproject.toml").read_text("utf-8"))
    return dict(found["project"])


def versions(subject: str) -> tuple[str, str]:
    """What the table of versions says of a subject: supported, and tested."""
    (row,) = re.findall(rf"^\| {subject} \| (.*) \| (.*) \|$", FIRST, re.MULTILINE)
    return row[0], row[1]


def tables(page: str) -> list[str]:
    """The heads of the tables of a page."""
    return re.findall(r"^(\|.*\|)\n\|[-:| ]+\|$", page, re.MULTILINE)


def test_the_first_page_is_short_and_so_are_those_of_the_plugins() -> None:
    assert len(FIRST.splitlines()) < 150
    assert len(tables(FIRST)) == 2
    assert {name: len(tables(page)) <= 5 for name, page in OF_PLUGINS.items()} == dict.fromkeys(
        PLUGINS, True
    )


@pytest.mark.parametrize("page", [FIRST, *OF_PLUGINS.values()], ids=["both", *PLUGINS])
def test_every_column_of_a_table_has_a_head(page: str) -> None:
    assert tables(page)
    assert [head for head in tables(page) if not head.strip("| ")] == []


def test_the_entities_are_as_many_as_the_catalog_has() -> None:
    catalog = json.loads((ROOT / "catalogs" / "full.json").read_text("utf-8"))
    assert f"{len(catalog['streams'])} entities" in FIRST


def test_pythons_are_those_that_the_packages_claim_and_the_workflow_and_image_take() -> None:
    supported, tested = versions("Python")
    for plugin in PLUGINS:
        about = project(plugin)
        assert about["requires-python"] == f">={supported.removesuffix(' or later')}"
        classified = re.findall(r":: (3\.\d+)", " ".join(about["classifiers"]))
        assert classified == tested.split(", ")
    workflow = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text("utf-8"))
    assert set(tested.split(", ")) <= set(workflow["jobs"]["tests"]["strategy"]["matrix"]["python"])
    image = re.search(r"/python:(3\.\d+)-slim", (ROOT / "Containerfile").read_text("utf-8"))
    assert image is not None
    assert image[1] in tested


def test_the_releases_that_are_tested_are_those_that_the_stand_in_plays() -> None:
    _, tested = versions("Oracle Database")
    played = [int(number) for number in re.findall(r"\b(\d+)(?:c|ai)\b", tested)]
    assert played == sorted(ERAS)


def test_the_commands_that_compare_are_those_of_their_page_which_a_test_runs() -> None:
    (shown,) = [each for each in blocks("README.md") if "docs/reconcile.md" in each.excuse]
    commands = {line.partition("  #")[0].rstrip() for line in shown.text.splitlines()}
    run = [shell_block("docs/reconcile.md", name).splitlines() for name in ("judge", "heal")]
    assert commands == {line for block in run for line in block}


def test_plugins_are_added_as_a_test_does_it() -> None:
    for name, family in PLUGINS.items():
        kind = family.removesuffix("s")
        reference = f"{CLONE}/{name}/plugin.yml"
        command = f"uvx {MELTANO[-1]} add --plugin-type {kind} {name} --from-ref {reference}"
        assert command in FIRST.splitlines()


def test_a_project_of_ones_own_is_told_to_select_what_this_one_does() -> None:
    (told,) = re.findall(r"`TAP_ORACLE_WMS__SELECT='(.*?)'`", FIRST)
    project = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    assert json.loads(told) == project["plugins"]["extractors"][0]["select"]


def test_every_variable_that_a_page_names_is_a_setting() -> None:
    named = {
        (prefix, name.removeprefix("INCREMENTAL_").lower())
        for page in pages()
        for prefix, name in re.findall(
            r"\b(TAP_ORACLE_WMS|TARGET_ORACLE)_([A-Z][A-Z_]*[A-Z])\b",
            (ROOT / page).read_text("utf-8"),
        )
        if "__" not in name  # of Meltano, such as `__SELECT`
    }
    assert len(named) > 10
    assert [(prefix, name) for prefix, name in named if name not in SETTINGS[prefix]] == []


def test_meltano_is_the_same_one_everywhere() -> None:
    supported, tested = versions("Meltano")
    named = {
        version
        for path in ("README.md", "docs", "tests", "Containerfile", "meltano.yml")
        for file in ([ROOT / path] if (ROOT / path).is_file() else (ROOT / path).rglob("*"))
        if file.suffix in {".md", ".py", ".yml", ""} and file.is_file()
        for version in re.findall(
            r"\bmeltano(?:\[\w+\])?(?:@|==)(\d[\d.]*\d)", file.read_text("utf-8")
        )
    }
    assert named == {tested}
    given = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))["requires_meltano"]
    assert supported == f"{given.removeprefix('>=')} or later"


@pytest.mark.parametrize(
    "page", [FIRST, OF_PLUGINS["target-oracle"]], ids=["both", "target-oracle"]
)
def test_batch_files_are_of_the_formats_that_the_target_reads(page: str) -> None:
    assert set(get_args(get_type_hints(Encoding)["format"])) == BATCH_FORMATS.keys()
    (claim,) = re.findall(r"BATCH files[^·|]*(?:\| )?[^·|]*", page)
    assert all(name in claim for name in BATCH_FORMATS.values())
    assert "CSV" not in claim
