"""Write what Meltano is told of the plugins, from what the plugins say of themselves (`--about`).

`uv run python tests/hub.py` renews both `plugin.yml` and the settings in `meltano.yml`; a test
fails while they differ.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import tap_oracle_wms.config.settings
import target_oracle.config.settings
import yaml
from ruamel.yaml import YAML

PROJECT = Path(__file__).parent.parent
PLUGINS = {"tap-oracle-wms": "extractors", "target-oracle": "loaders"}
LABELS = {"tap-oracle-wms": "Oracle WMS Cloud", "target-oracle": "Oracle Database"}
ALIASES = {
    "tap-oracle-wms": tap_oracle_wms.config.settings.ALIASES,
    "target-oracle": target_oracle.config.settings.ALIASES,
}
CAPABILITIES = {
    "extractors": {
        "about", "activate-version", "batch", "catalog", "discover", "log-based", "properties",
        "schema-flattening", "state", "stream-maps", "structured-logging", "test",
    },
    "loaders": {
        "about", "activate-version", "batch", "datatype-failsafe", "hard-delete",
        "schema-flattening", "soft-delete", "stream-maps", "structured-logging", "target-schema",
        "validate-records",
    },
}  # fmt: skip
"""What the Hub's schema knows; a plugin's other capabilities are not for Meltano."""

PIP_URL = "./oracle-wms-pair/{name}"
"""Where Meltano installs a plugin from: a clone of this repository in the Meltano project. Once the
plugins are on PyPI this line becomes `PIP_URL = "{name}"`."""

CHECK = "Report as JSON whether the database can be loaded, and what is missing."
COMMANDS = {
    "tap-oracle-wms": {
        "test": ("test", "Report as JSON whether WMS can be reached and read."),
        "probe": ("probe", "Ask WMS, read-only, what the tap relies on."),
    },
    "target-oracle": {
        "check": ("check", CHECK),
        "test": ("check", CHECK),
        "probe": ("probe", "Ask the database what the target relies on."),
        "status": ("status", "Tell from the load log how each stream is."),
        "health": (
            "health",
            "Check the database, the age of the data, and what the tap's `test` pipes in.",
        ),
        "keys": ("keys", "Write the keys that the tables hold."),
    },
}
"""`meltano invoke <plugin>:<command>` -> the option that it runs, and what that does.

`meltano test` runs the commands that are called `test`.
"""

ORDER = ("name", "aliases", "kind", "value", "label", "description", "sensitive", "options")
"""Of what Meltano writes of a setting whenever it changes `meltano.yml`."""

KINDS = {"integer": "integer", "number": "string", "boolean": "boolean", "string": "string"}
"""Numbers with fractions as text, which the plugins read: of a `decimal` in the environment Meltano
4.4 makes a Decimal, and then fails to write it into the plugin's config file."""


def about(name: str) -> dict[str, Any]:
    """What the plugin prints for `--about --format=json`."""
    command = [sys.executable, "-m", name.replace("-", "_"), "--about", "--format=json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(printed)
    return found


def settings(name: str, described: dict[str, Any]) -> list[dict[str, Any]]:
    """A plugin's settings as Meltano declares them."""
    aliases: dict[str, list[str]] = {}
    for alias, setting in ALIASES[name].items():
        aliases.setdefault(setting, []).append(alias)
    properties = described["settings"]["properties"]
    return [_setting(key, found, aliases.get(key)) for key, found in properties.items()]


def _setting(name: str, found: dict[str, Any], aliases: list[str] | None) -> dict[str, Any]:
    kind = _kind(found)
    made = {
        "name": name,
        "kind": kind,
        "label": name.replace("_", " ").capitalize(),
        "description": found.get("description", ""),
        "aliases": aliases,
        "options": _options(found) if kind == "options" else None,
        "value": found.get("default"),
        "sensitive": bool(found.get("secret")) or None,
    }
    return {key: value for key, value in made.items() if value not in (None, [], {})}


def _options(found: dict[str, Any]) -> list[dict[str, str]]:
    return [{"label": value, "value": value} for value in found["enum"] if value is not None]


def _kind(found: dict[str, Any]) -> str:
    types = found.get("type", [])
    types = [types] if isinstance(types, str) else types
    if "enum" in found:
        return "options"
    if "object" in types or "array" in types:
        return "object" if "object" in types else "array"
    if found.get("format") == "date-time":
        return "date_iso8601"
    return next((kind for token, kind in KINDS.items() if token in types), "string")


def definition(name: str) -> dict[str, Any]:
    """The plugin's entry in the form of Meltano Hub."""
    described, family = about(name), PLUGINS[name]
    offered = sorted(CAPABILITIES[family].intersection(described["capabilities"]))
    return {
        "name": name,
        "namespace": name.replace("-", "_"),
        "variant": "oracle-wms-pair",
        "label": LABELS[name],
        "description": described["description"],
        "pip_url": PIP_URL.format(name=name),
        "executable": name,
        "quality": "silver",
        "maintenance_status": "active",
        "keywords": ["meltano_sdk"],
        "capabilities": offered,
        "settings_group_validation": [list(described["settings"].get("required", []))],
        "settings": settings(name, described),
        "commands": {
            command: {"args": f"--config ENV --{option}", "description": text}
            for command, (option, text) in COMMANDS[name].items()
        },
    }


def flow(value: Any) -> str:
    """A value on one line as Meltano writes it into `meltano.yml`."""
    dumper = YAML()
    dumper.width = sys.maxsize
    dumper.default_flow_style = True
    stream = StringIO()
    dumper.dump(value, stream)
    return stream.getvalue().removesuffix("...\n").strip()


def block(found: dict[str, Any]) -> str:
    """The lines of `meltano.yml` on a plugin, in Meltano's own form and order."""
    lines = [f"    capabilities: # of {found['name']}, written by tests/hub.py\n"]
    lines += [f"    - {each}\n" for each in found["capabilities"]]
    lines.append("    settings:\n")
    for each in found["settings"]:
        ordered = {key: each[key] for key in ORDER if key in each}
        lines.append(f"    - {flow(ordered)}\n")
    lines.append("    commands:\n")
    for name, command in found["commands"].items():
        lines.append(f"      {name}:\n")
        lines += [f"        {key}: {flow(value)}\n" for key, value in command.items()]
    return "".join(lines)


def renew(text: str, found: dict[str, Any]) -> str:
    """`meltano.yml` with a plugin's capabilities, settings and commands as they are now."""
    new = block(found)
    marker = new.partition("\n")[0]
    entries, commands = r"(    - .*\n)*", r"(    commands:\n(      .*\n)*)?"
    old = rf"{re.escape(marker)}\n{entries}    settings:\n{entries}{commands}"
    text, times = re.subn(old, lambda _: new, text)
    if not times:
        msg = f"meltano.yml has no line {marker.strip()!r}, or not what follows it."
        raise SystemExit(msg)
    return text


def written() -> dict[Path, str]:
    """Every file this command writes, and what it must hold."""
    meltano = PROJECT / "meltano.yml"
    files = {meltano: meltano.read_text(encoding="utf-8")}
    for name in PLUGINS:
        found = definition(name)
        files[meltano] = renew(files[meltano], found)
        files[PROJECT / name / "plugin.yml"] = yaml.safe_dump(
            found, sort_keys=False, allow_unicode=True, width=120
        )
    return files


def main() -> None:
    """Write the files."""
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
