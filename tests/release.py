"""What a release needs to be true, asked by the workflow that builds it.

    python tests/release.py tap-oracle-wms/v1.2.3 https://forge.example/owner/repository

The tag names a plugin and the version in its `pyproject.toml`, the changelog has a dated section of
that version, and links in what is published lead to this repository. `--address URL` alone writes
the repository's address wherever it stands, once it is known.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PLUGINS = ("tap-oracle-wms", "target-oracle")
ADDRESSED = (
    "tap-oracle-wms/pyproject.toml",
    "target-oracle/pyproject.toml",
    "docs/zensical.toml",
    ".github/ISSUE_TEMPLATE/config.yml",
)
"""The files that hold the address of the repository; .github/CODEOWNERS holds its owner."""


def project(plugin: str) -> dict[str, Any]:
    """The `project` table of a plugin's `pyproject.toml`."""
    text = (ROOT / plugin / "pyproject.toml").read_text("utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found


def address() -> str:
    """The address of the repository, as the tap's package gives it."""
    return str(project(PLUGINS[0])["urls"]["Repository"])


def owner(url: str) -> str:
    """The account or organisation in the address of a repository."""
    return url.rstrip("/").split("/")[-2]


def write_address(url: str) -> None:
    """Write the address of the repository into every file that holds it."""
    before = address()
    for name in ADDRESSED:
        path = ROOT / name
        path.write_text(path.read_text("utf-8").replace(before, url), "utf-8")
    owners = ROOT / ".github" / "CODEOWNERS"
    text = owners.read_text("utf-8").replace(f"@{owner(before)}\n", f"@{owner(url)}\n")
    owners.write_text(text, "utf-8")


def faults(tag: str, url: str) -> list[str]:
    """The reasons why a tag of the repository at this address cannot be released."""
    plugin, _, version = tag.partition("/v")
    if plugin not in PLUGINS:
        return [f"the tag {tag} names no plugin: it must be <plugin>/v<version>"]
    found = []
    if (declared := project(plugin)["version"]) != version:
        found.append(f"{plugin}/pyproject.toml has version {declared}, and the tag {version}")
    changes = (ROOT / plugin / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE):
        found.append(f"{plugin}/CHANGELOG.md has no section '## {version} - <date>'")
    if address() != url:
        found.append(
            f"the packages link to {address()}, and this repository is {url}: run "
            f"`python tests/release.py --address {url}` and commit what it writes"
        )
    return found


def main(arguments: list[str]) -> int:
    """Write the address, or say what a release lacks; the exit code."""
    if arguments[:1] == ["--address"]:
        write_address(arguments[1])
        return 0
    found = faults(*arguments)
    for each in found:
        print(f"Not released: {each}.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
