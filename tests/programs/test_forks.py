"""A fork is what a start of the program would have been."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.programs.forks import forked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MODULE = "target_oracle"
TIME = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+")


def told(program: Sequence[str], folder: Path, **variables: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*program, "--config", "here.json", "--config", "ENV", "--check"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "TZ": "Asia/Kolkata", **variables},
        check=False,
    )
    return done.returncode, done.stdout, TIME.sub("TIME", done.stderr)


def test_it_has_the_arguments_folder_and_variables_of_a_start(tmp_path: Path) -> None:
    (tmp_path / "here.json").write_text('{"batch_size_rows": "few"}')
    variables = {"TARGET_ORACLE_PORT": "none", "PYTHONWARNINGS": "once"}
    found = told(forked(MODULE), tmp_path, **variables)
    assert found == told([sys.executable, "-m", MODULE], tmp_path, **variables)
    assert found[0] == 1
    assert "batch_size_rows" in found[2]
    assert "port" in found[2]


def test_where_a_variable_changes_python_itself_it_is_a_start(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('started in full')")
    assert "started in full" in told(forked(MODULE), tmp_path, PYTHONPATH=str(tmp_path))[1]


def test_a_kill_ends_it_as_well(tmp_path: Path) -> None:
    """What is forked holds its output open as long as it lives."""
    config = tmp_path / "config.json"
    os.mkfifo(config)
    program = [*forked("tap_oracle_wms"), "--config", str(config)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        assert process.stdout
        with config.open("w"):  # waits until the program reads it
            process.kill()
            assert process.stdout.read() == b""
        assert process.wait(10) == -signal.SIGKILL
