"""What a comparison found: as JSON, and as a table for people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.commands.reconcile.differences import named
from tap_oracle_wms.config.times import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_oracle_wms.commands.reconcile.differences import Differences, Scope

EQUAL, DIFFERENT, HEALED = "equal", "different", "healed"
UNPROVED = "unproved"
"""WMS does not count its rows: what it may have left out is not known."""
FAILED = "failed"

KINDS = ("missing", "stale", "newer", "extra")
_HEADS = (
    "entity", "result", "in WMS", "in Oracle", *KINDS, "changed since", "healed", "seconds",
    "requests",
)  # fmt: skip


@dataclass
class EntityReport:
    """The comparison of one entity."""

    table: str
    status: str = FAILED
    by: list[str] = field(default_factory=list)
    """The columns that were compared."""
    filters: Mapping[str, str] = field(default_factory=dict)
    scope: Scope | None = None
    rows_in_wms: int | None = None
    rows_in_oracle: int | None = None
    differences: Differences | None = None
    gone: int = 0
    """Rows that WMS counted at the beginning, and gave no more at the end."""
    healed: dict[str, int] | None = None
    """Records that were written: `upserted` and `deleted`."""
    problem: str | None = None
    """Why it is not equal, where that is no difference; why not all was healed."""
    seconds: float = 0.0
    requests: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The form that is printed."""
        found = self.differences
        scope = self.scope
        return {
            "status": self.status,
            "table": self.table,
            "compared_by": self.by,
            "filters": dict(self.filters),
            "changed_from": utc(scope.since) if scope and scope.since else None,
            "changed_before": utc(scope.until) if scope else None,
            "rows_in_wms": self.rows_in_wms,
            "rows_in_oracle": self.rows_in_oracle,
            "rows_compared": found.compared if found else 0,
            **({kind: named(ids) for kind, ids in found.kinds.items()} if found else {}),
            "changed_since": found.unjudged_rows if found else 0,
            "gone_meanwhile": self.gone,
            "healed": self.healed,
            "problem": self.problem,
            "seconds": round(self.seconds, 3),
            "requests": self.requests,
        }

    def cells(self) -> tuple[str, ...]:
        """The line of the table, without the name."""
        found = self.differences
        kinds = [len(ids) for ids in found.kinds.values()] if found else [None] * len(KINDS)
        numbers = [
            self.rows_in_wms,
            self.rows_in_oracle,
            *kinds,
            found.unjudged_rows if found else None,
            sum(self.healed.values()) if self.healed else None,
        ]
        shown = ("" if number is None else f"{number:,}" for number in numbers)
        return (self.status, *shown, f"{self.seconds:.1f}", f"{self.requests:,}")


@dataclass
class ReconcileReport:
    """The comparison of all entities that the keys tell of."""

    run_id: str
    mode: str
    entities: dict[str, EntityReport] = field(default_factory=dict)
    not_compared: dict[str, str] = field(default_factory=dict)
    """Streams of the keys that cannot be compared, and why."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    requests: int = 0

    @property
    def equal(self) -> bool:
        """Whether something was compared, and all of it is equal."""
        return self._all_are(EQUAL)

    @property
    def exit_code(self) -> int:
        """0 where all that was compared is equal, or was healed."""
        return 0 if self._all_are(EQUAL, *([HEALED] if self.mode == "heal" else [])) else 1

    def _all_are(self, *wanted: str) -> bool:
        return bool(self.entities) and all(e.status in wanted for e in self.entities.values())

    @property
    def rows(self) -> int:
        """Rows that are equal, or were on both sides."""
        found = (each.differences for each in self.entities.values())
        return sum(each.compared for each in found if each)

    def as_dict(self) -> dict[str, Any]:
        """The form that is printed."""
        ended_at = datetime.now(UTC)
        return {
            "plugin": "tap-oracle-wms",
            "command": "reconcile",
            "mode": self.mode,
            "run_id": self.run_id,
            "equal": self.equal,
            "exit_code": self.exit_code,
            "started_at": self.started_at.isoformat(timespec="milliseconds"),
            "ended_at": ended_at.isoformat(timespec="milliseconds"),
            "seconds": round((ended_at - self.started_at).total_seconds(), 3),
            "requests": self.requests,
            "rows_compared": self.rows,
            "entities": {name: each.as_dict() for name, each in self.entities.items()},
            "not_compared": self.not_compared,
        }

    def lines(self) -> Iterator[str]:
        """The form for people."""
        table = [_HEADS, *((name, *each.cells()) for name, each in self.entities.items())]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for line in table:
            cells = zip(line, widths, strict=True)
            yield "  ".join(
                cell.ljust(width) if n < 2 else cell.rjust(width)
                for n, (cell, width) in enumerate(cells)
            ).rstrip()
        yield from self._scopes()
        yield from self._problems()
        yield self.sentence()

    def _scopes(self) -> Iterator[str]:
        """Say what was compared, once for all entities of which the same holds."""
        scopes: dict[str, list[str]] = {}
        for name, each in self.entities.items():
            if each.scope:
                scopes.setdefault(_scope(each, each.scope), []).append(name)
        for scope, names in scopes.items():
            yield f"{', '.join(names)}: {scope}"

    def _problems(self) -> Iterator[str]:
        for name, each in self.entities.items():
            if each.problem:
                yield f"{name}: {each.problem}"
        for name, reason in self.not_compared.items():
            yield f"{name}: not compared. {reason}"

    def sentence(self) -> str:
        """The verdict."""
        if self.equal:
            return f"Proved equal: {self.rows:,} rows of {len(self.entities)} entities."
        if not self.entities:
            return "Nothing was compared."
        others = [n for n, e in self.entities.items() if e.status not in {EQUAL, HEALED}]
        if not others:
            healed = [name for name, each in self.entities.items() if each.status == HEALED]
            return f"Healed: {', '.join(healed)}. A second report proves it."
        return f"Not equal: {', '.join(others)}."

    def write(self, summary_file: str) -> None:
        """Append the report to a file, as a line of JSON."""
        with Path(summary_file).open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.as_dict()) + "\n")


def _scope(report: EntityReport, scope: Scope) -> str:
    """Say which rows were compared, and by what."""
    parts = [f"compared by {' and '.join(report.by)}"]
    if report.filters:
        filters = (f"{name}={value}" for name, value in report.filters.items())
        parts.append(f"where {' and '.join(filters)}")
    if scope.since:
        parts.append(f"changed from {utc(scope.since)} on")
    parts.append(f"as of {scope.until:%Y-%m-%d %H:%M:%S} UTC")
    return ", ".join(parts) + "."
