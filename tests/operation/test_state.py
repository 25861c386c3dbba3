"""State as an operator looks at it, moves it and keeps it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.operation.conftest import ENTITIES, PIPELINE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.operation.conftest import Project

pytestmark = [pytest.mark.external, pytest.mark.long, pytest.mark.timeout(600)]
UV = os.environ.get("UV", "uv")
JOB = "incremental-sync-job"


def test_state_can_be_looked_at_set_copied_and_cleared(project: Project, wms: WmsStandin) -> None:
    project.meltano("run", JOB)
    project.read()
    assert project.meltano("state", "list").split() == [f"demo:{PIPELINE}"]
    bookmarks = project.state(PIPELINE)
    assert bookmarks.keys() == set(ENTITIES)
    assert bookmarks["item"]["replication_key"] == "mod_ts"

    project.meltano("state", "copy", "--force", f"demo:{PIPELINE}", "demo:kept")
    assert project.state("kept") == bookmarks

    del bookmarks["item"]
    lacking = json.dumps({"singer_state": {"bookmarks": bookmarks}})
    project.meltano("state", "set", "--force", f"demo:{PIPELINE}", lacking)
    project.meltano("run", JOB)
    assert project.read()["item"] == wms.world.count("item")
    assert project.state(PIPELINE).keys() == set(ENTITIES)

    project.meltano("state", "clear", "--force", f"demo:{PIPELINE}")
    assert project.meltano("state", "list").split() == ["demo:kept"]


def test_an_environment_has_a_state_of_its_own(project: Project, wms: WmsStandin) -> None:
    project.meltano("run", JOB)
    project.name = "prod"
    project.read()
    project.meltano("run", JOB)
    assert project.read()["item"] == wms.world.count("item")
    assert project.meltano("state", "list").split() == [f"demo:{PIPELINE}", f"prod:{PIPELINE}"]


def test_state_may_be_kept_in_files(project: Project, tmp_path: Path, wms: WmsStandin) -> None:
    project.environment["MELTANO_STATE_BACKEND_URI"] = f"file://{tmp_path / 'states'}"
    project.meltano("run", JOB)

    (file,) = (tmp_path / "states").rglob("state.json")
    kept = json.loads(file.read_text("utf-8"))["completed"]["singer_state"]["bookmarks"]
    assert kept == project.state(PIPELINE)
    assert kept.keys() == set(ENTITIES)
    project.read()
    project.meltano("run", JOB)
    assert project.read() == {"order_status": wms.world.count("order_status")}


@pytest.fixture
def s3_server(tmp_path: Path) -> Iterator[str]:
    """The address of an S3-compatible server with a bucket `states`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = [UV, "tool", "run", "--from", "moto[server]==5.1.16", "moto_server"]
    address = f"http://127.0.0.1:{port}"
    with (tmp_path / "moto.log").open("wb") as log:
        process = subprocess.Popen([*server, "-p", str(port)], stdout=log, stderr=log)
    try:
        make_bucket(f"{address}/states", time.monotonic() + 120)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def make_bucket(address: str, deadline: float) -> None:
    """Ask for it until the server is there."""
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(address, method="PUT")):
                return
        except OSError:  # not listening yet
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_state_may_be_kept_in_an_object_store(
    project: Project, s3_server: str, wms: WmsStandin
) -> None:
    project.meltano_command = [
        UV, "tool", "run", "--from", "meltano[s3]==4.4.1", "meltano",
    ]  # fmt: skip
    project.environment |= {
        "MELTANO_STATE_BACKEND_URI": "s3://states/wms",
        "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": s3_server,
        "MELTANO_STATE_BACKEND_S3_AWS_ACCESS_KEY_ID": "key",
        "MELTANO_STATE_BACKEND_S3_AWS_SECRET_ACCESS_KEY": "a-secret-key",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    project.meltano("run", "full-sync-job")
    assert "a-secret-key" not in project.log
    project.read()
    (project.folder / ".meltano" / "meltano.db").unlink()  # another machine, as it were

    project.meltano("run", JOB)

    assert project.read() == {"order_status": wms.world.count("order_status")}
    with urllib.request.urlopen(f"{s3_server}/states?list-type=2") as answer:
        assert f"wms/demo:{PIPELINE}/state.json" in answer.read().decode()
