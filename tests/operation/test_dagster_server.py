"""The Dagster example in Dagster's own web server: what it shows, and whom it tells of failures."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from tests.hub import PROJECT
from tests.operation.test_dagster import DAGSTER, ENTITIES, EXAMPLE, STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.external, pytest.mark.long, pytest.mark.timeout(900)]
VERSION = DAGSTER[-1].partition("==")[2]
SERVER = [*DAGSTER, "--with", f"dagster-webserver=={VERSION}", "dagster"]
FAILING_MELTANO = """#!/bin/sh
echo "$@" >> "$MELTANO_PROJECT_ROOT/calls"
[ "$1" != run ]
"""
LISTED = """{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name }
    schedules { name scheduleState { status } } sensors { name sensorState { status } } } } } }"""
LAUNCHED = """mutation { launchRun(executionParams: {mode: "default", selector: {
    repositoryLocationName: "definitions.py", repositoryName: "__repository__",
    jobName: "full_sync_with_alerts"}}) { __typename } }"""


@dataclass
class Server:
    """`dagster dev` of the example, with a Meltano whose runs fail."""

    home: Path
    environment: dict[str, str]
    port: int

    def dagster(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*SERVER, *arguments],
            cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip

    def ask(self, query: str) -> Any:
        """What the server answers to a GraphQL query."""
        request = Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=60) as response:
            return json.load(response)["data"]

    def wait(self, until: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, (self.home / "dev.log").read_text("utf-8")[-4000:]
            time.sleep(1)

    def is_up(self) -> bool:
        with suppress(OSError):
            return bool(self.ask("{ version }"))
        return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    home = tmp_path / "dagster"
    shutil.copytree(EXAMPLE, home)
    meltano = tmp_path / "meltano"
    meltano.write_text(FAILING_MELTANO)
    meltano.chmod(0o755)
    command = "tap-oracle-wms-incremental target-oracle-incremental"
    steps: list[dict[str, Any]]
    steps = [{"task": command, "env": {}, "entity": each, "facility": None} for each in ENTITIES]
    jobs = {"full-sync-with-alerts": "0 2 * * 0", "incremental-sync-with-alerts": "*/15 * * * *"}
    plan = [{"job": name, "cron": cron, "tasks": [steps]} for name, cron in jobs.items()]
    (home / "plan.json").write_text(json.dumps(plan))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "MELTANO_COMMAND": str(meltano),
        "MELTANO_PROJECT_ROOT": str(tmp_path),
        "STEP_RETRIES": "0",
    }
    found = Server(home, environment, port)
    # Its services make the database at the same time; on a busy machine they disturb each other.
    assert found.dagster("instance", "migrate").returncode == 0
    with (home / "dev.log").open("wb") as log:
        process = subprocess.Popen(
            [*SERVER, "dev", "-f", "definitions.py", "-p", str(port)],
            cwd=home, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield found
        finally:
            process.terminate()
            process.wait(60)


def test_the_definitions_load_and_a_failed_run_is_told(server: Server, tmp_path: Path) -> None:
    validated = server.dagster("definitions", "validate", "-f", "definitions.py")
    assert validated.returncode == 0, validated.stdout + validated.stderr

    server.wait(server.is_up, 180)
    (shown,) = server.ask(LISTED)["repositoriesOrError"]["nodes"]
    jobs = {"full_sync_with_alerts", "incremental_sync_with_alerts"}
    assert jobs <= {job["name"] for job in shown["jobs"]}
    schedules = {each["name"]: each["scheduleState"]["status"] for each in shown["schedules"]}
    assert schedules == dict.fromkeys((f"{job}_schedule" for job in jobs), "RUNNING")
    (sensor,) = shown["sensors"]
    assert (sensor["name"], sensor["sensorState"]["status"]) == ("alerts", "RUNNING")

    assert server.ask(LAUNCHED) == {"launchRun": {"__typename": "LaunchRunSuccess"}}
    calls = tmp_path / "calls"
    told = "invoke alerts:failed full_sync_with_alerts Failed: "
    server.wait(lambda: calls.exists() and told in calls.read_text("utf-8"), 240)
    line = next(each for each in calls.read_text("utf-8").splitlines() if told in each)
    steps = line.partition(told)[2].rstrip(".").split(", ")
    assert sorted(steps) == sorted(STEP.format(each) for each in ENTITIES)


def test_the_page_names_the_versions_that_were_tried() -> None:
    page = (PROJECT / "docs" / "dagster.md").read_text("utf-8")
    assert f"dagster-webserver=={VERSION} dagster=={VERSION} " in page
