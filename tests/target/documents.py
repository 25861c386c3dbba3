"""Write what of the target's documents is made: `uv run python -m tests.target.documents`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from target_oracle.config.settings import ALIASES, Settings
from target_oracle.target import TargetOracle

from tests.settings_tables import renewed, settings_tables

PLUGIN = Path(__file__).parents[2] / "target-oracle"
SETTINGS = PLUGIN / "docs" / "settings.md"
RELATIONS = PLUGIN / "target_oracle" / "commands" / "dbt" / "wms_relations.json"
ENTITIES = Path(__file__).parents[1] / "standins" / "wms_standin" / "catalog" / "entities.json"
NO_ROW = 0  # the id by which WMS says "none"


def settings_page() -> str:
    """Return the page of settings as it must be."""
    tables = settings_tables(TargetOracle, Settings, ALIASES)
    return renewed(SETTINGS.read_text(encoding="utf-8"), tables)


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
    SETTINGS.write_text(settings_page(), encoding="utf-8")
    RELATIONS.write_text(relations(), encoding="utf-8")
