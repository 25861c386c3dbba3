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
    "name_bytes": _option("identifier_bytes"),
}
"""The option that makes a fact come out as it was seen, by the fact's name.

A fact with the name of a rule (see ``Rules``) switches it off where it was seen as false, or where
the database refused to answer.
"""


def read_report(report: Any) -> tuple[dict[str, Any], list[str]]:
    """Options for OracleStandin, and the names of the facts that differ and that none decides.

    What could not be asked is as it is by default.

    Raises:
        ValueError: it is no such report.
    """
    facts = report.get("facts") if isinstance(report, dict) else report
    if not isinstance(facts, list) or not all(_is_fact(fact) for fact in facts):
        msg = "not a report of facts: a list of objects with name and seen is needed"
        raise ValueError(msg)
    known = [fact for fact in facts if fact["seen"] is not None or _differs(fact)]
    options: dict[str, Any] = {}
    for fact in known:
        options |= OPTIONS.get(fact["name"], _nothing)(fact["seen"])
    switches = vars(Rules())
    rules = {fact["name"]: bool(fact["seen"]) for fact in known if fact["name"] in switches}
    left = [
        fact["name"]
        for fact in known
        if _differs(fact) and not (fact["name"] in OPTIONS or fact["name"] in switches)
    ]
    return options | {"rules": rules}, left


def _nothing(_: Any) -> dict[str, Any]:
    return {}


def _differs(fact: dict[str, Any]) -> bool:
    return fact.get("as_expected", False) is False


def _is_fact(fact: Any) -> bool:
    return isinstance(fact, dict) and {"name", "seen"} <= set(fact)
