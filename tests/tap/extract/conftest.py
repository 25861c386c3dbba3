"""Extracts into a folder, and into an S3-compatible server."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import WmsStandin

from tests.tap.conftest import config_for
from tests.tap.extract.judged import ENTITY, SPLIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENDPOINT = "LAKE"


@pytest.fixture
def wms() -> Iterator[WmsStandin]:
    """A WMS of few rows."""
    with WmsStandin(seed=11, size=0.3) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the endpoint of the stand-in writes to."""
    return tmp_path / "lake"


@pytest.fixture
def bulk(wms: WmsStandin, folder: Path) -> dict[str, Any]:
    """Settings that extract from a quiet WMS into a folder."""
    folder.mkdir()
    wms.extracts.add_endpoint(ENDPOINT, f"file://{folder}")
    return settings(wms, f"file://{folder}/wms/extract")


def settings(wms: WmsStandin, storage: str, **more: Any) -> dict[str, Any]:
    return config_for(
        wms,
        read_mode="data_extract",
        extract_endpoint=ENDPOINT,
        extract_path="wms/extract",
        extract_storage_url=storage,
        extract_poll_seconds=0.02,
        extract_settle_seconds=0.2,
        **more,
    )


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """An S3-compatible server; its address."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - slow to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def make_bucket(s3: str, name: str) -> dict[str, str]:
    """A new bucket; the options that reach it."""
    urllib.request.urlopen(urllib.request.Request(f"{s3}/{name}", method="PUT")).close()
    return {
        "endpoint": s3,
        "region": "us-east-1",
        "access_key_id": "key",
        "secret_access_key": "secret",
    }


@pytest.fixture
def config(wms: WmsStandin, bulk: dict[str, Any]) -> dict[str, Any]:
    wms.extracts.options = SPLIT
    return {**bulk, "entities": ENTITY, "extract_file_size_mb": 10, "extract_related": "omit"}
