"""What a probe found: for machines, for people, and the settings that go round it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_oracle.commands.probe.table import FactRow, as_text, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_oracle.commands.probe.fact import Fact, Server


@dataclass(frozen=True)
class Finding:
    """A fact with what a database answered; `failed` where it gave no proper answer."""

    fact: Fact
    server: Server
    seen: Any = None
    note: str = ""
    failed: bool = False

    @property
    def expected(self) -> Any:
        """The answer that this server is expected to give."""
        return self.fact.expected_of(self.server)

    @property
    def as_expected(self) -> bool | None:
        """None where nothing was seen, or nothing is expected."""
        return False if self.failed else self.fact.judged(self.seen, self.server)

    @property
    def was_asked(self) -> bool:
        """Whether the database answered."""
        return self.failed or self.seen is not None

    def as_json(self) -> dict[str, Any]:
        """The finding as an object."""
        found = {
            "name": self.fact.name,
            "asked": self.fact.asked,
            "expected": self.expected,
            "seen": self.seen,
            "as_expected": self.as_expected,
            "source": self.fact.source,
            "consequence": self.fact.consequence,
        }
        return found | ({"note": self.note} if self.note else {})

    @property
    def row(self) -> FactRow:
        """What the table says of it."""
        return FactRow(
            self.fact.name,
            self.seen,
            self.expected,
            self.as_expected,
            self.was_asked,
            (self.note, self.fact.consequence if self.as_expected is False else ""),
        )


@dataclass(frozen=True)
class ProbeReport:
    """The findings, and how long they took."""

    findings: Sequence[Finding]
    seconds: float

    @property
    def differing(self) -> list[Finding]:
        """The findings that are other than expected."""
        return [finding for finding in self.findings if finding.as_expected is False]

    @property
    def as_expected(self) -> bool:
        """Whether no finding is other than expected."""
        return not self.differing

    @property
    def recommended(self) -> dict[str, dict[str, Any]]:
        """Settings that go round what differs, with their reasons."""
        found: dict[str, dict[str, Any]] = {}
        for finding in self.differing:
            if finding.fact.remedy:
                setting, value = finding.fact.remedy
                reason = f"`{finding.fact.name}` is not as expected."
                found.setdefault(setting, {"value": value, "reason": reason})
        return found

    def as_json(self) -> dict[str, Any]:
        """The report as an object, as a stand-in reads it."""
        return {
            "facts": [finding.as_json() for finding in self.findings],
            "recommended": self.recommended,
            "seconds": round(self.seconds, 1),
            "as_expected": self.as_expected,
        }

    def lines(self) -> Iterator[str]:
        """The report for people: each fact, and what follows where it is not as expected."""
        yield from table([finding.row for finding in self.findings])
        for name, chosen in self.recommended.items():
            yield f"Recommended: `{name}` {as_text(chosen['value'])}. {chosen['reason']}"
        unasked = sum(not finding.was_asked for finding in self.findings)
        yield (
            f"{self.seconds:.0f} seconds; {len(self.differing)} of {len(self.findings)} facts "
            f"differ, {unasked} could not be asked."
        )
