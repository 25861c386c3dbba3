"""`uv run pytest -m real_oracle` finds the database that compose.yaml starts."""

from __future__ import annotations

import socket
from typing import Any

import yaml

from tests import release
from tests.real_oracle import COMPOSED, composed


def read(name: str) -> Any:
    return yaml.safe_load((release.ROOT / name).read_text("utf-8"))


def test_a_database_that_listens_is_found_unless_another_one_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert composed({}, address) == COMPOSED
        assert composed({"TEST_ORACLE_DSN": "db.example.com/app"}, address) == {}
    assert composed({}, address) == {}


def test_it_is_the_one_that_compose_starts() -> None:
    services = read("tests/compose.yaml")["services"]
    dsn, user, password = COMPOSED.values()
    assert services["free"]["ports"] == [f"{dsn.partition('/')[0]}:1521"]
    for service in services.values():
        account = service["environment"]
        assert (account["APP_USER"], account["APP_USER_PASSWORD"]) == (user, password)


def test_the_workflow_runs_the_same_images() -> None:
    composes = {each["image"] for each in read("tests/compose.yaml")["services"].values()}
    jobs = read(".github/workflows/database.yml")["jobs"]
    matrix = jobs["tests"]["strategy"]["matrix"]["include"]
    assert {f"docker.io/{each['image']}" for each in matrix} == composes
