from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from wms_standin import Options, User, WmsStandin

Get = Callable[..., httpx.Response]
"""get(path, user=None, **parameters): a GET below `/wms/lgfapi/v10/entity`."""


@pytest.fixture(scope="module")
def wms() -> Iterator[WmsStandin]:
    """A stand-in that the tests of a module only read."""
    with WmsStandin(options=Options(inventory_history_rule=True)) as standin:
        yield standin


@pytest.fixture
def own_wms() -> Iterator[WmsStandin]:
    """A stand-in that one test may change."""
    with WmsStandin() as standin:
        yield standin


def client(standin: WmsStandin, user: User | None = None) -> httpx.Client:
    auth = (user.name, user.password) if user else (standin.username, standin.password)
    return httpx.Client(base_url=f"{standin.base_url}/wms/lgfapi/v10/entity", auth=auth, timeout=10)


@pytest.fixture(scope="module")
def get(wms: WmsStandin) -> Iterator[Get]:
    with client(wms) as http:

        def fetch(path: str, **parameters: Any) -> httpx.Response:
            return http.get(path, params=parameters or None)

        yield fetch


@pytest.fixture
def own_get(own_wms: WmsStandin) -> Iterator[Get]:
    with client(own_wms) as http:

        def fetch(path: str, **parameters: Any) -> httpx.Response:
            return http.get(path, params=parameters or None)

        yield fetch
