"""`plan.py` of the Dagster example, where Meltano cannot be asked."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.hub import PROJECT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [
        (None, 1, "There is no command '{}': set MELTANO_COMMAND to what starts Meltano.\n"),
        ("#!/bin/sh\necho refused >&2\nexit 3\n", 3, "refused\n"),
    ],
    ids=["not there", "fails"],
)
def test_without_an_answer_of_meltano_there_is_no_plan(
    script: str | None, code: int, says: str, tmp_path: Path
) -> None:
    command = tmp_path / "meltano"
    if script is not None:
        command.write_text(script)
        command.chmod(0o755)
    done = subprocess.run(
        [sys.executable, PROJECT / "docs" / "examples" / "dagster" / "plan.py"],
        env={**os.environ, "MELTANO_COMMAND": str(command)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "", says.format(command))
