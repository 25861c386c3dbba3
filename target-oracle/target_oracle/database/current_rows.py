"""The view of a history's rows in force: `<TABLE>_CURRENT`, made and renewed as the table is.

Whatever else has its name is left alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import oracledb

from target_oracle.database import ddl
from target_oracle.database.dictionary import find
from target_oracle.database.own_views import COMMENT, marks
from target_oracle.errors import TableError, code
from target_oracle.schema.names import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_oracle.schema.periods import Periods
    from target_oracle.schema.tables import Table

logger = logging.getLogger("target-oracle")

SUFFIX = "_current"


@dataclass(frozen=True)
class CurrentRows:
    """The view of one table."""

    table: Table
    name: str
    periods: Periods
    readers: Sequence[str]

    def keep(self, cursor: oracledb.Cursor) -> None:
        """Make the view, or make it anew where the table has other columns; DDL commits."""
        try:
            there = find(cursor, self.table.owner, self.name)
        except TableError:  # the name of a sequence, a procedure, ...
            self._leave_alone()
            return
        if there is None:
            self._make(cursor, "CREATE VIEW")
            return
        found = marks(cursor, self.table.owner, self.name)
        if not found.is_own:
            self._leave_alone()
        elif there.columns.keys() != self.table.columns.keys():
            self._make(cursor, "CREATE OR REPLACE VIEW")  # keeps grants
        elif not found.is_complete:
            self._adorn(cursor)

    def _leave_alone(self) -> None:
        logger.warning(
            "The name %s is taken: there is no view of the rows in force of %s",
            self.name,
            self.table.name,
        )

    @property
    def _sql(self) -> str:
        return quoted(self.table.owner, self.name)

    def _make(self, cursor: oracledb.Cursor, verb: str) -> None:
        """Make the view with its grants and its comment.

        Raises:
            oracledb.DatabaseError: It cannot be made, although the user may make views.
        """
        columns = ", ".join(map(quoted, self.table.columns))
        try:
            cursor.execute(
                f"{verb} {self._sql} AS SELECT {columns} /* {COMMENT} */ FROM {self.table.sql} "
                f"WHERE {quoted(self.periods.valid_to)} IS NULL"
            )
        except oracledb.DatabaseError as error:
            if code(error) == "ORA-00955":  # something that the user may not see
                self._leave_alone()
                return
            if code(error) != "ORA-01031":
                raise
            logger.warning(
                "No CREATE VIEW right: there is no view of the rows in force of %s",
                self.table.name,
            )
            return
        self._adorn(cursor)

    def _adorn(self, cursor: oracledb.Cursor) -> None:
        """Add the grants, then the comment: where that is, no grant is missing."""
        for reader in self.readers:
            cursor.execute(f"GRANT SELECT ON {self._sql} TO {quoted(reader)}")
        comment = f"COMMENT ON TABLE {self._sql} IS '{COMMENT}'"
        if not ddl.execute(cursor, comment, "ORA-01031", "ORA-00942"):
            logger.info("No right to comment on %s: it goes without", self._sql)
