"""What may be a key or an index: types, lengths, and no list of columns twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import quoted
from oracle_standin.sql.messages import error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .statement import Statement

MAX_KEY = 6398  # bytes, in blocks of 8 KB
MAX_COLUMNS = 1000
MAX_KEY_COLUMNS = 32
COMPANION = "N$"
"""Begins the name of the index that keeps partly NULL keys of a UNIQUE constraint apart."""
_NO_KEYS = frozenset(("CLOB", "NCLOB", "BLOB", "LONG", "LONG RAW", "JSON"))


def check_key(columns: Iterable[str], types: dict[str, tuple[str, int]]) -> None:
    """A primary or unique key; ``types`` has the type and bytes of each column by name."""
    for name in columns:
        dtype = types[name][0] if name in types else ""
        if dtype.endswith("WITH TIME ZONE") and "LOCAL" not in dtype:
            raise error(2329, "TIME/TIMESTAMP WITH TIME ZONE")
        if dtype in _NO_KEYS:
            raise error(2329, "LOB" if "LOB" in dtype else dtype)
    check_length(columns, types)


def check_length(columns: Iterable[str], types: dict[str, tuple[str, int]]) -> None:
    """The columns together fit into a key: each takes its bytes and one for its length."""
    if key_size(columns, types) > MAX_KEY:
        raise error(1450)


def key_size(columns: Iterable[str], types: dict[str, tuple[str, int]]) -> int:
    """Return the bytes of a key: each column takes its own and one for its length."""
    return sum(types[name][1] + 1 for name in columns if name in types)


def companion(table: str, constraint: str) -> str:
    """Return the qualified name of a constraint's companion index; ``table`` is qualified."""
    return f"{table.rsplit('.', 1)[0]}.{quoted(COMPANION + constraint)}"


def unique_index_tail(s: Statement, columns: Sequence[str]) -> str:
    """What makes a unique index one of Oracle's, where only wholly NULL keys are not kept."""
    if len(columns) == 1 or not s.session.release.rules.partly_null_keys:
        return ""
    nulls = " AND ".join(f"{quoted(name)} IS NULL" for name in columns)
    return f" NULLS NOT DISTINCT WHERE NOT ({nulls})"


def check_width(columns: Sequence[str]) -> None:
    """A key has at most 32 columns, in PostgreSQL, too."""
    if len(columns) > MAX_KEY_COLUMNS:
        raise error(1793)


def check_growth(s: Statement, oid: int, name: str, length: int) -> None:
    """The indexes of a column that is to have ``length`` bytes still fit into a block."""
    if not s.session.release.rules.index_growth:
        return
    types = existing_types(s, oid)
    types[name] = (types[name][0], length)
    rows = s.work.rows(
        "SELECT array_agg(a.attname::text) FROM pg_index x JOIN pg_attribute a "
        "ON a.attrelid = x.indrelid AND a.attnum = ANY(x.indkey::int2[]) "
        "WHERE x.indrelid = %s GROUP BY x.indexrelid",
        oid,
    )
    if any(name in columns and key_size(columns, types) > MAX_KEY for (columns,) in rows):
        raise error(1404)


def check_index(s: Statement, oid: int, columns: Sequence[str]) -> None:
    """An index on plain columns."""
    types = existing_types(s, oid)
    for name in columns:
        if name in types and types[name][0] in _NO_KEYS:
            raise error(2327, "LOB" if "LOB" in types[name][0] else types[name][0])
    check_width(columns)
    check_length(columns, types)
    if s.work.value(
        "SELECT 1 FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "WHERE i.relname NOT LIKE 'N$%%' AND x.indrelid = %s AND x.indexprs IS NULL AND "
        "(SELECT array_agg(a.attname::text ORDER BY u.pos) FROM unnest(x.indkey::int2[]) "
        "WITH ORDINALITY u(att, pos) JOIN pg_attribute a ON a.attrelid = x.indrelid "
        "AND a.attnum = u.att) = %s::text[]",
        *(oid, list(columns)),
    ):
        raise error(1408)


def check_count(columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise error(1792)


def existing_types(s: Statement, oid: int) -> dict[str, tuple[str, int]]:
    """Return the type and the bytes of each column of a table by name."""
    rows = s.work.rows(
        "SELECT a.attname::text, coalesce(m.dtype, ''), coalesce(m.dlen, 0) FROM pg_attribute a "
        "LEFT JOIN ora.col m ON m.relid = a.attrelid AND m.attnum = a.attnum "
        "WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped",
        oid,
    )
    return {name: (dtype, length) for name, dtype, length in rows}
