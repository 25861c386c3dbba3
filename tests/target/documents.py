"""Write what of the target's documents is made: `uv run python -m tests.target.documents`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from target_oracle.commands.probe.fact import UNKNOWN, Fact, Server, Since
from target_oracle.commands.probe.facts import FACTS, TOPICS
from target_oracle.commands.probe.table import as_text
from target_oracle.config.settings import ALIASES, Settings
from target_oracle.target import TargetOracle

from tests.settings_tables import settings_tables, with_tables

PLUGIN = Path(__file__).parents[2] / "target-oracle"
README = PLUGIN / "README.md"
SETTINGS = PLUGIN / "docs" / "settings.md"
RELATIONS = PLUGIN / "target_oracle" / "commands" / "dbt" / "wms_relations.json"
PROBE = PLUGIN / "docs" / "probe.md"
ENTITIES = Path(__file__).parents[1] / "standins" / "wms_standin" / "catalog" / "entities.json"
NO_ROW = 0  # the id by which WMS says "none"
FACTS_START, FACTS_END = "<!-- facts -->\n", "<!-- end of facts -->"
OPEN_START, OPEN_END = "<!-- open facts -->\n", "<!-- end of open facts -->"
RELIED_ON = Path(__file__).with_name("FACTS.md")
EXPECTED_START, EXPECTED_END = "<!-- expected -->\n", "<!-- end of expected -->"
RELEASES = {
    "12.2": Server((12, 2), (12, 2), autonomous=False),
    "19c": Server((19,), (19,), autonomous=False),
    "21c": Server((21,), (21,), autonomous=False),
    "23ai": Server((23,), (23,), autonomous=False),
    "Autonomous 19c": Server((19,), (19,), autonomous=True),
}
"""Databases with COMPATIBLE as new as the release."""


def settings_page() -> str:
    """Return the page of settings as it must be."""
    tables = settings_tables(TargetOracle, Settings, ALIASES)
    return with_tables(SETTINGS.read_text(encoding="utf-8"), tables)


def facts() -> str:
    """A table of each topic of the probe: questions, expected answers, and what follows."""
    head = "| fact | question | expected | source | where it differs |\n|---|---|---|---|---|\n"
    return "\n".join(
        f"### {topic}\n\n{head}" + "".join(map(_fact_line, found))
        for topic, found in TOPICS.items()
    )


def _fact_line(fact: Fact) -> str:
    asked, consequence = _cell(fact.asked), _cell(fact.consequence)
    name, source = f"`{fact.name}`", fact.source
    return f"| {name} | {asked} | {_expected(fact)} | {source} | {consequence} |\n"


def _expected(fact: Fact) -> str:
    found = fact.expected
    if isinstance(found, Since):
        number = ".".join(map(str, found.release))
        since = f"COMPATIBLE {number}" if found.by_compatible else f"release {number}"
        text = f"{as_text(found.before)}; from {since} on {as_text(found.after)}"
    else:
        text = "measured" if found is None else as_text(found)
    on_autonomous = f"; Autonomous Database: {as_text(fact.autonomous)}" if fact.autonomous else ""
    return text + on_autonomous


def expected() -> str:
    """A table of the answers that each release is expected to give, where they are documented."""
    head = f"| fact | question | {' | '.join(RELEASES)} |\n|---|---|{'---|' * len(RELEASES)}\n"
    return head + "".join(
        f"| `{fact.name}` | {_cell(fact.asked)} | {' | '.join(_answers(fact))} |\n"
        for fact in FACTS
    )


def _answers(fact: Fact) -> list[str]:
    found = [fact.expected_of(server) for server in RELEASES.values()]
    return ["measured" if each is None else _cell(as_text(each)) for each in found]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def open_facts() -> dict[str, str]:
    """The README's list of what only a real database can decide: questions by fact."""
    text = README.read_text("utf-8")
    listed = text.partition(OPEN_START)[2].partition(OPEN_END)[0]
    return {
        name: asked for asked, name in re.findall(r"^  \* (.+?) \(`(\w+)`", listed, re.MULTILINE)
    }


def open_list() -> str:
    """A line for each fact that no documentation decides."""
    return "".join(
        f"  * {fact.asked} (`{fact.name}`: {fact.source.removeprefix(UNKNOWN).lstrip(': ')})\n"
        for fact in FACTS
        if fact.is_open
    )


def renewed(text: str) -> str:
    """A page with what is made of the program as it must be."""
    for start, end, make in (
        (FACTS_START, FACTS_END, facts),
        (OPEN_START, OPEN_END, open_list),
        (EXPECTED_START, EXPECTED_END, expected),
    ):
        before, begins, rest = text.partition(start)
        if begins:
            text = before + start + make() + end + rest.partition(end)[2]
    return text


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
    for page in (README, PROBE, RELIED_ON):
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
    RELATIONS.write_text(relations(), encoding="utf-8")
