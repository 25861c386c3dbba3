"""Tell the views that the target made, of the rows in force of histories, from all others.

Such a view says so in its text, and when it has all its grants, in its comment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_oracle.errors import TableError

if TYPE_CHECKING:
    import oracledb

    from target_oracle.schema.tables import Table

COMMENT = "The rows in force, made by target-oracle"
"""Stands in the text of each view, where no right is needed for it, and is its comment.

Earlier versions wrote the comment alone.
"""
_TEXT = "SELECT text FROM sys.all_views WHERE owner = :1 AND view_name = :2"
"""On its own: the text is a LONG, which an outer join may not have in its subqueries."""
_COMMENT = "SELECT comments FROM sys.all_tab_comments WHERE owner = :1 AND table_name = :2"


@dataclass(frozen=True)
class Marks:
    """What a view says of itself."""

    text: str | None
    comment: str | None

    @property
    def is_own(self) -> bool:
        """Whether the target made the view."""
        return self.is_complete or COMMENT in (self.text or "")

    @property
    def is_complete(self) -> bool:
        """Whether the view has all its grants: the comment is the last thing that it gets."""
        return self.comment == COMMENT


def marks(cursor: oracledb.Cursor, owner: str, name: str) -> Marks:
    """Read what a table or view says of itself; a synonym says nothing."""
    return Marks(*(_asked(cursor, query, owner, name) for query in (_TEXT, _COMMENT)))


def _asked(cursor: oracledb.Cursor, query: str, owner: str, name: str) -> str | None:
    found = cursor.execute(query, [owner, name]).fetchone()
    return None if found is None else found[0]


def refuse_own_view(cursor: oracledb.Cursor, table: Table, stream: str) -> None:
    """Refuse to load into a view of the target's: its rows would become those of the history.

    Raises:
        TableError: The table is such a view.
    """
    if table.is_view and marks(cursor, table.owner, table.name).is_own:
        whose = f"Stream '{stream}': " if stream else ""
        msg = (
            f"{whose}{table.sql} is the target's own view of the rows in force of a history "
            "(`history_validity`), and nothing is loaded into it: give the stream another `table` "
            "(`streams`), or drop the view."
        )
        raise TableError(msg)
