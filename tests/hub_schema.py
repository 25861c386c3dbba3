"""What MeltanoHub asks of a plugin definition, as JSON Schema.

The facts, in our words, are those of https://github.com/meltano/hub, folder `schemas/`: which keys
a definition and a setting may have, which are required, and the closed lists of words.
"""

from __future__ import annotations

from typing import Any

from tests.hub import CAPABILITIES

KINDS = {
    "array", "boolean", "date_iso8601", "decimal", "email", "file", "hidden", "integer", "oauth",
    "object", "options", "password", "string",
}  # fmt: skip
"""Kinds of settings."""

TEXTS = {
    "definition", "description", "docs", "executable", "ext_repo", "label", "name", "namespace",
    "next_steps", "pip_url", "prereq", "repo", "settings_preamble", "usage", "variant",
}  # fmt: skip
PROCESSORS = {"enum": ["nest_object", "stringify", "upcase_string"]}
TEXT: dict[str, Any] = {"type": "string", "minLength": 1}

OPTION: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["label", "value"],
    "properties": {"label": TEXT, "value": TEXT},
}

SETTING: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        **dict.fromkeys(("name", "label", "description", "documentation", "env"), TEXT),
        **{key: {"type": "string"} for key in ("placeholder", "tooltip", "docs")},
        "aliases": {"type": "array", "items": TEXT, "uniqueItems": True},
        "value": {},
        "kind": {"enum": sorted(KINDS)},
        "value_processor": PROCESSORS,
        "value_post_processor": PROCESSORS,
        "oauth": {"type": "object", "required": ["provider"]},
        "options": {"type": "array", "items": OPTION, "minItems": 1},
        "hidden": {"type": "boolean"},
        "sensitive": {"type": "boolean"},
    },
    "if": {"properties": {"kind": {"const": "options"}}, "required": ["kind"]},
    "then": {"required": ["options"]},
}

COMMON: dict[str, Any] = {
    **dict.fromkeys(TEXTS, TEXT),
    "logo_url": {"type": ["string", "null"]},
    "domain_url": {"type": ["string", "null"]},
    "hidden": {"type": "boolean"},
    "keywords": {"type": "array", "items": TEXT, "uniqueItems": True},
    "maintenance_status": {"enum": ["active", "beta", "development", "inactive", "unknown"]},
    "quality": {"enum": ["gold", "silver", "bronze", "unknown"]},
    "commands": {"type": "object"},
    "requires": {"type": "object"},
    "settings": {"type": "array", "items": SETTING},
    "settings_group_validation": {"type": "array", "items": {"type": "array", "items": TEXT}},
    "supported_python_versions": {"type": "array", "items": TEXT},
}

OWN: dict[str, dict[str, Any]] = {
    "extractors": {
        "metadata": {"type": "object"},
        "schema": {"type": "object"},
        "select": {"type": "array", "items": TEXT},
    },
    "loaders": {"dialect": {}, "target_schema": {}},
}
"""Keys of one family alone."""


def definition(family: str) -> dict[str, Any]:
    """The schema of a definition of an extractor or a loader."""
    words = {"enum": sorted(CAPABILITIES[family])}
    capabilities = {"type": "array", "items": words, "uniqueItems": True}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "namespace", "variant", "label", "quality"],
        "properties": {**COMMON, **OWN[family], "capabilities": capabilities},
    }
