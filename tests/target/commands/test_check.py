"""`--check`."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.commands.check import check as check_in_process
from target_oracle.config.sources import load
from target_oracle.target import TargetOracle

from tests.programs.forks import forked
from tests.target.conftest import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oracle_standin import OracleStandin
    from target_oracle.commands.answers import Answer

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
        [*forked("target_oracle"), "--config", "ENV", "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def answer(target: Target) -> Answer:
    """The same in this process."""
    return check_in_process(load(target.config)[0])


def test_a_good_configuration_is_reported_and_nothing_is_left_behind(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute("create table mine (id number)")
    code, report = check(target)
    assert (code, report["status"], report["details"]["problems"]) == (0, "healthy", [])
    assert report["name"] == "target-oracle"
    assert report["details"]["schema"] == report["details"]["user"] == target.schema.user
    assert report["details"]["charset"] == "AL32UTF8"
    assert report["details"]["tables"] == ["MINE"]
    version = report["details"]["version"].split(".")
    assert len(version) == 5
    assert [int(part) for part in version] >= [12, 2]
    assert {"CREATE SESSION", "CREATE TABLE"} <= set(report["details"]["privileges"])
    assert report["response_time_ms"] > 0
    assert target.schema.tables() == {"MINE"}


def test_a_missing_grant_is_named(limited: Target) -> None:
    found = answer(limited)
    assert found.status == "unhealthy"
    (problem,) = found.problems
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
    found = answer(limited)
    assert (found.status, found.problems) == ("healthy", [])
    assert found.details["tables"] == ["A", "B"]
    assert found.details["missing_grants"] == [
        f'GRANT INSERT, UPDATE ON "{owner}"."B" TO "LIMITED"'
    ]


@pytest.mark.parametrize(
    ("settings", "granted"),
    [
        ({"load_method": "overwrite"}, "select, insert, update"),
        ({"hard_delete": "true"}, "select, insert, update"),
        ({"streams": '{"a": {"load_method": "OVERWRITE"}}'}, "select, insert, update"),
    ],
)
def test_what_removes_rows_needs_the_right_to_delete(
    limited: Target, settings: dict[str, str], granted: str
) -> None:
    owner = limited.schema.user
    limited.settings |= {"default_target_schema": owner, "auto_create": "false", **settings}
    with limited.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table a (id number)")
        cursor.execute(f"grant {granted} on a to limited")
    missing = answer(limited).details["missing_grants"]
    assert missing == [f'GRANT DELETE ON "{owner}"."A" TO "LIMITED"']


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"load_method": "overwrite"}, "load_method overwrite"),
        ({"streams": '{"a": {"load_method": "OVERWRITE"}}'}, "load_method overwrite"),
        ({"skip_unchanged": "true"}, "skip_unchanged"),
        ({"skip_older": "true"}, "skip_older"),
        ({"on_invalid": "reject"}, "on_invalid reject"),
    ],
)
def test_what_needs_tables_of_its_own_needs_the_right_to_create_them(
    limited: Target, settings: dict[str, str], what: str
) -> None:
    limited.settings |= {
        "default_target_schema": limited.schema.user, "auto_create": "false", **settings,
    }  # fmt: skip
    (problem,) = answer(limited).problems
    assert problem.startswith(f"Cannot create tables for {what} in schema {limited.schema.user}: ")
    assert problem.endswith(
        'Needed: GRANT CREATE ANY TABLE, ALTER ANY TABLE, DROP ANY TABLE TO "LIMITED".'
    )


def test_rejects_into_a_table_that_is_there_need_no_right_to_create_one(limited: Target) -> None:
    owner = limited.schema.user
    limited.settings |= {
        "default_target_schema": owner, "auto_create": "false", "on_invalid": "reject",
    }  # fmt: skip
    with limited.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table rejects (id number)")
        cursor.execute("grant select, insert, update on rejects to limited")
    assert answer(limited).problems == []


def test_a_missing_quota_is_named(limited: Target, oracle_server: OracleStandin) -> None:
    oracle_server.drop_user("limited")
    privileges = ("CREATE SESSION", "CREATE TABLE")
    oracle_server.create_user("limited", "x", privileges=privileges, quota=False)
    (problem,) = answer(limited).problems
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
