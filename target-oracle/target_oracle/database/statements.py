"""Write the SQL of a flush; every value is a bind."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from target_oracle.schema.names import quoted
from target_oracle.schema.periods import Periods

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from target_oracle.schema.periods import Versions
    from target_oracle.schema.tables import Conditions


def insert(table: str, columns: Sequence[str]) -> str:
    """INSERT with one bind per column."""
    binds = ", ".join(f":{number}" for number in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({_list(columns)}) VALUES ({binds})"


def update(
    table: str,
    columns: Sequence[str],
    keys: Sequence[str],
    newer: str | None = None,
    casts: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """UPDATE of one row by its keys; binds: all columns but the keys, then the keys.

    A table of nothing but keys sets a key to itself, so that the row counts as found. With
    `newer`, one more bind: a row that is above it in that column is left alone. `casts` are the
    types of keys whose bind must be cast: one to CHAR, or its blanks would tell it from the column.
    """
    changing = [name for name in columns if name not in keys]
    changes = ", ".join(f"{quoted(name)} = :{number}" for number, name in enumerate(changing, 1))
    where = _row(keys, newer, len(changing) + 1, casts)
    return f"UPDATE {table} SET {changes or f'{quoted(keys[0])} = {quoted(keys[0])}'} WHERE {where}"


def delete(
    table: str,
    keys: Sequence[str],
    newer: str | None = None,
    casts: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """DELETE of one row by its keys; `newer` and `casts` as for UPDATE."""
    return f"DELETE FROM {table} WHERE {_row(keys, newer, 1, casts)}"


def _row(keys: Sequence[str], newer: str | None, first: int, casts: Mapping[str, str]) -> str:
    parts = []
    for number, key in enumerate(keys, first):
        bind = f"CAST(:{number} AS {casts[key]})" if key in casts else f":{number}"
        parts.append(f"{quoted(key)} = {bind}")
    if newer:
        column = quoted(newer)
        parts.append(f"({column} IS NULL OR {column} <= NVL(:{first + len(keys)}, {column}))")
    return " AND ".join(parts)


def insert_from(table: str, source: str, columns: Sequence[str]) -> str:
    """INSERT of all rows of another table."""
    return f"INSERT INTO {table} ({_list(columns)}) SELECT {_list(columns)} FROM {source}"


def select(source: str, columns: Sequence[str]) -> str:
    """Return a query for columns of a table, or of a query in brackets."""
    return f"SELECT {_list(columns)} FROM {source}"


def cast(source: str, columns: Sequence[str], types: Mapping[str, str]) -> str:
    """A query in brackets for columns, some of them in other types."""
    names = {each: quoted(each) for each in columns}
    listed = [
        f"CAST({name} AS {types[each]}) AS {name}" if each in types else name
        for each, name in names.items()
    ]
    return f"(SELECT {', '.join(listed)} FROM {source})"


def outdate(table: str, version: str, deleted: str, *, hard: bool) -> str:
    """DELETE or mark rows of versions before the bound one, and rows without a version."""
    old = f"({quoted(version)} IS NULL OR {quoted(version)} < :1)"
    if hard:
        return f"DELETE FROM {table} WHERE {old}"
    now = "SYS_EXTRACT_UTC(SYSTIMESTAMP)"
    return f"UPDATE {table} SET {quoted(deleted)} = {now} WHERE {old} AND {quoted(deleted)} IS NULL"


def latest(
    source: str,
    columns: Sequence[str],
    keys: Sequence[str],
    sequence: str,
    newer: str | None = None,
) -> str:
    """Return a query for the last row per key; with `newer`, the last of the newest."""
    rank = unused("RN$", columns)
    order = f"s.{quoted(newer)} DESC NULLS LAST, " if newer else ""
    order += f"s.{quoted(sequence)} DESC"
    return (
        f"SELECT {_list(columns)} FROM (SELECT {_list(columns, 's')}, ROW_NUMBER() OVER "
        f"(PARTITION BY {_list(keys, 's')} ORDER BY {order}) AS {quoted(rank)} "
        f"FROM {source} s) WHERE {quoted(rank)} = 1"
    )


def merge(
    table: str,
    source: str,
    columns: Sequence[str],
    keys: Sequence[str],
    conditions: Conditions | None = None,
) -> str:
    """MERGE of `source`, a table or a query in brackets, by the keys."""
    changing = [name for name in columns if name not in keys]
    on = " AND ".join(f"t.{quoted(key)} = s.{quoted(key)}" for key in keys)
    changes = ", ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in changing)
    where = _where(conditions) if conditions else ""
    matched = f" WHEN MATCHED THEN UPDATE SET {changes}{where}" if changing else ""
    return (
        f"MERGE INTO {table} t USING {source} s ON ({on}){matched} "
        f"WHEN NOT MATCHED THEN INSERT ({_list(columns)}) VALUES ({_list(columns, 's')})"
    )


def _where(conditions: Conditions) -> str:
    parts = []
    if conditions.newer:
        column = quoted(conditions.newer)
        parts.append(f"(t.{column} IS NULL OR s.{column} >= t.{column})")
    differing = [
        *(f"DECODE(t.{quoted(c)}, s.{quoted(c)}, 0, 1) = 1" for c in conditions.compared),
        *(_lobs_differ(quoted(c)) for c in conditions.compared_lobs),
        *(f"t.{quoted(c)} IS NOT NULL OR s.{quoted(c)} IS NOT NULL" for c in conditions.json),
    ]
    if differing:
        parts.append(f"({' OR '.join(differing)})")
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def _lobs_differ(column: str) -> str:
    # COMPARE gives NULL for a NULL: twice NULL is equal, once is a difference.
    lengths = f"NVL(DBMS_LOB.GETLENGTH(t.{column}), -1) <> NVL(DBMS_LOB.GETLENGTH(s.{column}), -1)"
    return f"{lengths} OR NVL(DBMS_LOB.COMPARE(t.{column}, s.{column}), 0) <> 0"


def unused(name: str, columns: Collection[str]) -> str:
    """Return the name with as many `$` added as it takes to differ from all columns."""
    while name in columns:
        name += "$"
    return name


def _list(columns: Sequence[str], alias: str = "") -> str:
    return ", ".join(f"{alias}.{quoted(name)}" if alias else quoted(name) for name in columns)


def keys(
    table: str,
    keys: Sequence[str],
    version: str | None,
    *,
    deleted: str | None,
    grouped: bool,
) -> tuple[str, str]:
    """Return the queries for the number of living rows, and for their keys in key order.

    `version` is an expression; `grouped` takes the greatest of the rows that share their keys.
    """
    listed = _list(keys)
    living = f"{table} WHERE {quoted(deleted)} IS NULL" if deleted else table
    columns = [listed, *([f"MAX({version})" if grouped else version] if version else [])]
    group = f" GROUP BY {listed}" if grouped else ""
    counted = f"(SELECT 1 FROM {living}{group})" if grouped else living
    return (
        f"SELECT COUNT(*) FROM {counted}",
        f"SELECT {', '.join(columns)} FROM {living}{group} ORDER BY {listed}",
    )


def keys_of_history(
    table: str, keys: Sequence[str], version: str, ends: Sequence[str]
) -> tuple[str, str]:
    """Return the queries of `keys` where rows have versions, of which the newest is looked at.

    A row has gone where that has a value in one of the columns `ends`; older versions may be
    marked, if the row came again, or not, if it was deleted once.
    """
    listed, lives = _list(keys), " AND ".join(f"{quoted(each)} IS NULL" for each in ends)
    living = f"{table} GROUP BY {listed}"
    if ends:
        # DECODE takes NULLs for equal: there are rows without a version in tables of others.
        living += (
            f" HAVING COUNT(CASE WHEN {lives} THEN 1 END) > 0 AND "
            f"DECODE(MAX(CASE WHEN {lives} THEN {version} END), MAX({version}), 1, 0) = 1"
        )
    return (
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {living})",
        f"SELECT {listed}, MAX({version}) FROM {living} ORDER BY {listed}",
    )


_SINCE, _NEXT, _OWN, _GONE, _UNTIL = (
    f'"SDC${each}"' for each in ("SINCE", "NEXT", "OWN", "GONE", "UNTIL")
)
"""Columns of the subquery alone: names that no column of a table has."""


def follow_periods(table: str, source: str | None, periods: Periods) -> str:
    """MERGE that sets the period of each version: of the keys that `source` has, or of all.

    A version ends with the next one, or with its own deletion, whichever is earlier; without one of
    its own, the last deletion of a version before it counts. One that was deleted before it began
    ends as it begins.
    """
    keys, version = _list(periods.keys), quoted(periods.version)
    first, last = quoted(periods.valid_from), quoted(periods.valid_to)
    over = f"OVER (PARTITION BY {keys} ORDER BY {version})"
    deleted, kind = quoted(periods.deleted) if periods.deleted else "NULL", periods.type.ddl
    gone = f"NVL({deleted}, MAX({deleted}) {over})" if periods.deleted else "NULL"
    among = f" WHERE ({keys}) IN (SELECT {keys} FROM {source})" if source else ""
    ends = (
        f"CASE WHEN {_OWN} < {_SINCE} THEN CAST({_SINCE} AS {kind}) "
        f"WHEN {_GONE} >= {_SINCE} AND ({_NEXT} IS NULL OR {_GONE} < {_NEXT}) "
        f"THEN CAST({_GONE} AS {kind}) ELSE CAST({_NEXT} AS {kind}) END"
        if periods.deleted
        else _NEXT
    )
    versions = (
        f"SELECT {keys}, {version} AS {_SINCE}, LEAD({version}) {over} AS {_NEXT}, "
        f"{deleted} AS {_OWN}, {gone} AS {_GONE} FROM {table}{among}"
    )
    on = " AND ".join(f"t.{quoted(key)} = s.{quoted(key)}" for key in periods.keys)
    return (
        f"MERGE INTO {table} t USING (SELECT {keys}, {_SINCE}, {ends} AS {_UNTIL} FROM "
        f"({versions})) s ON ({on} AND t.{version} = s.{_SINCE}) "
        f"WHEN MATCHED THEN UPDATE SET t.{first} = s.{_SINCE}, t.{last} = s.{_UNTIL} "
        f"WHERE DECODE(t.{first}, s.{_SINCE}, 0, 1) = 1 OR DECODE(t.{last}, s.{_UNTIL}, 0, 1) = 1"
    )


def lacking_periods(table: str, periods: Periods) -> str:
    """Return a query for a row whose period a load did not set, or did not end at its deletion."""
    first, last = quoted(periods.valid_from), quoted(periods.valid_to)
    lacking = f"{first} IS NULL"
    if periods.deleted:
        lacking += f" OR ({last} IS NULL AND {quoted(periods.deleted)} IS NOT NULL)"
    return f"SELECT 1 FROM {table} WHERE ({lacking}) AND ROWNUM = 1"


def end_periods(table: str, keys: Sequence[str], periods: Periods, casts: Mapping[str, str]) -> str:
    """UPDATE that ends the version in force at a deletion: two binds of its time, the keys, two.

    Another deletion of a row that has gone already finds no version in force.
    """
    first, last, number = quoted(periods.valid_from), quoted(periods.valid_to), 3 + len(keys)
    return (
        f"UPDATE {table} SET {quoted(periods.deleted)} = :1, {last} = :2 "
        f"WHERE {_row(keys, None, 3, casts)} AND {first} <= :{number} "
        f"AND ({last} IS NULL OR {last} > :{number + 1})"
    )


def delete_before(
    table: str, keys: Sequence[str], periods: Periods, casts: Mapping[str, str]
) -> str:
    """DELETE of the versions up to a deletion: binds are the keys and its time."""
    where = _row(keys, None, 1, casts)
    return f"DELETE FROM {table} WHERE {where} AND {quoted(periods.version)} <= :{len(keys) + 1}"


def outdate_history(
    table: str, version: str, deleted: str, versions: Versions, *, hard: bool
) -> str:
    """Mark the newest version, or DELETE all, of the rows of which no version has the bound one."""
    keys, newest, last = _list(versions.keys), quoted(versions.version), quoted(deleted)
    came = f"SELECT {keys} FROM {table} WHERE {quoted(version)} >= :1"
    if hard:
        return f"DELETE FROM {table} WHERE ({keys}) NOT IN ({came})"
    now = "SYS_EXTRACT_UTC(SYSTIMESTAMP)"
    end = (
        f", {quoted(versions.valid_to)} = CAST({now} AS {versions.type.ddl})"
        if isinstance(versions, Periods)
        else ""
    )
    return (
        f"UPDATE {table} SET {last} = {now}{end} WHERE {last} IS NULL "
        f"AND ({keys}) NOT IN ({came}) AND ({keys}, {newest}) IN "
        f"(SELECT {keys}, MAX({newest}) FROM {table} GROUP BY {keys})"
    )
