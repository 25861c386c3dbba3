"""Rules that make requests fail: by entity, path, parameters and count, deterministic."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["status", "html", "truncated", "cut", "reset", "hang", "expired_token"]

_CODES: Final = {401: "AUTHENTICATION_FAILED", 403: "PERMISSION_DENIED", 409: "CONFLICT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, and for which requests.

    Kinds: `status` answers with an error body, `html` with a page; `truncated` ends the JSON early
    in a well-formed response, `cut` breaks the connection within the body, `reset` before any
    answer; `hang` waits `seconds` before a right answer; `expired_token` forgets all tokens (401).
    Globs select by entity, path, method and parameter values; then the `nth` matching request
    alone, or `every` n-th, at most `times`.
    """

    kind: Kind = "status"
    status: int = 503
    retry_after: str | int | None = None
    seconds: float = 0.0
    entity: str = "*"
    path: str = "*"
    method: str = "*"
    params: Mapping[str, str] = field(default_factory=dict)
    nth: int | None = None
    every: int = 1
    times: int | None = None

    def concerns(self, method: str, path: str, entity: str, parameters: Mapping[str, str]) -> bool:
        """Whether the request is one that the rule counts."""
        return (
            fnmatchcase(method, self.method)
            and fnmatchcase(path, self.path)
            and fnmatchcase(entity, self.entity)
            and all(
                name in parameters and fnmatchcase(parameters[name], glob)
                for name, glob in self.params.items()
            )
        )


@dataclass(slots=True)
class FaultRule:
    """A fault in force: how many requests it saw, and how many it hit."""

    fault: Fault
    seen: int = 0
    hits: int = 0

    def strikes(self) -> bool:
        """Count a matching request; whether it is one to fail."""
        self.seen += 1
        fault = self.fault
        due = self.seen == fault.nth if fault.nth else self.seen % fault.every == 0
        if not due or (fault.times is not None and self.hits >= fault.times):
            return False
        self.hits += 1
        return True


class Faults:
    """All rules of a stand-in; the first that strikes decides."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []

    def add(self, fault: Fault) -> FaultRule:
        """Put a rule in force."""
        rule = FaultRule(fault)
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Lift all rules."""
        self._rules.clear()

    def match(
        self, method: str, path: str, entity: str, parameters: Mapping[str, str]
    ) -> Fault | None:
        """The fault that this request meets."""
        for rule in self._rules:
            if rule.fault.concerns(method, path, entity, parameters) and rule.strikes():
                return rule.fault
        return None


def error_code(status: int) -> str:
    """The `code` of an injected error body."""
    return _CODES.get(status, "SERVER_ERROR" if status >= 500 else "THROTTLED")
