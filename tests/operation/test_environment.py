"""What a person sets: by variables alone, under the names of today and of the former platform."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.hub import PROJECT

if TYPE_CHECKING:
    from tests.operation.conftest import Project

MELTANO_YML: dict[str, Any] = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))
TEXT = (PROJECT / "meltano.yml").read_text("utf-8")
EXAMPLE = dict(
    line.removeprefix("#").split("=", 1)
    for line in (PROJECT / ".env.example").read_text("utf-8").splitlines()
    if re.match(r"#?[A-Z_0-9]+=", line)
)
PREFIXES = {"tap-oracle-wms": "TAP_ORACLE_WMS_", "target-oracle": "TARGET_ORACLE_"}


ENTRIES = [entry for family in MELTANO_YML["plugins"].values() for entry in family]


def plugin(name: str) -> dict[str, Any]:
    """A plugin's entry in meltano.yml."""
    (found,) = (entry for entry in ENTRIES if entry["name"] == name)
    return dict(found)


def variables(name: str, prefix: str) -> set[str]:
    return {f"{prefix}{setting['name'].upper()}" for setting in plugin(name)["settings"]}


def test_the_example_names_every_variable_that_the_project_uses() -> None:
    named = re.findall(r"\$([A-Z_]+)", TEXT)
    used = {name for name in named if not name.startswith("MELTANO_")}  # those Meltano sets itself
    assert used
    assert used <= EXAMPLE.keys()
    assert variables("alerts", "ALERTS_") <= EXAMPLE.keys()


def test_the_example_names_what_each_plugin_needs_to_begin() -> None:
    required = {"BASE_URL", "USERNAME", "PASSWORD", "CLIENT_ID", "CLIENT_SECRET", "TOKEN_URL"}
    assert {f"TAP_ORACLE_WMS_{name}" for name in required} <= EXAMPLE.keys()
    needed = {"HOST", "PORT", "SERVICE_NAME", "USER", "PASSWORD", "WALLET_LOCATION"}
    assert {f"TARGET_ORACLE_{name}" for name in needed} <= EXAMPLE.keys()


def test_every_variable_of_the_example_is_a_setting() -> None:
    known = variables("alerts", "ALERTS_")
    for name, prefix in PREFIXES.items():
        known |= variables(name, prefix)
    known |= set(re.findall(r"\$(FLEXT_[A-Z_]+)", TEXT))
    of_meltano = {name for name in EXAMPLE if name.startswith("MELTANO_")}
    assert EXAMPLE.keys() - of_meltano <= known


def test_lists_in_the_example_are_json_as_meltano_wants_them() -> None:
    lists = {
        f"{prefix}{setting['name'].upper()}"
        for name, prefix in PREFIXES.items()
        for setting in plugin(name)["settings"]
        if setting["kind"] == "array"
    }
    given = {name: json.loads(value) for name, value in EXAMPLE.items() if name in lists}
    assert given == {
        "TAP_ORACLE_WMS_COMPANY_CODE": ["ACME"],
        "TAP_ORACLE_WMS_FACILITY_CODE": ["DC01", "DC02"],
    }


def test_environments_hold_no_settings_of_their_own() -> None:
    names = [environment["name"] for environment in MELTANO_YML["environments"]]
    assert names == ["demo", "dev", "prod"]
    assert all(environment.keys() == {"name"} for environment in MELTANO_YML["environments"])


def test_no_secret_has_a_value_in_the_project() -> None:
    declared = [setting for entry in ENTRIES for setting in entry.get("settings", ())]
    secret = [setting for setting in declared if setting.get("sensitive")]
    names = {setting["name"] for setting in secret}
    assert {"password", "client_secret", "wallet_password", "urls"} <= names
    assert [setting["name"] for setting in secret if "value" in setting] == []
    given = {
        f"{entry['name']}.{name}"
        for entry in ENTRIES  # those that inherit their settings from another, too
        for name, value in entry.get("config", {}).items()
        if name in names and not value.startswith("$")
    }
    assert given == set()


@pytest.mark.external
@pytest.mark.long
@pytest.mark.timeout(600)
def test_former_names_reach_the_target_and_todays_win(project: Project) -> None:
    own = {k: v for k, v in project.environment.items() if not k.startswith("TARGET_")}
    project.environment = {
        **own,
        "FLEXT_TARGET_ORACLE_HOST": "former.example.com",
        "FLEXT_TARGET_ORACLE_PORT": "1522",
        "FLEXT_TARGET_ORACLE_SERVICE_NAME": "FORMER",
        "FLEXT_TARGET_ORACLE_USERNAME": "wms",
        "FLEXT_TARGET_ORACLE_PASSWORD": "hunter2",
        "FLEXT_TARGET_ORACLE_PROTOCOL": "tcps",
        "FLEXT_TARGET_ORACLE_SCHEMA": "OIC",
        "TARGET_ORACLE_SERVICE_NAME": "TODAY",
    }
    given = json.loads(project.meltano("invoke", "--dump=config", "target-oracle-incremental"))

    assert {k: v for k, v in given.items() if k in PRINTED} == {
        "host": "former.example.com",
        "port": 1522,
        "service_name": "TODAY",
        "user": "wms",
        "password": "hunter2",
        "protocol": "tcps",
        "default_target_schema": "OIC",
    }
    shown = project.meltano("config", "print", "target-oracle-incremental")
    assert "former.example.com" in shown
    assert "hunter2" not in shown + project.log


PRINTED = {
    "host", "port", "service_name", "user", "password", "protocol", "default_target_schema",
}  # fmt: skip


@pytest.mark.external
@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_variable_that_is_not_set_is_no_setting(project: Project) -> None:
    given = json.loads(project.meltano("invoke", "--dump=config", "target-oracle-incremental"))

    assert given["host"] == project.environment["TARGET_ORACLE_HOST"]
    defaults = {s["name"]: s.get("value") for s in plugin("target-oracle")["settings"]}
    assert {name for name, value in given.items() if value == ""} <= {
        name for name, value in defaults.items() if value == ""
    }
    assert not any("$" in str(value) or "FLEXT" in str(value) for value in given.values())
    assert "default_target_schema" not in given
