"""The view of a history's rows in force: `<TABLE>_CURRENT`, made and renewed as the table is.

A view that the target made says so in its comment; another one of the name is left alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import oracledb

from target_oracle.database.dictionary import find
from target_oracle.errors import code
from target_oracle.schema.names import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_oracle.schema.periods import Periods
    from target_oracle.schema.tables import Table

logger = logging.getLogger("target-oracle")

SUFFIX = "_current"
COMMENT = "The rows in force, made by target-oracle"
_COMMENT = "SELECT comments FROM sys.all_tab_comments WHERE owner = :1 AND table_name = :2"


@dataclass(frozen=True)
class CurrentRows:
    """The view of one table."""

    table: Table
    name: str
    periods: Periods
    readers: Sequence[str]

    def keep(self, cursor: oracledb.Cursor, fill: Callable[[], None]) -> None:
        """Make the view, or make it anew where the table has other columns; DDL commits.

        `fill` sets the periods of rows that have none, before a view tells that all have one.
        """
        there = find(cursor, self.table.owner, self.name)
        if there is None:
            fill()
        elif not _is_own(cursor, self.table.owner, self.name):
            logger.warning(
                "%s is not the target's: there is no view of the rows in force of %s",
                self.name,
                self.table.name,
            )
            return
        if there is None or there.columns.keys() != self.table.columns.keys():
            self._make(cursor)

    def _make(self, cursor: oracledb.Cursor) -> None:
        """CREATE OR REPLACE VIEW, which keeps grants.

        Raises:
            oracledb.DatabaseError: It cannot be made, although the user may make views.
        """
        view = quoted(self.table.owner, self.name)
        columns = ", ".join(map(quoted, self.table.columns))
        try:
            cursor.execute(
                f"CREATE OR REPLACE VIEW {view} AS SELECT {columns} FROM {self.table.sql} "
                f"WHERE {quoted(self.periods.valid_to)} IS NULL"
            )
        except oracledb.DatabaseError as error:
            if code(error) != "ORA-01031":
                raise
            logger.warning(
                "No CREATE VIEW right: there is no view of the rows in force of %s",
                self.table.name,
            )
            return
        cursor.execute(f"COMMENT ON TABLE {view} IS '{COMMENT}'")
        for reader in self.readers:
            cursor.execute(f"GRANT SELECT ON {view} TO {quoted(reader)}")


def _is_own(cursor: oracledb.Cursor, owner: str, name: str) -> bool:
    found = cursor.execute(_COMMENT, [owner, name]).fetchone()
    return found is not None and found[0] == COMMENT
