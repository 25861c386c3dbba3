"""ACTIVATE_VERSION: the rows of older versions are deleted, or marked as deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_oracle.database import statements
from target_oracle.schema.fit import Fit
from target_oracle.schema.metadata import DELETED_AT, TABLE_VERSION

if TYPE_CHECKING:
    from target_oracle.loading.destination import Destination


@dataclass(frozen=True)
class Outdating:
    """Outdates the rows of a table that are older than a version."""

    destination: Destination
    version: int

    @property
    def obstacle(self) -> str | None:
        """What stands in the way; None where nothing does."""
        if not self._columns.keys() >= {TABLE_VERSION, DELETED_AT}:
            return "their tables lack the metadata columns (`add_record_metadata`)"
        if self.destination.plan.settings.skip_older:
            return "`skip_older` keeps rows of no version"
        return None

    @property
    def is_missed(self) -> bool:
        """Whether settings ask for what the obstacle prevents; a tap may send versions unasked."""
        settings = self.destination.plan.settings
        return settings.add_record_metadata or settings.hard_delete or settings.skip_older

    @property
    def _columns(self) -> dict[str, str]:
        return Fit(self.destination.plan, self.destination.table).names

    def attempt(self) -> None:
        """Outdate the rows, and COMMIT."""
        destination, columns = self.destination, self._columns
        hard = destination.plan.settings.hard_delete
        version, deleted = columns[TABLE_VERSION], columns[DELETED_AT]
        table = destination.table.sql
        if versions := Fit(destination.plan, destination.table).versions:
            outdate = statements.outdate_history(table, version, deleted, versions, hard=hard)
        else:
            outdate = statements.outdate(table, version, deleted, hard=hard)
        session = destination.worker.session
        with session.cursor() as cursor:
            cursor.execute(outdate, [self.version])
        session.commit()
