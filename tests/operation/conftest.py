"""The Meltano project as it is, in a folder of its own, between the stand-ins."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.hub import PLUGINS, PROJECT
from tests.programs.forks import on_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema

MELTANO = [os.environ.get("UV", "uv"), "--quiet", "tool", "run", "meltano@4.4.1"]
"""Quiet, since what uv says when it installs Meltano would be counted as lines of the log."""
ENTITIES = ("item", "order_hdr", "order_status")
PIPELINE = "tap-oracle-wms-incremental-to-target-oracle-incremental"
"""Of the jobs for all entities: what their state is named after."""


@dataclass
class Project:
    """A copy of `meltano.yml` that runs the plugins of this workspace; nothing is installed."""

    folder: Path
    environment: dict[str, str]
    name: str = "demo"
    meltano_command: list[str] = field(default_factory=lambda: MELTANO)

    def start(
        self,
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        stdin: int | None = None,
    ) -> subprocess.Popen[str]:
        """Begin a Meltano command, with further environment variables."""
        return subprocess.Popen(
            [*self.meltano_command, f"--environment={self.name}", *arguments],
            cwd=self.folder,
            env={**self.environment, **(variables or {})},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def meltano(
        self,
        *arguments: str,
        code: int = 0,
        variables: Mapping[str, str] | None = None,
        piped: str = "",
    ) -> str:
        """Run a Meltano command to its end, which must have this exit code; what it printed."""
        process = self.start(*arguments, variables=variables, stdin=subprocess.PIPE)
        try:
            out, err = process.communicate(piped, timeout=240)
        finally:
            process.kill()
        self.log = err
        assert process.returncode == code, out + err
        return out

    def read(self) -> dict[str, int]:
        """Records that each stream has loaded since this was last asked."""
        lines = self._summary.read_text().splitlines() if self._summary.exists() else []
        self._summary.unlink(missing_ok=True)
        counted: dict[str, int] = {}
        for stream, summary in (s for line in lines for s in json.loads(line)["streams"].items()):
            counted[stream] = counted.get(stream, 0) + summary["read"]
        return {stream: count for stream, count in counted.items() if count}

    def state(self, pipeline: str) -> dict[str, Any]:
        """Bookmarks by stream, as Meltano keeps them."""
        found = json.loads(self.meltano("state", "get", f"{self.name}:{pipeline}"))
        bookmarks: dict[str, Any] = found["singer_state"]["bookmarks"]
        return bookmarks

    @property
    def _summary(self) -> Path:
        return self.folder / "summary.jsonl"


def copy_of_project(folder: Path) -> None:
    """`meltano.yml`, with the executables of this workspace in place of what would be installed."""
    text = (PROJECT / "meltano.yml").read_text(encoding="utf-8")
    for name in PLUGINS:
        installed = f"    pip_url: -e ./{name}\n    executable: {name}\n"
        assert installed in text
        text = text.replace(installed, f"    executable: {on_path()}/{name}\n")
    installed = "    pip_url: apprise==2.2.0\n    executable: python\n"
    assert installed in text
    text = text.replace(installed, f"    executable: {sys.executable}\n")
    shutil.copytree(PROJECT / "alerts", folder / "alerts")
    (folder / "meltano.yml").write_text(text, encoding="utf-8")


def addresses(wms: WmsStandin, oracle: OracleSchema) -> dict[str, str]:
    """The variables that a person sets."""
    return {
        "TAP_ORACLE_WMS_BASE_URL": wms.base_url,
        "TAP_ORACLE_WMS_USERNAME": wms.username,
        "TAP_ORACLE_WMS_PASSWORD": wms.password,
        **{f"TARGET_ORACLE_{key.upper()}": str(v) for key, v in oracle.config.items()},
    }


@pytest.fixture
def project(tmp_path: Path, wms: WmsStandin, oracle_schema: OracleSchema) -> Project:
    """The project, set up by variables alone, for a few entities."""
    copy_of_project(tmp_path)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("TAP_", "TARGET_", "FLEXT_"))},
        **addresses(wms, oracle_schema),
        "TAP_ORACLE_WMS_INCREMENTAL_ENTITIES": json.dumps(ENTITIES),
        "TARGET_ORACLE_SUMMARY_FILE": str(tmp_path / "summary.jsonl"),
        "NO_COLOR": "1",
    }
    return Project(tmp_path, environment)
