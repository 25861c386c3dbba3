"""A report of `target-oracle --probe` as the options of a stand-in that answers alike.

A report is a list of facts, {"name": …, "seen": …}, or an object that has one as "facts".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

ERA_OF = ((23, 23), (20, 21), (0, 19))
"""The era that stands for a release: from which major version on, which."""


def _era(seen: Any) -> dict[str, Any]:
    major = int(str(seen).split(".")[0])
    return {"era": next(era for least, era in ERA_OF if major >= least)}


def _option(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda seen: {name: seen}


OPTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "release": _era,
    "compatible": _option("compatible"),
    "max_string_size": _option("max_string_size"),
    "character_set": _option("charset"),
    "database_time_zone": _option("db_time_zone"),
    "parallel_dml": _option("parallel_dml"),
}
"""The option that makes a fact come out as it was seen, by the fact's name.

A fact with the name of a rule (see ``Rules``) switches it off where it was seen as false.
"""


def read_report(report: Any) -> tuple[dict[str, Any], list[str]]:
    """Options for OracleStandin, and the names of the facts that none of them decides.

    Raises:
        ValueError: it is no such report.
    """
    facts = report.get("facts") if isinstance(report, dict) else report
    if not isinstance(facts, list) or not all(_is_fact(fact) for fact in facts):
        msg = "not a report of facts: a list of objects with name and seen is needed"
        raise ValueError(msg)
    options: dict[str, Any] = {}
    rules: dict[str, bool] = {}
    left = []
    for fact in facts:
        name, seen = fact["name"], fact["seen"]
        if name in OPTIONS:
            options |= OPTIONS[name](seen)
        elif name in vars(Rules()):
            rules[name] = bool(seen)
        else:
            left.append(name)
    return options | {"rules": rules}, left


def _is_fact(fact: Any) -> bool:
    return isinstance(fact, dict) and {"name", "seen"} <= set(fact)
