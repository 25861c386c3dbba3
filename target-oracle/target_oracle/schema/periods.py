"""From when to when each version of a row is valid: two more columns of a history.

A version is valid from its replication key to that of the next one, or to the deletion of the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_oracle.errors import TableError
from target_oracle.schema.metadata import DELETED_AT
from target_oracle.schema.plan import VALID_FROM, VALID_TO, own_keys, wants_periods

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_oracle.schema.plan import Plan
    from target_oracle.schema.tables import Table
    from target_oracle.schema.types import OracleType


@dataclass(frozen=True)
class Versions:
    """The columns that tell the versions of a row."""

    keys: tuple[str, ...]
    """Those that the versions of a row share."""
    version: str
    """The replication key."""


@dataclass(frozen=True)
class Periods(Versions):
    """The columns that also tell when a version is valid."""

    valid_from: str
    valid_to: str
    """NULL for the version in force."""
    type: OracleType
    """The type of the replication key and of both ends of a period."""
    deleted: str | None
    """When the row was deleted, in the version that was in force then."""


def periods_of(plan: Plan, table: Table, found: Mapping[str, str]) -> Periods | None:
    """Return the columns of a table by which it has periods; `found` are property -> column.

    Raises:
        TableError: The table lacks one of them, or has it in another type.
    """
    if not wants_periods(plan):
        return None
    ends = [table.column_for(plan.naming.identifier(each)) for each in (VALID_FROM, VALID_TO)]
    deleted = found.get(DELETED_AT)
    version = found.get(plan.replication_key or "")
    needed = [*ends, version, *([deleted] if deleted else [])]
    if any(each is None or not table.columns[each].type.is_temporal for each in needed):
        msg = (
            f"Stream '{plan.stream}': table {table.name} needs columns for both ends of a period "
            "(`history_validity`), the replication key and deletions, all dates or timestamps."
        )
        raise TableError(msg)
    first, last, key = (str(each) for each in (*ends, version))
    keys = tuple(found[name] for name in own_keys(plan))
    return Periods(keys, key, first, last, table.columns[last].type, deleted)
