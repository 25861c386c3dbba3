"""`target-oracle --health`: the tap's own check, the database's, and the age of the data, in one.

The two plugins know nothing of each other: the tap's answer comes in where its records would,
`tap-oracle-wms --test | target-oracle --health`. Any program that prints such an answer will do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from target_oracle.commands.answers import DEGRADED, HEALTHY, UNHEALTHY, Answer
from target_oracle.commands.check import check
from target_oracle.commands.status import status

if TYPE_CHECKING:
    from target_oracle.config.settings import Settings

_FORM = {"name", "status", "details"}
_BRIEF = ("status", "late", "age_seconds", "bookmark", "last_finished")


def health(settings: Settings, piped: str) -> Answer:
    """Judge the whole: `unhealthy` when a check fails, `degraded` for late or failed streams."""
    answer = Answer("pipeline")
    with answer.timed():
        parts = [*_others(answer, piped), check(settings).as_dict()]
        answer.details |= {part["name"]: part for part in parts}
        for part in parts:
            answer.problems += _problems(part)
        if answer.problems:
            answer.status = UNHEALTHY
        elif settings.load_log_table:
            _add_load(answer, status(settings))
    return answer


def _add_load(answer: Answer, load: Answer) -> None:
    streams = load.details.get("streams", {})
    answer.details["load"] = {
        "status": load.status,
        "streams": {n: {k: each[k] for k in _BRIEF} for n, each in streams.items()},
    }
    answer.problems += load.problems
    answer.status = DEGRADED if load.status != HEALTHY else answer.status


def _others(answer: Answer, piped: str) -> list[dict[str, Any]]:
    """Read the answers that were piped in; without any, that is a problem."""
    found = _parsed(piped)
    if not found:
        answer.problems.append(
            "No check of the source came in, or it broke off: pipe one, such as "
            "`tap-oracle-wms --config ENV --test`; for the database alone there is `--check`."
        )
    return found


def _parsed(piped: str) -> list[dict[str, Any]]:
    """Parse one JSON object over all lines, or one on each line."""
    for texts in ([piped], piped.splitlines()):
        try:
            found = [json.loads(text) for text in texts if text.strip()]
        except ValueError:
            continue
        return [each for each in found if isinstance(each, dict) and each.keys() >= _FORM]
    return []


def _problems(part: dict[str, Any]) -> list[str]:
    if part["status"] == HEALTHY:
        return []
    details = part["details"] if isinstance(part["details"], dict) else {}
    told = details.get("problems") or [details.get("message") or f"it is {part['status']}"]
    return [f"{part['name']}: {problem}" for problem in told]
