"""Write the settings table of the target's README: `uv run python tests/target/documents.py`."""

from __future__ import annotations

import re
from pathlib import Path

from target_oracle.settings import ALIASES
from target_oracle.target import TargetOracle

README = Path(__file__).parents[2] / "target-oracle" / "README.md"
START, END = "<!-- settings -->\n", "<!-- end of settings -->"


def settings_table() -> str:
    """One line per setting that `--about` lists, with its former names."""
    TargetOracle.append_builtin_config(TargetOracle.config_jsonschema)
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for name, found in TargetOracle.config_jsonschema["properties"].items():
        default = found.get("default")
        shown = "" if default in (None, "", [], {}) else f"`{str(default).lower()}`"
        aliases = [alias for alias, setting in ALIASES.items() if setting == name]
        also = f" Also: {', '.join(f'`{alias}`' for alias in aliases)}." if aliases else ""
        secret = " Secret." if found.get("secret") else ""
        text = " ".join(found.get("description", "").split()).replace("|", "\\|")
        lines.append(f"| `{name}` | {shown} | {text}{secret}{also} |")
    return "\n".join(lines) + "\n"


def renewed(text: str) -> str:
    """The README with the table as it must be."""
    pattern = re.escape(START) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: START + settings_table() + END, text, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
