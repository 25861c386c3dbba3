"""The image of the Containerfile, built by buildah where TEST_CONTAINER_BASE names a base image."""

from __future__ import annotations

import os
import subprocess
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.hub import PROJECT
from tests.pipeline.comparison import assert_equal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema

BASE = os.environ.get("TEST_CONTAINER_BASE")
pytestmark = [
    pytest.mark.external,
    pytest.mark.long,
    pytest.mark.timeout(2400),
    pytest.mark.skipif(not BASE, reason="TEST_CONTAINER_BASE names no base image"),
]


def buildah(*arguments: str, timeout: int = 600) -> str:
    done = subprocess.run(
        ["buildah", *arguments], capture_output=True, text=True, check=False, timeout=timeout
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture
def container() -> Iterator[str]:
    image = f"localhost/test-{uuid.uuid4().hex[:8]}"
    file = str(PROJECT / "Containerfile")
    options = ("--network=host", "--build-arg", f"BASE={BASE}", "-f", file, "-t", image)
    buildah("bud", *options, str(PROJECT), timeout=1800)
    name = buildah("from", image)
    yield name
    buildah("rm", name)
    buildah("rmi", image)


def test_the_image_loads_as_a_user_of_its_own(
    container: str, wms: WmsStandin, oracle_schema: OracleSchema
) -> None:
    there = buildah("run", container, "--", "sh", "-c", "id -u; ls -a /project; touch /etc/x || :")
    user, *files = there.splitlines()
    assert user == "10001"
    assert set(files) - {".", ".."} == {
        ".meltano",
        "alerts",
        "catalogs",
        "meltano.yml",
        "tap-oracle-wms",
        "target-oracle",
    }
    environment = {
        "TAP_ORACLE_WMS_BASE_URL": wms.base_url,
        "TAP_ORACLE_WMS_USERNAME": wms.username,
        "TAP_ORACLE_WMS_PASSWORD": wms.password,
        "TAP_ORACLE_WMS_ENTITIES": '["item","order_hdr"]',
        **{f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in oracle_schema.config.items()},
    }
    given = [f"--env={name}={value}" for name, value in environment.items()]
    for job in ("full-sync-job", "incremental-sync-job"):
        buildah("run", *given, container, "--", "meltano", "run", job)
    assert_equal(wms.world, oracle_schema, ("item", "order_hdr"), sets=False)
