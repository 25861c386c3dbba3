"""Remember what was sent last about a job, so that people hear of changes, not of every run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.outcome import Outcome

ORDER = ("success", "warning", "failure")
"""Severities, the least grave first."""


class History:
    """The last message about a job, kept in a file of the job."""

    def __init__(self, folder: Path, job: str) -> None:
        self._folder = folder
        name = re.sub(r"[^\w-]+", "_", job)
        self._file = folder / f"{name}.json"

    def news(
        self, outcome: Outcome, least: str, repeat_seconds: float, now: float
    ) -> list[str] | None:
        """Return the lines to add to the message, or None when no message is due.

        A message is due when the outcome is at least as grave as `least`, or a success that ends
        what was sent before. The same outcome is sent again after `repeat_seconds` only.
        """
        last = self._last()
        is_end = last.get("severity", "success") != "success" and outcome.severity == "success"
        if ORDER.index(outcome.severity) < ORDER.index(least) and not is_end:
            return None
        if last.get("kind") == outcome.kind and now < last["sent_at"] + repeat_seconds:
            self._write({**last, "held": last["held"] + 1})
            return None
        held = last.get("held", 0)
        return [f"{held} more runs before it ended like the last one told."] if held else []

    def sent(self, outcome: Outcome, now: float) -> None:
        """Remember that a message about this outcome was sent."""
        self._write({"severity": outcome.severity, "kind": outcome.kind, "sent_at": now, "held": 0})

    def _last(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, last: dict[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(last), encoding="utf-8")
        draft.replace(self._file)
