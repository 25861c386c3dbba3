"""Array binds: many rows with one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_oracle.schema.types import TEXT
from target_oracle.schema.widening import NATIONAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import oracledb

    from target_oracle.schema.types import OracleType


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


def sized(cursor: oracledb.Cursor, kind: OracleType, values: Sequence[Any]) -> Any:
    """Declare the bind of a key: text with the length of its longest value.

    In an UPDATE keys stand behind LOBs, where Oracle takes no text that is declared with more than
    4,000 bytes (ORA-24816), whatever it has.
    """
    if kind.name not in TEXT:
        return kind.bind
    longest = max(map(len, values))
    return cursor.var(kind.bind, longest, len(values)) if kind.name in NATIONAL else longest
