"""Questions about changes of tables with rows: columns that come, grow, are replaced or go."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_oracle.commands.probe.asking import TAKEN, outcome_of
from target_oracle.commands.probe.kinds import DIFFERS, KEY
from target_oracle.commands.probe.values import LATE
from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.schema.types import CLOB, NUMBER, TIMESTAMP_TZ, OracleType

if TYPE_CHECKING:
    from target_oracle.commands.probe.asking import Asker

MONEY = OracleType("NUMBER", precision=5, scale=2)


def added_columns(asker: Asker) -> dict[str, str]:
    """What is answered by kind of column."""
    table = asker.table({KEY: NUMBER}, KEY)
    asker.run(f"INSERT INTO {table.sql} VALUES (1)")
    with asker.session.cursor() as cursor:
        taken = outcome_of(lambda: ddl.add(cursor, table, {"A": NUMBER, "C": CLOB}))
    refused = asker.outcome(f"ALTER TABLE {table.sql} ADD (N NUMBER NOT NULL)")
    return {"nullable": taken, "NOT NULL": refused}


Change = tuple[OracleType, Any, OracleType, Any]
"""A type with a value, and the type that it is to get with what the value is then."""


def widened_columns(asker: Asker) -> dict[str, str]:
    """What is wrong, by column."""
    most = asker.session.dialect.max_string_bytes
    return _changed(
        asker,
        {
            "VARCHAR2": (OracleType("VARCHAR2", 3), "abc", OracleType("VARCHAR2", 64), "abc"),
            "VARCHAR2 to its limit": (
                OracleType("VARCHAR2", 3), "abc", OracleType("VARCHAR2", most), "abc",
            ),
            "CHAR": (OracleType("CHAR", 3), "abc", OracleType("CHAR", 4), "abc "),
            "NUMBER(5,2)": (MONEY, Decimal("1.25"), NUMBER, Decimal("1.25")),
        },
    )  # fmt: skip


def replaced_columns(asker: Asker) -> dict[str, str]:
    """What is wrong, by column."""
    text = OracleType("VARCHAR2", 64)
    zoned = "2026-01-02T03:04:05.600000+00:00"
    day = datetime(2026, 1, 2)  # noqa: DTZ001 - as it is bound
    return _changed(
        asker,
        {
            "VARCHAR2": (OracleType("VARCHAR2", 3), "abc", CLOB, "abc"),
            "NUMBER": (NUMBER, Decimal("-0.5"), text, "-0.5"),
            "DATE": (OracleType("DATE"), day, text, "2026-01-02T00:00:00+00:00"),
            "TIMESTAMP WITH TIME ZONE": (TIMESTAMP_TZ, LATE, text, zoned),
        },
    )


def _changed(asker: Asker, changes: dict[str, Change]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, (column, value, wider, expected) in changes.items():
        seen: list[Any] = []
        answer = outcome_of(lambda: seen.append(_change(asker, column, value, wider)))  # noqa: B023 - at once
        if answer != TAKEN or seen != [expected]:
            found[name] = DIFFERS if answer == TAKEN else answer
    return found


def _change(asker: Asker, column: OracleType, value: Any, wider: OracleType) -> Any:
    """Change a column by the target's own code, and return the value that its row then has."""
    table = asker.table({"V": column})
    with asker.session.cursor() as cursor:
        execute_many(cursor, statements.insert(table.sql, ["V"]), [(value,)], [column.bind])
        asker.session.commit()
        ddl.widen(cursor, table, "V", wider)
    return asker.value(f"SELECT V FROM {table.sql}")


def modify_refusals(asker: Asker) -> dict[str, str]:
    """What is answered by change."""
    table = asker.table({"T": OracleType("VARCHAR2", 9), "N": MONEY})
    asker.run(f"INSERT INTO {table.sql} VALUES ('long text', 123.45)")
    asker.session.commit()
    changes = {
        "shorter text": "T VARCHAR2(3 CHAR)",
        "fewer digits": "N NUMBER(4,2)",
        "number to text": "N VARCHAR2(64 CHAR)",
        "text to CLOB": "T CLOB",
    }
    return {
        name: asker.outcome(f"ALTER TABLE {table.sql} MODIFY ({change})")
        for name, change in changes.items()
    }


def dropped_columns(asker: Asker) -> bool:
    """By one of each."""
    keyed = asker.table_as("(A NUMBER, B NUMBER, C NUMBER, PRIMARY KEY (A, B))")
    virtual = asker.table_as("(A NUMBER, B NUMBER, V NUMBER GENERATED ALWAYS AS (B + 1) VIRTUAL)")
    answers = [asker.outcome(f"ALTER TABLE {each} DROP COLUMN B") for each in (keyed, virtual)]
    return answers == ["ORA-12991", "ORA-54031"]
