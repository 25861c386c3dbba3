"""What is not as it was in a stream's schema, whoever saw it: the tap, or the target.

The report, the load log, the status page and alerts all say `new`, `gone` and `changed` for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS = ("new", "gone", "changed")
NOT_LOADED = "(not loaded)"
"""What becomes of a property that records have and their schema lacks."""


@dataclass
class SchemaChanges:
    """Properties by what happened to them, each with a remark or none."""

    new: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)

    def compare(self, before: Mapping[str, str], now: Mapping[str, str]) -> None:
        """Note how properties with their types differ from earlier ones; known changes stay."""
        for name in now.keys() - before.keys():
            self.new.setdefault(name, "")
        for name in before.keys() - now.keys():
            self.gone.setdefault(name, "")
        for name in before.keys() & now.keys():
            if before[name] != now[name]:
                self.changed.setdefault(name, f"{before[name]} to {now[name]}")

    def leave_out(self, names: Iterable[str]) -> None:
        """Note new properties that are not loaded."""
        for name in names:
            self.new.setdefault(name, NOT_LOADED)

    def hear(self, told: Any) -> None:
        """Take what the tap's report says of the stream; another tap's may hold anything."""
        if not isinstance(told, dict):
            return
        for name in _names(told.get("gone")):
            self.gone.setdefault(name, "")
        self.leave_out(_names(told.get("new")))

    def as_dict(self) -> dict[str, list[str]]:
        """Return kind -> properties with their remarks; nothing of kinds without any."""
        kinds = {kind: getattr(self, kind) for kind in KINDS}
        return {
            kind: [f"{name} {remark}".strip() for name, remark in sorted(found.items())]
            for kind, found in kinds.items()
            if found
        }


def _names(told: Any) -> list[str]:
    return [each for each in told if isinstance(each, str)] if isinstance(told, list) else []


def as_text(changes: Mapping[str, list[str]]) -> str:
    """Write changes as `new: a, b (not loaded); gone: c`."""
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in changes.items())
