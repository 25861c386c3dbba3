"""What a probe found: for machines, for people, and the settings that it recommends."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.commands.probe.table import FactRow
from tap_oracle_wms.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_oracle_wms.commands.probe.facts import Fact

FALLS = 0.75
"""The time per record at twice the requests is at most this part, where it is worth it."""
SECONDS_A_PAGE = 20
FEWEST_ROWS = 50
"""Rows of a page at least: the cost of a request is spread over them."""
LONG = 2 * 3600
"""Seconds to read the largest entity, from which on files are the better way."""


@dataclass(frozen=True)
class Finding:
    """A fact with what a tenant answered; `failed` where it gave no proper answer."""

    fact: Fact
    seen: Any = None
    note: str = ""
    failed: bool = False

    @property
    def as_expected(self) -> bool | None:
        """None where nothing was seen, or nothing is expected."""
        return False if self.failed else self.fact.judged(self.seen)

    def as_json(self) -> dict[str, Any]:
        """The finding as an object."""
        found = {
            "name": self.fact.name,
            "asked": self.fact.asked,
            "expected": self.fact.expected,
            "seen": self.seen,
            "as_expected": self.as_expected,
            "source": self.fact.source,
        }
        if self.note:
            found["note"] = self.note
        if self.as_expected is False:
            found["follows"] = self.fact.follows
        return found

    @property
    def row(self) -> FactRow:
        """What the table says of it."""
        return FactRow(
            self.fact.name,
            self.seen,
            self.fact.expected,
            self.as_expected,
            self.seen is not None,
            (self.note, self.fact.follows if self.as_expected is False else ""),
        )


def recommended(seen: Mapping[str, Any], rows: int | None) -> dict[str, dict[str, Any]]:
    """Return settings with their reasons; `rows` is the size of the largest entity."""
    at_once, why_at_once = _max_concurrency(seen)
    size, why_size = _page_size(seen)
    mode, why_mode = _read_mode(seen, rows, at_once)
    return {
        "max_concurrency": {"value": at_once, "reason": why_at_once},
        "page_size": {"value": size, "reason": why_size},
        "read_mode": {"value": mode, "reason": why_mode},
    }


def _max_concurrency(seen: Mapping[str, Any]) -> tuple[int, str]:
    usual: int = Settings.model_fields["max_concurrency"].default
    if limit := seen.get("max_at_once"):
        return limit, f"WMS refuses more than {limit} requests at a time."
    costs = seen.get("seconds_a_row_at_once") or {}
    measured = sorted(costs, key=int)
    if len(measured) < 2:
        return usual, "The default: nothing could be measured."
    for fewer, more in itertools.pairwise(measured):
        if costs[more] > FALLS * costs[fewer]:
            return int(fewer), (
                f"With {more} requests at a time a record takes {costs[more]} s, with {fewer} "
                f"{costs[fewer]} s: more of them gain little."
            )
    return usual, f"The default: the time per record still falls at {measured[-1]} at a time."


def _page_size(seen: Mapping[str, Any]) -> tuple[int, str]:
    usual: int = Settings.model_fields["page_size"].default
    largest = seen.get("max_page_size") or usual
    cost = seen.get("seconds_a_row") or 0
    in_time = max(FEWEST_ROWS, int(SECONDS_A_PAGE / cost)) if cost else usual
    if in_time < min(usual, largest):
        return in_time, f"So many records of {cost} s take {SECONDS_A_PAGE} s."
    if largest < usual:
        return largest, f"WMS gives no more than {largest} rows a page."
    return usual, f"The default: a page of this size takes {usual * cost:.0f} s."


def _read_mode(seen: Mapping[str, Any], rows: int | None, at_once: int) -> tuple[str, str]:
    seconds = (rows or 0) * (seen.get("seconds_a_row") or 0) / at_once
    flat = seen.get("values_list") == "on"
    if seconds > LONG:
        faster = "reads flat where that costs less, and by" if flat else "reads by"
        return "auto", (
            f"The largest entity takes {seconds / 3600:.1f} hours as records; `auto` {faster} "
            "extracts once there is an object store for them (`extract_storage_url`)."
        )
    if flat:
        return "auto", "The default: `values_list` works; large entities are measured both ways."
    return "records", "`values_list` does not work here."
