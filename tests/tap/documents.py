"""Write what the project says of the tap from what the tap does.

`uv run python -m tests.tap.documents` renews the tables of settings and the catalogs that the
project ships; tests fail while they differ.
"""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog import shipped
from tap_oracle_wms.catalog.discovery import CORE_ENTITIES
from tap_oracle_wms.config.settings import ALIASES, Settings
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import WmsStandin

from tests.settings_tables import settings_tables, with_tables

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

PROJECT = Path(__file__).parents[2]
SETTINGS = PROJECT / "tap-oracle-wms" / "docs" / "settings.md"
FULL = PROJECT / "catalogs" / "full.json"
INCREMENTAL = PROJECT / "catalogs" / "incremental.json"


def settings_page() -> str:
    """Return the page of settings as it must be."""
    tables = settings_tables(TapOracleWMS, Settings, ALIASES)
    return with_tables(SETTINGS.read_text(encoding="utf-8"), tables)


def catalogs() -> dict[Path, str]:
    """File -> the catalog, one stream a line: all entities, the core, the busiest three."""
    with WmsStandin() as wms, redirect_stdout(io.StringIO()):
        config = {"base_url": wms.base_url, "username": wms.username, "password": wms.password}
        tap = TapOracleWMS(config=config, setup_mapper=False)
        entries = json.loads(tap.run_discovery())["streams"]
        tap.close()
    everything = {entry["stream"] for entry in entries}
    chosen = {
        FULL: everything,
        shipped.CATALOGS["core"]: CORE_ENTITIES,
        INCREMENTAL: {"allocation", "order_hdr", "order_dtl"},
    }
    return {path: _catalog(entries, streams) for path, streams in chosen.items()}


def _catalog(entries: list[dict[str, Any]], streams: AbstractSet[str]) -> str:
    lines = []
    for entry in entries:
        if entry["stream"] in streams:
            for metadata in entry["metadata"]:
                if not metadata["breadcrumb"]:
                    metadata["metadata"]["selected"] = True
            lines.append(json.dumps(entry, separators=(",", ":"), sort_keys=True))
    return '{"streams": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    SETTINGS.write_text(settings_page(), encoding="utf-8")
    for path, content in catalogs().items():
        path.write_text(content, encoding="utf-8")
