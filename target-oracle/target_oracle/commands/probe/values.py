"""Questions about values: what columns keep of them, and which they refuse."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from target_oracle.commands.probe.asking import outcome_of
from target_oracle.commands.probe.kinds import UNICODE
from target_oracle.database import statements
from target_oracle.database.binds import execute_many
from target_oracle.database.session import Session
from target_oracle.schema.types import (
    CLOB,
    NUMBER,
    TIMESTAMP,
    OracleType,
)

if TYPE_CHECKING:
    from target_oracle.commands.probe.asking import Asker

LOCAL = OracleType("TIMESTAMP WITH LOCAL TIME ZONE", scale=6)
LATE = datetime(2026, 1, 2, 3, 4, 5, 600_000)  # noqa: DTZ001 - as it is bound
DIGITS = Decimal(1234567890123456789012345678901234567891)
"""Forty of them."""


def char_padding(asker: Asker) -> bool:
    """By LENGTH, a comparison with a bind, one with a CAST of it, and five blanks in three."""
    table = asker.table_as("(V CHAR(3 CHAR))")
    asker.run(f"INSERT INTO {table} VALUES (:1)", ["a"])
    padded = asker.value(f"SELECT LENGTH(V) FROM {table}") == 3
    plain = asker.value(f"SELECT COUNT(*) FROM {table} WHERE V = :1", ["a"])
    cast = asker.value(f"SELECT COUNT(*) FROM {table} WHERE V = CAST(:1 AS CHAR(3 CHAR))", ["a"])
    refused = asker.outcome(f"INSERT INTO {table} VALUES (:1)", ["a    "])
    return (padded, plain, cast, refused) == (True, 0, 1, "ORA-12899")


def local_time_zone(asker: Asker) -> bool:
    """By a session that is two hours further east than the one that has loaded it."""
    table = asker.table({"V": LOCAL}).sql
    with asker.session.cursor() as cursor:
        execute_many(cursor, statements.insert(table, ["V"]), [(LATE,)], [LOCAL.bind])
    asker.session.commit()
    same = asker.rows(f"SELECT V FROM {table}") == [(LATE,)]
    eastern = Session(asker.settings, "target-oracle probe")
    try:
        asker.run("ALTER SESSION SET TIME_ZONE = '+02:00'", session=eastern)
        shown = asker.rows(f"SELECT TO_CHAR(V, 'HH24:MI') FROM {table}", session=eastern)
    finally:
        eastern.drop()
    return same and shown == [("05:04",)]


def float_digits(asker: Asker) -> bool:
    """By the example of the documentation."""
    return _stored(asker, "FLOAT(5)", OracleType("FLOAT"), Decimal("123.45")) == 120


def number_digits(asker: Asker) -> bool:
    """By a number of 40 digits."""
    return _stored(asker, "NUMBER", NUMBER, DIGITS) == DIGITS


def number_rounds(asker: Asker) -> bool:
    """By two digits more than there is room for."""
    return _stored(asker, "NUMBER(5,2)", NUMBER, Decimal("1.239")) == Decimal("1.24")


def time_rounds(asker: Asker) -> bool:
    """By six tenths of a second."""
    second = LATE.replace(microsecond=0)
    in_date = _stored(asker, "DATE", OracleType("DATE"), LATE)
    in_time = _stored(asker, "TIMESTAMP(0)", TIMESTAMP, LATE)
    return (in_date, in_time) == (second, second.replace(second=6))


def _stored(asker: Asker, column: str, bound: OracleType, value: object) -> object:
    table = asker.table_as(f"(V {column})")
    with asker.session.cursor() as cursor:
        execute_many(cursor, statements.insert(table, ["V"]), [(value,)], [bound.bind])
    return asker.value(f"SELECT V FROM {table}")


def too_large(asker: Asker) -> dict[str, str]:
    """What is answered by type."""
    given = {
        "NUMBER(3)": (NUMBER, 1000),
        "VARCHAR2(3 CHAR)": (OracleType("VARCHAR2", 30), "four"),
        "VARCHAR2(3 BYTE)": (OracleType("VARCHAR2", 30), _four_bytes(asker)),
        "BINARY_FLOAT": (NUMBER, 10**60),
    }
    return {
        column: outcome_of(lambda: _stored(asker, column, bound, value))  # noqa: B023 - at once
        for column, (bound, value) in given.items()
    }


def _four_bytes(asker: Asker) -> str:
    """Return text of four bytes, in two characters where these have so many."""
    return "\u00e9\u00e9" if asker.session.charset in UNICODE else "four"


def empty_text(asker: Asker) -> bool:
    """By both binds."""
    text = _stored(asker, "VARCHAR2(3)", OracleType("VARCHAR2", 3), "")
    return text is None and _stored(asker, "CLOB", CLOB, "") is None


def empty_lobs(asker: Asker) -> bool:
    """By a row that has one."""
    table = asker.table_as("(V CLOB)")
    asker.run(f"INSERT INTO {table} VALUES (EMPTY_CLOB())")
    return bool(asker.value(f"SELECT COUNT(*) FROM {table} WHERE V IS NOT NULL"))


def partly_null_keys(asker: Asker) -> bool:
    """By the same row twice."""
    table = asker.table_as("(A NUMBER, B NUMBER, UNIQUE (A, B))")
    asker.run(f"INSERT INTO {table} VALUES (1, NULL)")
    return asker.outcome(f"INSERT INTO {table} VALUES (1, NULL)") == "ORA-00001"


def refused_rows(asker: Asker) -> dict[str, str]:
    """What is answered by constraint."""
    table = asker.table_as("(U NUMBER UNIQUE, N NUMBER NOT NULL, C NUMBER CHECK (C > 0))")
    insert = f"INSERT INTO {table} VALUES (:1, :2, :3)"
    asker.run(insert, [1, 1, 1])
    return {
        "UNIQUE": asker.outcome(insert, [1, 2, 2]),
        "NOT NULL": asker.outcome(insert, [2, None, 2]),
        "CHECK": asker.outcome(insert, [3, 3, 0]),
    }
