"""Each plugin installs alone, from its folder and from the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.hub import PLUGINS, PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.external
UV = os.environ.get("UV", "uv")


def ran(command: Sequence[str | Path], **options: str | Path) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False,
        **options,  # type: ignore[call-overload] # any of its own
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def sources(name: str, origin: str, clone: Path) -> str:
    """What to install: a folder of the project, or a part of its repository."""
    if origin == "folder":
        return str(PROJECT / name)
    ran(["git", "clone", "--quiet", PROJECT, clone])
    return f"git+{clone.as_uri()}#subdirectory={name}"


@pytest.mark.parametrize("name", PLUGINS)
@pytest.mark.parametrize("origin", ["repository", pytest.param("folder", marks=pytest.mark.long)])
def test_a_plugin_installs_alone_and_says_what_it_is(
    tmp_path: Path, name: str, origin: str
) -> None:
    if origin == "repository" and not (shutil.which("git") and (PROJECT / ".git").exists()):
        pytest.skip("NOT RUN: needs git and a clone, to install from the repository")
    venv = tmp_path / "venv"
    ran([UV, "venv", "--quiet", "--python", sys.executable, venv])
    source = sources(name, origin, tmp_path / "clone")
    ran([UV, "pip", "install", "--quiet", "--python", venv, source], cwd=tmp_path)

    about = json.loads(ran([venv / "bin" / name, "--about", "--format=json"], cwd=tmp_path))

    assert about["name"] == name
    assert about["version"] == "0.1.0"
    other = next(plugin for plugin in PLUGINS if plugin != name)
    assert not (venv / "bin" / other).exists()
