"""`plugin.yml` of both plugins is a definition that MeltanoHub would take."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests import hub_schema
from tests.hub import PLUGINS, PROJECT

Definition = dict[str, Any]


def refused(name: str, definition: Definition) -> list[str]:
    """What the schema says against a definition."""
    validator = Draft202012Validator(hub_schema.definition(PLUGINS[name]))
    return [error.message for error in validator.iter_errors(definition)]


@pytest.fixture(params=PLUGINS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def definition(name: str) -> Definition:
    found: Definition = yaml.safe_load((PROJECT / name / "plugin.yml").read_text("utf-8"))
    return found


def test_the_schema_is_one() -> None:
    for family in PLUGINS.values():
        Draft202012Validator.check_schema(hub_schema.definition(family))


def test_the_definition_is_valid(name: str, definition: Definition) -> None:
    assert refused(name, definition) == []
    assert definition["name"] == name
    assert definition["namespace"] == name.replace("-", "_")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"capabilities": ["discover", "fly"]}, "'fly' is not one of"),
        ({"maintenance": "active"}, "'maintenance' was unexpected"),
        ({"quality": "perfect"}, "'perfect' is not one of"),
        ({"settings": [{"label": "No name"}]}, "'name' is a required property"),
        ({"settings": [{"name": "a", "kind": "text"}]}, "'text' is not one of"),
        ({"settings": [{"name": "a", "secret": True}]}, "'secret' was unexpected"),
        ({"settings": [{"name": "a", "kind": "options"}]}, "'options' is a required property"),
    ],
)
def test_a_definition_with_a_mistake_is_not(
    name: str, definition: Definition, change: Definition, words: str
) -> None:
    assert words in " ".join(refused(name, {**definition, **change}))


def test_a_definition_needs_a_variant(name: str, definition: Definition) -> None:
    del definition["variant"]
    assert refused(name, definition) == ["'variant' is a required property"]


def test_meltano_test_has_something_to_run(definition: Definition) -> None:
    assert [name for name in definition["commands"] if name.startswith("test")] == ["test"]


def test_names_and_aliases_of_settings_are_unique(definition: Definition) -> None:
    settings = definition["settings"]
    names = Counter(n for s in settings for n in (s["name"], *s.get("aliases", ())))
    assert [n for n, times in names.items() if times > 1] == []


def test_groups_that_must_be_set_are_of_settings(definition: Definition) -> None:
    names = {setting["name"] for setting in definition["settings"]}
    assert all(names.issuperset(group) for group in definition["settings_group_validation"])


def test_defaults_are_of_their_kind(definition: Definition) -> None:
    kinds: dict[str, tuple[type, ...]] = {
        "integer": (int,),
        "boolean": (bool,),
        "array": (list,),
        "string": (str, int, float),  # numbers with fractions too: see `hub.KINDS`
    }
    with_default = [setting for setting in definition["settings"] if "value" in setting]
    assert len(with_default) > 10
    for setting in with_default:
        if setting["kind"] in kinds:
            assert isinstance(setting["value"], kinds[setting["kind"]]), setting["name"]
        if "options" in setting:
            assert setting["value"] in [option["value"] for option in setting["options"]]


def test_what_is_secret_is_sensitive(definition: Definition) -> None:
    secret = ("password", "secret", "token", "access_token_key", "sqlalchemy_url", "extra_headers")
    sensitive = {each["name"]: each.get("sensitive") for each in definition["settings"]}
    found = {name: sensitive[name] for name in sensitive if name.endswith(secret)}
    assert "password" in found
    assert found == dict.fromkeys(found, True)
