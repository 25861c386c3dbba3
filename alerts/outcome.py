"""Work out what to tell people about a run, from its exit code and its log.

Only the masking of secrets needs more than these two: it reads the environment.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass

CLOSING = re.compile(r"(\S+) +([\d,]+) rows +([\d,]+) loaded +([\d,]+) rejected ")
"""The target's line on a stream at the end of a run."""
ERROR = re.compile(r"\[(?:error|critical)\s*\]\s*(.*)")
"""An error as Meltano's console log prints it."""
CHANGED = re.compile(r"Stream '[^']+': the schema is not as it was: .*")
"""The target's line on a stream whose properties are new, gone or changed."""
REFUSED = "pipeline is already running"
"""What Meltano says when another run holds the lock."""
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|HEADERS|ALERTS_URLS", re.IGNORECASE)
"""Names of environment variables whose values never leave."""
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
    streams = [found.groups() for e in events if (found := CLOSING.search(e))]
    rejected = sum(int(stream[3].replace(",", "")) for stream in streams)
    causes = [_without_secrets(cause) for cause in _causes(events)] if code else []
    changes = [found[0] for event in events if (found := CHANGED.search(event))]
    headline = _headline(
        code, rejected, changed=bool(changes), refused=any(REFUSED in cause for cause in causes)
    )
    severity = "failure" if code else "warning" if rejected or changes else "success"
    told = [
        f"{name}: {read} read, {loaded} loaded, {rejects} rejected"
        for name, read, loaded, rejects in streams
        if read != "0"
    ]
    details = [f"Exit code {code} after {seconds:.0f} s.", *told]
    return Outcome(severity, headline, [*causes, *changes], details)


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


def _headline(code: int, rejected: int, *, changed: bool, refused: bool) -> str:
    if refused:
        return "did not run: the one before is still running"
    if code:
        return "failed"
    if rejected:
        return f"ended with {rejected} rejected records"
    return "ended well, with schemas that changed" if changed else "ended well"


def _causes(events: list[str]) -> list[str]:
    """Return why the run failed: the lock, else what the plugins log, else what Meltano says."""
    errors = [found[1].strip() for event in events if (found := ERROR.search(event))]
    logged = [each for each in errors if each not in {"", "meltano"}]  # else only a traceback
    refusals = [said for said in logged if REFUSED in said]
    of_plugins = [each for each in logged if not each.startswith("meltano ")]
    causes = refusals[-1:] or of_plugins[-3:] or logged[-1:] or events[-1:]
    return list(dict.fromkeys(causes))


def _without_secrets(text: str) -> str:
    """Replace the values of variables that are named like secrets."""
    for name, value in os.environ.items():
        if SECRET.search(name) and len(value) > 3:
            text = text.replace(value, "***")
    return text
