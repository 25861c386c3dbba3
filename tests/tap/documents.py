"""Write what the project says of the tap from what the tap does.

`uv run python tests/tap/documents.py` renews the settings table of the README and the catalogs that
the project ships; tests fail while they differ.
"""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog import shipped
from tap_oracle_wms.catalog.discovery import CORE_ENTITIES
from tap_oracle_wms.config.settings import ALIASES
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import WmsStandin

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

PROJECT = Path(__file__).parents[2]
README = PROJECT / "tap-oracle-wms" / "README.md"
FULL = PROJECT / "catalogs" / "full.json"
INCREMENTAL = PROJECT / "catalogs" / "incremental.json"
START, END = "<!-- settings -->\n", "<!-- end of settings -->"


def settings_table() -> str:
    """One line per setting that `--about` lists, with its former names."""
    TapOracleWMS.append_builtin_config(TapOracleWMS.config_jsonschema)
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for name, found in TapOracleWMS.config_jsonschema["properties"].items():
        default = found.get("default")
        shown = "" if default in (None, "", [], {}) else f"`{_shown(default)}`"
        aliases = [alias for alias, setting in ALIASES.items() if setting == name]
        also = f" Also: {', '.join(f'`{alias}`' for alias in aliases)}." if aliases else ""
        options = [f"`{option}`" for option in found.get("enum", [])]
        one_of = f" One of {', '.join(options)}." if options else ""
        secret = " Secret." if found.get("secret") else ""
        text = " ".join(found.get("description", "").split()).replace("|", "\\|")
        lines.append(f"| `{name}` | {shown} | {text}{one_of}{secret}{also} |")
    return "\n".join(lines) + "\n"


def _shown(default: Any) -> str:
    """As it is written in a config file; texts without quotes."""
    return default if isinstance(default, str) else json.dumps(default)


def renewed(text: str) -> str:
    """The README with the table as it must be."""
    pattern = re.escape(START) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: START + settings_table() + END, text, flags=re.DOTALL)


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
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
    for path, content in catalogs().items():
        path.write_text(content, encoding="utf-8")
