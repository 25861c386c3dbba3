"""`--check`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.target import TargetOracle

from .conftest import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema


@pytest.fixture
def limited(oracle_schema: OracleSchema, oracle_server: OracleStandin) -> Iterator[Target]:
    """A target whose user may do nothing but connect."""
    oracle_server.create_user("limited", "x", privileges=("CREATE SESSION",))
    yield Target(oracle_schema, {"user": "limited", "password": "x"})
    oracle_server.drop_user("limited")


def check(target: Target) -> tuple[int, dict[str, Any]]:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    done = subprocess.run(
        [sys.executable, "-m", "target_oracle", "--config", "ENV", "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_good_configuration_is_reported_and_nothing_is_left_behind(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute("create table mine (id number)")
    code, report = check(target)
    assert (code, report["status"], report["details"]["problems"]) == (0, "healthy", [])
    assert report["name"] == "target-oracle"
    assert report["details"]["schema"] == report["details"]["user"] == target.schema.user
    assert report["details"]["charset"] == "AL32UTF8"
    assert report["details"]["tables"] == ["MINE"]
    assert report["response_time_ms"] > 0
    assert target.schema.tables() == {"MINE"}


def test_a_missing_grant_is_named(limited: Target) -> None:
    code, report = check(limited)
    assert (code, report["status"]) == (1, "unhealthy")
    (problem,) = report["details"]["problems"]
    assert "Cannot create tables in schema LIMITED" in problem
    assert 'GRANT CREATE TABLE TO "LIMITED"' in problem


def test_existing_tables_need_no_right_to_create_some(limited: Target) -> None:
    owner = limited.schema.user
    limited.settings |= {"default_target_schema": owner, "auto_create": "false"}
    with limited.schema.connect() as connection:
        cursor = connection.cursor()
        for name, granted in (("a", "select, insert, update"), ("b", "select"), ("c", "")):
            cursor.execute(f"create table {name} (id number)")
            if granted:
                cursor.execute(f"grant {granted} on {name} to limited")
    code, report = check(limited)
    assert (code, report["details"]["problems"]) == (0, [])
    assert report["details"]["tables"] == ["A", "B"]
    assert report["details"]["missing_grants"] == [
        f'GRANT INSERT, UPDATE ON "{owner}"."B" TO "LIMITED"'
    ]


def test_a_missing_quota_is_named(limited: Target, oracle_server: OracleStandin) -> None:
    oracle_server.drop_user("limited")
    privileges = ("CREATE SESSION", "CREATE TABLE")
    oracle_server.create_user("limited", "x", privileges=privileges, quota=False)
    code, report = check(limited)
    assert code == 1
    (problem,) = report["details"]["problems"]
    assert "Cannot insert rows in schema LIMITED" in problem
    assert "QUOTA UNLIMITED" in problem


def test_a_wrong_password_is_a_problem_and_not_shown(target: Target) -> None:
    target.settings["password"] = "wr0ng"
    code, report = check(target)
    assert code == 1
    assert "user name or password is wrong" in report["details"]["problems"][0]
    assert "wr0ng" not in json.dumps(report)


def test_the_program_has_the_option() -> None:
    assert "--check" in {
        name for option in TargetOracle.get_singer_command().params for name in option.opts
    }
