"""The SQL of a flush. Pure: names in, text out; every value is a bind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_oracle.names import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def insert(table: str, columns: Sequence[str]) -> str:
    """INSERT with one bind per column."""
    binds = ", ".join(f":{number}" for number in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({_list(columns)}) VALUES ({binds})"


def update(table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    """UPDATE of one row by its keys; binds: all columns but the keys, then the keys.

    A table of nothing but keys sets a key to itself, so that the row counts as found.
    """
    changing = [name for name in columns if name not in keys]
    where = " AND ".join(
        f"{quoted(key)} = :{number}" for number, key in enumerate(keys, len(changing) + 1)
    )
    changes = ", ".join(f"{quoted(name)} = :{number}" for number, name in enumerate(changing, 1))
    return f"UPDATE {table} SET {changes or f'{quoted(keys[0])} = {quoted(keys[0])}'} WHERE {where}"


def latest(source: str, columns: Sequence[str], keys: Sequence[str], sequence: str) -> str:
    """A query for the last row per key."""
    rank = unused("RN$", columns)
    return (
        f"SELECT {_list(columns)} FROM (SELECT s.*, ROW_NUMBER() OVER "
        f"(PARTITION BY {_list(keys, 's')} ORDER BY s.{quoted(sequence)} DESC) AS {quoted(rank)} "
        f"FROM {source} s) WHERE {quoted(rank)} = 1"
    )


def merge(table: str, source: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    """MERGE of `source`, a table or a query in brackets, by the keys."""
    changing = [name for name in columns if name not in keys]
    on = " AND ".join(f"t.{quoted(key)} = s.{quoted(key)}" for key in keys)
    changes = ", ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in changing)
    matched = f" WHEN MATCHED THEN UPDATE SET {changes}" if changing else ""
    return (
        f"MERGE INTO {table} t USING {source} s ON ({on}){matched} "
        f"WHEN NOT MATCHED THEN INSERT ({_list(columns)}) VALUES ({_list(columns, 's')})"
    )


def unused(name: str, columns: Collection[str]) -> str:
    """The name, with as many `$` after it as keep it apart from the columns."""
    while name in columns:
        name += "$"
    return name


def _list(columns: Sequence[str], alias: str = "") -> str:
    return ", ".join(f"{alias}.{quoted(name)}" if alias else quoted(name) for name in columns)
