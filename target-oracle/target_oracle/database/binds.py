"""Array binds: many rows with one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import oracledb


def execute_many(
    cursor: oracledb.Cursor,
    statement: str,
    rows: list[tuple[Any, ...]],
    binds: Sequence[Any],
    *,
    counts: bool = False,
) -> None:
    """Execute a statement for many rows; with `counts`, the driver keeps how many each one hit.

    The binds are typed: a column of nothing but NULL has no type of its own.
    """
    if rows:
        cursor.setinputsizes(*binds)
        cursor.executemany(statement, rows, arraydmlrowcounts=counts)
