"""`meltano.yml` in the hands of Meltano: what it runs of the plugins, and what it writes back."""

from __future__ import annotations

import difflib
import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.hub import COMMANDS, PROJECT
from tests.operation.conftest import MELTANO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.operation.conftest import Project

pytestmark = [pytest.mark.external, pytest.mark.timeout(600)]


def test_meltano_changes_the_lines_that_it_is_asked_to_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "meltano.yml"
    shutil.copy(PROJECT / "meltano.yml", file)
    before = file.read_text("utf-8").splitlines()
    for command in (
        ("config", "set", "tap-oracle-wms", "page_size", "500"),
        ("select", "tap-oracle-wms", "item", "code"),
    ):
        subprocess.run([*MELTANO, "--no-environment", *command], cwd=tmp_path, check=True)

    changes = difflib.ndiff(before, file.read_text("utf-8").splitlines())

    changed = [line for line in changes if line[0] in "+-"]
    assert changed == ["+       page_size: 500", "+     - item.code"]


@pytest.mark.long
def test_commands_of_the_plugins_answer_with_the_projects_settings(project: Project) -> None:
    checked = json.loads(project.meltano("invoke", "target-oracle:check"))
    tested = json.loads(project.meltano("invoke", "tap-oracle-wms:test"))

    assert (checked["name"], checked["status"]) == ("target-oracle", "healthy")
    assert (tested["name"], tested["status"]) == ("tap-oracle-wms", "healthy")
    assert tested["details"]["entities"] > 300
    project.meltano("test", *COMMANDS)
    wrong = {"TARGET_ORACLE_PASSWORD": "not-this-one"}
    project.meltano("test", *COMMANDS, code=1, variables=wrong)


@pytest.mark.long
def test_every_other_command_of_the_plugins_answers(project: Project) -> None:
    project.meltano("run", "tap-oracle-wms-incremental", "target-oracle-incremental")

    said = {
        name: project.meltano("invoke", f"target-oracle:{name}", *more)
        for name, more in {"status": (), "keys": ("order_status",)}.items()
    }
    tested = project.meltano("invoke", "tap-oracle-wms:test")
    health = project.meltano("invoke", "target-oracle:health", piped=tested)
    answers = {
        plugin: json.loads(project.meltano("invoke", f"{plugin}:probe").splitlines()[-1])
        for plugin in COMMANDS
    }

    assert "order_status" in said["status"]
    assert '"order_status"' in said["keys"]
    assert json.loads(health)["status"] == "healthy"
    assert all(answers.values())
