"""Header and detail rows: which parent a detail belongs to, and what it inherits."""

from __future__ import annotations

from bisect import bisect_right

from wms_standin.data.seeds.plan import DCS, Plan


def parent_of(plan: Plan, parent: str, child: str, number: int) -> tuple[int, int]:
    """Return the index of the parent of a child, and the child's place within it (from 1)."""
    ends = plan.parents(parent, child)
    index = min(bisect_right(ends, number) - 1, len(ends) - 2)
    return index, number - ends[index] + 1


def company_index(plan: Plan, number: int) -> int:
    """Return the company that the header at an index belongs to."""
    return plan.wrap("company", number // DCS)


def owner(plan: Plan, number: int) -> dict[str, int]:
    """Return the facility and company of the header at an index."""
    return {
        "facility_id": plan.at("facility", number % DCS),
        "company_id": plan.at("company", company_index(plan, number)),
    }


def quantity(number: int) -> int:
    """Return the units of a detail line; the same wherever they are asked for."""
    return (number * 7 + 3) % 24 + 1
