"""A stand-in that behaves as a probe found a tenant to behave.

A probe's report is `{"facts": [{"name": …, "seen": …}, …]}`.  `FACTS` says which option a fact
tells; whoever gives the probe a new question adds a line there, and an option if there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from wms_standin.catalog.entities import KeyForm
from wms_standin.options import Options
from wms_standin.server.latency import Latency

if TYPE_CHECKING:
    from wms_standin.api.accounts import User

_NAMES: Final = {"Mapping": Mapping, "KeyForm": KeyForm}
_TYPES: Final = get_type_hints(Options, localns=_NAMES)
_SET_BY_HAND: Final = {"environment", "anchor", "bump_parents", "links"}
FACTS: Final[dict[str, str]] = {
    option.name: option.name for option in fields(Options) if option.name not in _SET_BY_HAND
}
"""Option -> the name of the fact that tells it; `seen` is the option's value."""
LATENCIES: Final[dict[str, str]] = {
    "base": "seconds_a_request",
    "row": "seconds_a_row",
    "flat": "seconds_a_flat_row",
    "count": "seconds_a_count",
    "window": "seconds_a_window",
    "at_once": "requests_at_once",
}
"""Part of the latency model -> the name of the fact that tells it, in seconds."""
USER_FACTS: Final[dict[str, str]] = {"rows_per_page": "rows_per_page", "time_zone": "time_zone"}
"""Attribute of the user -> the name of the fact; `time_zone` is a zone's name or an offset."""
ALTERNATIVES: Final[dict[str, Any]] = {
    "version": "v11",
    "token_path": "/other/token",
    "other_versions": frozenset({"v11"}),
    "describe_tokens": {"relation": "foreign_key", "pk": "pk", "set": "list"},
    "absent_fields": frozenset({"container.cart_nbr"}),
    "key_forms": {"item": "composite"},
    "max_page_size": 500,
    "cursor_seconds": 60.0,
    "unsupported_lookups": frozenset({"in"}),
    "failing_paths": {"item_id__code": 500},
    "denied_entities": frozenset({"item"}),
    "token_seconds": 60.0,
    "date_skew": 400.0,
    "error_codes": {404: "NO_DATA"},
    "max_at_once": 2,
    "gateway_seconds": 60.0,
}
"""Another value of each option that is more than a choice of a few."""


@dataclass(frozen=True, slots=True)
class Imitation:
    """What a report comes to; `ignored` names facts that no option tells."""

    options: Options
    latency: Latency
    user: Mapping[str, Any]
    ignored: tuple[str, ...]

    def of_user(self, user: User) -> User:
        """Return the user with what the report knows of the tenant's."""
        return replace(user, **self.user)


def imitate(report: Mapping[str, Any]) -> Imitation:
    """Return what makes a stand-in like the tenant of a report; without latency of its own.

    Raises:
        msgspec.ValidationError: a fact's `seen` is no value of its option.
    """
    seen = {fact["name"]: fact.get("seen") for fact in report["facts"]}
    told = {name: value for name, value in seen.items() if value is not None}
    known = {*FACTS.values(), *LATENCIES.values(), *USER_FACTS.values()}
    chosen = {
        option: msgspec.convert(told[fact], _TYPES[option], strict=False)
        for option, fact in FACTS.items()
        if fact in told
    }
    costs = {part: told[fact] for part, fact in LATENCIES.items() if fact in told}
    user = {name: told[fact] for name, fact in USER_FACTS.items() if fact in told}
    if "time_zone" in user:
        user["time_zone"] = _zone(user["time_zone"])
    ignored = tuple(sorted(told.keys() - known))
    return Imitation(Options(**chosen), Latency(**costs), user, ignored)


def alternatives() -> list[tuple[str, Any]]:
    """Return each option that a fact tells with each value that it does not have by default."""
    usual = Options()
    return [
        (option, value)
        for option in FACTS
        for value in _values(option)
        if value != getattr(usual, option)
    ]


def _values(option: str) -> tuple[Any, ...]:
    kind = _TYPES[option]
    if kind is bool:
        return (True, False)
    if get_origin(kind) is Literal:
        return get_args(kind)
    return (ALTERNATIVES[option],) if option in ALTERNATIVES else ()


def _zone(seen: str) -> str:
    """Return a zone's name; of an offset, that of a zone that always has it."""
    if seen[:1] not in {"+", "-"}:
        return seen
    hours, minutes = int(seen[:3]), seen[4:6]
    if minutes != "00":
        return {"+05:30": "Asia/Kolkata", "-03:30": "America/St_Johns"}[seen]
    return f"Etc/GMT{-hours:+d}"
