"""Write what of the target's documents is made: `uv run python tests/target/documents.py`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from target_oracle.config.settings import ALIASES
from target_oracle.target import TargetOracle

README = Path(__file__).parents[2] / "target-oracle" / "README.md"
RELATIONS = README.parent / "target_oracle" / "commands" / "dbt" / "wms_relations.json"
ENTITIES = Path(__file__).parents[1] / "standins" / "wms_standin" / "catalog" / "entities.json"
NO_ROW = 0  # the id by which WMS says "none"
START, END = "<!-- settings -->\n", "<!-- end of settings -->"


def settings_table() -> str:
    """One line per setting that `--about` lists, with its former names."""
    TargetOracle.append_builtin_config(TargetOracle.config_jsonschema)
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for name, found in TargetOracle.config_jsonschema["properties"].items():
        default = found.get("default")
        shown = "" if default in (None, "", [], {}) else f"`{_shown(default)}`"
        aliases = [alias for alias, setting in ALIASES.items() if setting == name]
        also = f" Also: {', '.join(f'`{alias}`' for alias in aliases)}." if aliases else ""
        secret = " Secret." if found.get("secret") else ""
        text = " ".join(found.get("description", "").split()).replace("|", "\\|")
        lines.append(f"| `{name}` | {shown} | {text}{secret}{also} |")
    return "\n".join(lines) + "\n"


def _shown(default: Any) -> str:
    """As it is written in a config file; texts without quotes."""
    return default if isinstance(default, str) else json.dumps(default)


def renewed(text: str) -> str:
    """The README with the table as it must be."""
    pattern = re.escape(START) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: START + settings_table() + END, text, flags=re.DOTALL)


def relations() -> str:
    """What the names of WMS properties do not say of the entities they point at."""
    entities: dict[str, dict[str, Any]] = json.loads(ENTITIES.read_bytes())["entities"]
    found = {
        entity: {
            name: about["to"]
            for name, about in sorted(fields.items())
            if about.get("to") and name != f"{about['to']}_id"
        }
        for entity, fields in sorted(entities.items())
    }
    streams = {entity: pointed for entity, pointed in found.items() if pointed}
    lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(each)}" for n, each in streams.items())
    return f'{{"none": {NO_ROW}, "streams": {{\n{lines}\n}}}}\n'


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
    RELATIONS.write_text(relations(), encoding="utf-8")
