"""What was told last about a job, so that people hear of changes and not of every run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.outcome import Outcome

ORDER = ("success", "warning", "failure")


@dataclass
class History:
    """The last message about a job, in a file of its own."""

    folder: Path
    job: str

    def news(
        self, outcome: Outcome, least: str, repeat_seconds: float, now: float
    ) -> list[str] | None:
        """None when nothing is to be sent; otherwise what to add to the message.

        Sent is what is at least as grave as `least`, and the end of what was told before; the same
        again only after `repeat_seconds`.
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
        """Note that a message is out."""
        self._write({"severity": outcome.severity, "kind": outcome.kind, "sent_at": now, "held": 0})

    @property
    def _file(self) -> Path:
        name = re.sub(r"[^\w-]+", "_", self.job)
        return self.folder / f"{name}.json"

    def _last(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, last: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(last), encoding="utf-8")
        draft.replace(self._file)
