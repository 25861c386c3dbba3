"""The tables of settings in the documentation of both plugins, made from what the plugins say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.plugin_base import PluginBase

START, END = "<!-- settings -->\n", "<!-- end of settings -->"
SDK = "Of the Singer SDK"


def settings_tables(
    plugin: type[PluginBase], settings: type[BaseModel], aliases: Mapping[str, str]
) -> str:
    """Return a heading and a table for each group of settings, the SDK's own ones last."""
    plugin.append_builtin_config(plugin.config_jsonschema)
    known = dict(plugin.config_jsonschema["properties"])
    bases = [base for base in reversed(settings.__bases__) if issubclass(base, BaseModel)]
    groups = {_heading(base): base.model_fields for base in bases}
    groups["Of this plugin"] = settings.model_fields
    parts = []
    for heading, fields in groups.items():
        names = [name for name in known if name in fields]
        rows = [_row(name, known.pop(name), aliases) for name in names]
        parts += [_table(heading, rows)] if rows else []
    rows = [_row(name, schema, aliases) for name, schema in known.items()]
    return "\n".join([*parts, _table(SDK, rows)])


def with_tables(text: str, tables: str) -> str:
    """Return the page with the tables as they must be."""
    pattern = re.escape(START) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: START + tables + END, text, flags=re.DOTALL)


def _heading(group: type[BaseModel]) -> str:
    """Return a group's heading: its docstring without "Settings of the"."""
    said = (group.__doc__ or "").strip().rstrip(".")
    said = re.sub(r"^Settings of (the |a )?", "", said)
    return said[0].upper() + said[1:]


def _table(heading: str, rows: list[str]) -> str:
    return "\n".join(
        [f"## {heading}\n", "| setting | default | what it does |", "|---|---|---|", *rows, ""]
    )


def _row(name: str, schema: dict[str, Any], aliases: Mapping[str, str]) -> str:
    default = schema.get("default")
    shown = "" if default in (None, "", [], {}) else f"`{_shown(default)}`"
    former = [f"`{alias}`" for alias, setting in aliases.items() if setting == name]
    options = [f"`{option}`" for option in schema.get("enum", []) if option is not None]
    text = " ".join(schema.get("description", "").split()).replace("|", "\\|")
    one_of = f" One of {', '.join(options)}." if options and options[0] not in text else ""
    secret = " Secret." if schema.get("secret") else ""
    also = f" Also: {', '.join(former)}." if former else ""
    return f"| `{name}` | {shown} | {text}{one_of}{secret}{also} |"


def _shown(default: Any) -> str:
    """Write a default as a config file has it; texts without quotes."""
    return default if isinstance(default, str) else json.dumps(default)
