"""Rules that make requests go wrong: by role, entity, path, parameters and count, deterministic."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import timedelta

    from wms_standin.api.call import Call
    from wms_standin.faults.roles import Role

Kind = Literal[
    "status", "html", "truncated", "cut", "reset", "hang", "expired_token", "call",
    "not_found", "empty", "error_body", "no_next", "missing_next", "cut_off", "unordered",
    "shuffled", "wrong_count", "lost_rows", "repeated_rows", "wrong_value", "date", "dripping",
    "bom", "nan", "surrogate", "missing_id", "quoted_id", "offset_seconds",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, and for which requests.

    Failures: `status` answers with the API's error body, `html` with a page of a proxy;
    `truncated` ends the JSON early in a well-formed response, `cut` breaks the connection within
    the body, `reset` before any answer; `hang` waits `seconds` before a right answer; `dripping`
    sends a right answer whose headers come byte by byte, one in `seconds`; `expired_token` forgets
    all tokens (401).  `call` runs `action` before a right answer.

    Lies, each about a right answer of status 200: `not_found` is 404 in the API's own envelope,
    `empty` has no rows and a count of 0 (of the request `entities`, no names), `error_body` is an
    error's body; `no_next` has a null `next_page`, `missing_next` has none, `cut_off` has a null
    one and lacks the last `by` rows of the page; `unordered` ignores `ordering`, `shuffled` turns
    the rows of the page round; `wrong_count` moves `result_count` by `by`; `lost_rows` lacks `by`
    rows of the middle of the page, `repeated_rows` has one of them twice; `wrong_value` alters the
    values of `column`; `date` moves the `Date` header by `seconds`, either way. A lie that would
    change nothing is not told: the next request that matches gets it.

    Odd forms: `bom` begins the body with one, `nan` and `surrogate` spoil a number or a text
    (`column`, else the first that there is) of a row in the middle, `missing_id` and `quoted_id`
    its id, `offset_seconds` gives all time stamps an offset of `-03:06:28`.

    Globs select by entity, path, method and parameter values, `request` by role; then the `nth`
    matching request alone, or `every` n-th of those `after` the first ones, at most `times`.
    """

    kind: Kind = "status"
    status: int = 503
    retry_after: str | int | timedelta | None = None
    """A `timedelta` gives a date that far from the server's time; negative ones are in the past."""
    seconds: float = 0.0
    by: int = 1
    column: str = ""
    action: Callable[[], object] | None = None
    request: Role | None = None
    entity: str = "*"
    path: str = "*"
    method: str = "*"
    params: Mapping[str, str] = field(default_factory=dict)
    nth: int | None = None
    after: int = 0
    every: int = 1
    times: int | None = None

    def concerns(self, call: Call, roles: Collection[Role]) -> bool:
        """Return whether the request is one that the rule counts."""
        given = dict(call.parameters)
        return (
            (self.request is None or self.request in roles)
            and fnmatchcase(call.method, self.method)
            and fnmatchcase(call.path, self.path)
            and fnmatchcase(call.entity, self.entity)
            and all(
                name in given and fnmatchcase(given[name], glob)
                for name, glob in self.params.items()
            )
        )


@dataclass(slots=True)
class FaultRule:
    """A fault in force: how many requests it saw, and how many it hit."""

    fault: Fault
    seen: int = 0
    hits: int = 0

    @property
    def told(self) -> bool:
        """Whether anything went wrong because of it."""
        return self.hits > 0

    def strikes(self) -> bool:
        """Count a matching request, and return whether it is one to fail."""
        self.seen += 1
        fault = self.fault
        due = self.seen == fault.nth if fault.nth else self._is_due(self.seen - fault.after)
        if not due or (fault.times is not None and self.hits >= fault.times):
            return False
        self.hits += 1
        return True

    def spare(self) -> None:
        """Take back the last hit, which changed nothing."""
        self.hits -= 1

    def _is_due(self, number: int) -> bool:
        return number > 0 and number % self.fault.every == 0


class Faults:
    """All rules of a stand-in; the first that strikes decides."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []

    def add(self, fault: Fault) -> FaultRule:
        """Put a rule in force."""
        rule = FaultRule(fault)
        self._rules.append(rule)
        return rule

    def remove(self, rule: FaultRule) -> None:
        """Lift one rule."""
        self._rules = [other for other in self._rules if other is not rule]

    def clear(self) -> None:
        """Lift all rules."""
        self._rules.clear()

    def match(self, call: Call, roles: Collection[Role]) -> FaultRule | None:
        """Return the rule that this request meets."""
        for rule in self._rules:
            if rule.fault.concerns(call, roles) and rule.strikes():
                return rule
        return None
