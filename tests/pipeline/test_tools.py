"""The tools that others use accept what the pair says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.documents import shell_block
from tests.hub import PROJECT
from tests.pipeline.comparison import CORE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.external
UV = os.environ.get("UV", "uv")
CHECK_TAP = [UV, "tool", "run", "--from", "singer-tools==0.4.1", "singer-check-tap"]


INSTALLATION = "python3 -m venv .uv && .uv/bin/pip install -q uv==0.13.8"


def test_singer_check_tap_accepts_the_stream(pipeline: Pipeline, tmp_path: Path) -> None:
    lines: list[bytes] = []
    run = pipeline.run(watch=lambda _, line: lines.append(line))
    assert run.exit_codes == (0, 0), run.errors

    checked = subprocess.run(
        CHECK_TAP, input=b"".join(lines), capture_output=True, cwd=tmp_path, check=False
    )

    said = (checked.stdout + checked.stderr).decode()
    assert checked.returncode == 0, said
    known = sum(json.loads(line)["type"] != "ACTIVATE_VERSION" for line in lines)
    assert f"It contained {known} messages for {len(CORE)} streams." in said


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (shell_block("README.md", "demo"), "python tests/demo.py"),
        (shell_block("README.md", "tests"), "pytest -n 3"),
    ],
)
def test_the_readme_installs_uv_and_runs_the_command_in_one_line(command: str, name: str) -> None:
    """The tests' is what `.ci/run` takes from the page; the demo's is what the test below runs."""
    assert command == f"{INSTALLATION} && .uv/bin/uv run {name}\n"


def test_the_demo_ends_with_equal_counts() -> None:
    demo = subprocess.run(
        [sys.executable, PROJECT / "tests" / "demo.py", "--size", "0.1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    table = {line.split()[0]: line.split()[1:] for line in demo.stdout.splitlines() if line}
    for entity in CORE:
        in_wms, in_oracle = table[entity][:2]
        assert in_wms == in_oracle
        assert int(in_wms) > 0
    inserted, updated = table["order_hdr"][2:4]
    assert (inserted, int(updated) > 0) == ("3", True)
    assert "Every count is equal." in demo.stdout
