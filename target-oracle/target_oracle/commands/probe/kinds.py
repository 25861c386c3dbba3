"""Test columns of each type and size, each with values that must come back as they were sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_oracle.commands.probe.asking import TAKEN, UnansweredError, outcome_of
from target_oracle.schema.types import (
    BLOB,
    CLOB,
    DATE,
    INTEGER,
    JSON,
    NUMBER,
    TIMESTAMP,
    TIMESTAMP_TZ,
    OracleType,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_oracle.commands.probe.asking import Asker
    from target_oracle.config.choices import LoadPath
    from target_oracle.database.session import Session

UNICODE = frozenset({"AL32UTF8", "UTF8"})
DIFFERS = "differs"
"""What is seen of values that come back as others."""
KEY = "ID"


@dataclass(frozen=True)
class Kind:
    """A type with two values."""

    type: OracleType
    first: Any
    second: Any


def _moment(second: int, fraction: int = 0) -> datetime:
    return datetime(2026, 1, 2, 3, 4, second, fraction)  # noqa: DTZ001 - as it is bound


def types(session: Session) -> dict[str, Kind]:
    """Return the types that columns may have, but for LONG and JSON."""
    foreign, euro = "\u20ac \U0001f600", "\u20ac"
    if session.charset not in UNICODE:
        foreign = euro = "?"
    text, other = f"'quoted' {foreign}\n", "b"
    whole, exact = _moment(5), _moment(6, 123_456)
    found = {
        "NUMBER": Kind(NUMBER, Decimal(1234567890123456789012345678901234567891), Decimal("-.1")),
        "NUMBER(38,0)": Kind(INTEGER, 10**37, -1),
        "NUMBER(5,2)": Kind(OracleType("NUMBER", precision=5, scale=2), Decimal("123.45"), 0),
        "FLOAT": Kind(OracleType("FLOAT", precision=126), Decimal("0.5"), Decimal(-3)),
        "BINARY_DOUBLE": Kind(OracleType("BINARY_DOUBLE"), 1e300, -0.1),
        "BINARY_FLOAT": Kind(OracleType("BINARY_FLOAT"), 0.5, -0.25),
        "VARCHAR2": Kind(OracleType("VARCHAR2", 20), text, other),
        "VARCHAR2 in bytes": Kind(OracleType("VARCHAR2", 30, in_bytes=True), text, other),
        "NVARCHAR2": Kind(OracleType("NVARCHAR2", 60), text, other),
        "CHAR": Kind(OracleType("CHAR", 3), "a", f"{euro}bc"),
        "NCHAR": Kind(OracleType("NCHAR", 3), "a", "\u20ac"),
        "RAW": Kind(OracleType("RAW", 4), b"\x00\xff", b"a"),
        "DATE": Kind(DATE, whole, _moment(7)),
        "TIMESTAMP": Kind(TIMESTAMP, exact, whole),
        "TIMESTAMP(0)": Kind(OracleType("TIMESTAMP", scale=0), whole, _moment(8)),
        "TIMESTAMP WITH TIME ZONE": Kind(TIMESTAMP_TZ, exact, whole),
        "TIMESTAMP WITH LOCAL TIME ZONE": Kind(
            OracleType("TIMESTAMP WITH LOCAL TIME ZONE", scale=6), exact, whole
        ),
        "CLOB": Kind(CLOB, text, other),
        "NCLOB": Kind(OracleType("NCLOB"), text, other),
        "BLOB": Kind(BLOB, b"\x00\xff", b"a"),
    }
    if session.dialect.native_boolean:
        found["BOOLEAN"] = Kind(OracleType("BOOLEAN"), first=True, second=False)
    return found


def long_types() -> dict[str, Kind]:
    """Return those of which a table has one at most, and which no query copies."""
    return {
        "LONG": Kind(OracleType("LONG"), "a" * 5000, "b"),
        "LONG RAW": Kind(OracleType("LONG RAW"), b"\xff" * 5000, b"a"),
    }


def sizes(session: Session) -> dict[str, Kind]:
    """Return columns with values around the limits of texts, binds and LOBs."""
    most = session.dialect.max_string_bytes
    euro = "\u20ac" if session.charset in UNICODE else "$"
    found = {
        f"VARCHAR2 of {size} bytes": _text(OracleType("VARCHAR2", size), size)
        for size in dict.fromkeys((3999, 4000, most))
    }
    found["VARCHAR2 of 4000 in euros"] = Kind(OracleType("VARCHAR2", 1333), euro * 1333, "a")
    found["RAW of 2000"] = Kind(OracleType("RAW", 2000), b"\xfe" * 2000, b"a")
    for size in (4000, 4001, 32767, 32768, 100_000):
        found[f"CLOB of {size}"] = _text(CLOB, size)
    found["CLOB of 40000 in euros"] = Kind(CLOB, euro * 40_000, "a")
    for size in (4001, 70_000):
        found[f"BLOB of {size}"] = Kind(BLOB, b"\xfe" * size, b"a")
    return found


def national(length: int) -> dict[str, Kind]:
    """Return a column of national characters that is full."""
    return {f"NVARCHAR2 of {length}": _text(OracleType("NVARCHAR2", length), length)}


def _text(column: OracleType, size: int) -> Kind:
    return Kind(column, "a" * size, "b" * (size - 1))


def require_json(asker: Asker) -> Kind:
    """Return the kind of JSON columns.

    Raises:
        UnansweredError: There are none.
    """
    if not asker.session.dialect.has_json or asker.trial("(V JSON)") != TAKEN:
        msg = "There are no JSON columns."
        raise UnansweredError(msg)
    return Kind(JSON, {"a": [1, None, "\u20ac"]}, ["b"])


def failing(
    asker: Asker, kinds: Mapping[str, Kind], *, path: LoadPath = "array", staged: bool = False
) -> dict[str, str]:
    """Load all kinds together, and if that fails each alone; what is wrong by kind."""
    together = _trial(asker, kinds, path, staged=staged)
    if not together or len(kinds) == 1:
        return together
    alone: dict[str, str] = {}
    for name, kind in kinds.items():
        alone |= _trial(asker, {name: kind}, path, staged=staged)
    return alone or {"together": ", ".join(sorted(set(together.values())))}


def _trial(
    asker: Asker, kinds: Mapping[str, Kind], path: LoadPath, *, staged: bool
) -> dict[str, str]:
    found: dict[str, str] = {}
    answer = outcome_of(lambda: found.update(_differing(asker, kinds, path, staged=staged)))
    if answer == TAKEN:
        return found
    asker.session.rollback()
    return dict.fromkeys(kinds, answer)


def _differing(
    asker: Asker, kinds: Mapping[str, Kind], path: LoadPath, *, staged: bool
) -> dict[str, str]:
    """Insert two rows, then update one of them and insert a third; what has come back wrong."""
    columns = {KEY: NUMBER, **{name: kind.type for name, kind in kinds.items()}}
    table = asker.table(columns, KEY)
    first = {name: kind.first for name, kind in kinds.items()}
    second = {name: kind.second for name, kind in kinds.items()}
    loader = asker.loader(table, path)
    asker.upsert(loader, [{KEY: 1, **first}, {KEY: 2}], staged=staged)
    asker.upsert(loader, [{KEY: 1, **second}, {KEY: 3, **first}], staged=staged)
    listed = ", ".join(f'"{name}"' for name in kinds)
    found = asker.rows(f"SELECT {listed} FROM {table.sql} ORDER BY {KEY}")
    if len(found) != 3:
        return dict.fromkeys(kinds, f"{len(found)} of 3 rows")
    columns_found = zip(*found, strict=True)
    wanted = {name: [kind.second, None, kind.first] for name, kind in kinds.items()}
    return {
        name: DIFFERS
        for (name, values), seen in zip(wanted.items(), columns_found, strict=True)
        if [_plain(value) for value in seen] != values
    }


def _plain(value: Any) -> Any:
    """Return a value without the blanks that a CHAR is padded with."""
    return value.rstrip(" ") if isinstance(value, str) else value
