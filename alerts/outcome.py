"""Work out what to tell people about a run, from its exit code and its log.

Only the masking of secrets looks beyond the two: it reads the environment.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any

SUMMARY = re.compile(r"(?:Load|Run) summary: (\{.*\})\s*$")
"""The plugins' reports in the log."""
ERROR = re.compile(r"\[(?:error|critical)\s*\]\s*(.*)")
"""An error as Meltano's console log prints it."""
REFUSED = "pipeline is already running"
"""What Meltano says when another run holds the lock."""
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|HEADERS|ALERTS_URLS", re.IGNORECASE)
"""Names of environment variables whose values never leave."""
COUNTED = ("read", "written", "rejected")
"""The rows of a stream that a message tells, by their names in the target's report."""
MOST_LINES = 20


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    severity: str
    """`success`, `warning` or `failure`."""
    headline: str
    causes: list[str]
    """Sentences that say why."""
    details: list[str]
    """The exit code and time, and what each stream did."""

    @property
    def lines(self) -> list[str]:
        """The body of the message, cut to `MOST_LINES`."""
        return [*self.causes, *self.details][:MOST_LINES]

    @property
    def kind(self) -> str:
        """A text that is the same for runs that ended alike, whatever their figures."""
        return re.sub(r"\d+", "#", " ".join([self.severity, self.headline, *self.causes]))


def read(code: int, log: list[str], seconds: float) -> Outcome:
    """Return the outcome of a run from its exit code, log lines and duration."""
    events = [_event(line) for line in log]
    summaries = [json.loads(found[1]) for e in events if (found := SUMMARY.search(e))]
    streams = [each for summary in summaries for each in summary.get("streams", {}).items()]
    rejected = sum(counted.get("rejected", 0) for _, counted in streams)
    causes = [_without_secrets(cause) for cause in _causes(events, summaries)] if code else []
    headline = _headline(code, rejected, refused=any(REFUSED in cause for cause in causes))
    severity = "failure" if code else "warning" if rejected else "success"
    details = [f"Exit code {code} after {seconds:.0f} s.", *filter(None, map(_told, streams))]
    return Outcome(severity, headline, causes, details)


def _event(line: str) -> str:
    """Return the message of a log line, also of JSON that a run within a run wrapped into JSON."""
    if not line.startswith("{"):
        return line.strip()
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return line.strip()
    event = _event(str(found.get("event", "")))
    is_error = found.get("level") in {"error", "critical"} and not ERROR.search(event)
    return f"[error] {event}" if is_error else event


def _headline(code: int, rejected: int, *, refused: bool) -> str:
    if refused:
        return "did not run: the one before is still running"
    if code:
        return "failed"
    return f"ended with {rejected} rejected records" if rejected else "ended well"


def _causes(events: list[str], summaries: list[dict[str, Any]]) -> list[str]:
    """Return why the run failed: what the plugins report, else what they log, else Meltano."""
    told = [str(s["error"]) for s in summaries if s.get("error")]
    logged = [found[1] for event in events if (found := ERROR.search(event))]
    refusals = [said for said in logged if REFUSED in said]
    of_plugins = [each for each in logged if not each.startswith("meltano ")]
    causes = told or refusals[-1:] or of_plugins[-3:] or logged[-1:] or events[-1:]
    return list(dict.fromkeys(causes))


def _told(stream: tuple[str, dict[str, Any]]) -> str:
    """Return a line on what the target did with a stream; empty for the tap's part of it."""
    name, counted = stream
    if "table" not in counted or not any(counted[key] for key in COUNTED):
        return ""
    return f"{name}: {', '.join(f'{counted[key]} {key}' for key in COUNTED)}"


def _without_secrets(text: str) -> str:
    """Replace the values of variables that are named like secrets."""
    for name, value in os.environ.items():
        if SECRET.search(name) and len(value) > 3:
            text = text.replace(value, "***")
    return text
