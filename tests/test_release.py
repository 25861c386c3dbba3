"""Packages, tags and the repository's address belong together."""

from __future__ import annotations

import email
import os
import re
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
import yaml

from tests import release
from tests.site import PROJECT as SITE

if TYPE_CHECKING:
    from pathlib import Path

HERE = release.address()
SHIPPED = {
    "tap-oracle-wms": {"tap_oracle_wms/catalog/core.json"},
    "target-oracle": {
        "target_oracle/commands/dbt/wms_relations.json",
        "target_oracle/config/wms_rules.json",
    },
}
FORGE = "https://forge.example/people/pair"


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that a release is judged by, to be changed."""
    changes = [f"{plugin}/CHANGELOG.md" for plugin in release.PLUGINS]
    for name in (*release.ADDRESSED, *changes, ".github/CODEOWNERS"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((release.ROOT / name).read_bytes())
    monkeypatch.setattr(release, "ROOT", tmp_path)
    return tmp_path


def test_every_address_is_the_same_one() -> None:
    for plugin in release.PLUGINS:
        urls = release.project(plugin)["urls"]
        assert urls["Repository"] == HERE
        assert all(url.startswith(HERE) for url in urls.values())
    assert SITE["repo_url"] == HERE
    text = "".join((release.ROOT / name).read_text("utf-8") for name in release.ADDRESSED)
    assert text.count("https://") == text.count(HERE)


def test_the_address_is_written_wherever_it_stands(copied: Path) -> None:
    release.write_address(FORGE)
    assert release.address() == FORGE
    for name in release.ADDRESSED:
        text = (copied / name).read_text("utf-8")
        assert FORGE in text
        assert HERE not in text
    assert "* @people\n" in (copied / ".github" / "CODEOWNERS").read_text("utf-8")


def test_a_release_is_what_tag_version_changelog_and_address_agree_on(copied: Path) -> None:
    tag = f"target-oracle/v{release.project('target-oracle')['version']}"
    assert [each.partition(" ")[0] for each in release.faults(tag, FORGE)] == [
        "target-oracle/CHANGELOG.md",
        "the",
    ]
    changes = copied / "target-oracle" / "CHANGELOG.md"
    heading = f"## {tag.partition('/v')[2]} - 2026-12-01"
    changes.write_text(changes.read_text("utf-8").replace("## Unreleased", heading), "utf-8")
    release.write_address(FORGE)
    assert release.faults(tag, FORGE) == []
    assert release.main([tag, FORGE]) == 0
    assert release.main([f"{tag}9", FORGE]) == 1
    assert release.faults("v1.0.0", FORGE) == [
        "the tag v1.0.0 names no plugin: it must be <plugin>/v<version>"
    ]


def test_the_workflow_releases_what_is_tagged_so() -> None:
    text = (release.ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    tags = yaml.safe_load(text)[True]["push"]["tags"]  # YAML 1.1 reads `on` as true
    assert tags == [f"{plugin}/v*" for plugin in release.PLUGINS]


@pytest.mark.external
@pytest.mark.parametrize("plugin", release.PLUGINS)
def test_what_a_package_index_shows_has_no_relative_link(tmp_path: Path, plugin: str) -> None:
    uv = os.environ.get("UV", "uv")
    command = [uv, "build", "--quiet", "--wheel", "--package", plugin, f"--out-dir={tmp_path}"]
    subprocess.run(command, cwd=release.ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        (name,) = [each for each in file.namelist() if each.endswith("/METADATA")]
        metadata = email.message_from_bytes(file.read(name))
        assert SHIPPED[plugin] <= set(file.namelist())
    shown = str(metadata.get_payload())
    source = (release.ROOT / plugin / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)\s]+)", shown)
    assert len(links) == len(re.findall(r"\]\(([^)\s]+)", source)) > 0
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert f"{HERE}/blob/main/{plugin}/" in shown
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert f"Repository, {HERE}" in metadata.get_all("Project-URL", [])
