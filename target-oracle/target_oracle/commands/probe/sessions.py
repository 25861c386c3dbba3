"""Questions about sessions: settings, transactions, locks, and how they are lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import oracledb

from target_oracle.commands.probe.asking import LOCK_PATIENCE, TAKEN, UnansweredError, outcome_of
from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.errors import Treatment, code, treatment
from target_oracle.loading.transaction import SAVEPOINT
from target_oracle.schema.types import NUMBER, OracleType

if TYPE_CHECKING:
    from target_oracle.commands.probe.asking import Asker

SHORT = OracleType("VARCHAR2", 3)
LONGER = OracleType("VARCHAR2", 30)
_SETTINGS = """
    SELECT SESSIONTIMEZONE, TO_CHAR(DATE '2026-01-02'), TO_CHAR(1.5),
           TO_CHAR(TIMESTAMP '2026-01-02 03:04:05.600000'),
           CASE WHEN 'a' = 'A' THEN 'alike' ELSE 'apart' END
    FROM   sys.dual"""
_AS_SET = ("+00:00", "2026-01-02 00:00:00", "1.5", "2026-01-02 03:04:05.600000", "apart")
_WHERE = "SELECT SYS_CONTEXT('USERENV', 'SID'), SYS_CONTEXT('USERENV', 'INSTANCE') FROM sys.dual"
SLEEPS_SINCE = (18,)
_SOON = 1000
"""Milliseconds."""


def session_settings(asker: Asker) -> bool:
    """By what implicit conversions and comparisons come to."""
    return asker.rows(_SETTINGS) == [_AS_SET]


def parallel_dml_off(asker: Asker) -> bool:
    """By a MERGE, and a DELETE and a query after it."""
    table = asker.table({"ID": NUMBER, "V": NUMBER}, "ID").sql
    asker.run(f"INSERT INTO {table} VALUES (1, 1)")
    source = "(SELECT 1 AS ID, 2 AS V FROM sys.dual)"
    asker.run(statements.merge(table, source, ["ID", "V"], ["ID"]))
    deleted = asker.outcome(f"DELETE FROM {table} WHERE ID = 2")
    return deleted == TAKEN and asker.value(f"SELECT V FROM {table}") == 2


def ddl_commits(asker: Asker) -> bool:
    """By a row that is pending when another table is made."""
    table = asker.table_as("(ID NUMBER)")
    asker.run(f"INSERT INTO {table} VALUES (1)")
    asker.table_as("(ID NUMBER)")
    asker.session.rollback()
    return asker.count(table) == 1


def syntax_before_commit(asker: Asker) -> bool:
    """Whether a misspelled DDL statement leaves a pending row uncommitted."""
    table = asker.table_as("(ID NUMBER)")
    asker.run(f"INSERT INTO {table} VALUES (1)")
    asker.outcome(f"CREATE TABLE {asker.name().sql} (ID NUMBER")
    asker.session.rollback()
    return asker.count(table) == 0


def ddl_meets_rows(asker: Asker) -> dict[str, str]:
    """What each statement is answered at once."""
    table = asker.table({"ID": NUMBER, "V": SHORT}, "ID").sql
    asker.run(f"INSERT INTO {table} (ID) VALUES (1)", session=asker.other)
    asker.run("ALTER SESSION SET DDL_LOCK_TIMEOUT = 0")
    try:
        return {
            "TRUNCATE": asker.outcome(f"TRUNCATE TABLE {table}"),
            "ALTER TABLE": asker.outcome(f"ALTER TABLE {table} MODIFY (V VARCHAR2(9))"),
        }
    finally:
        asker.run(f"ALTER SESSION SET DDL_LOCK_TIMEOUT = {LOCK_PATIENCE}")


def pending_rows_unseen(asker: Asker) -> bool:
    """By what another session counts before and after COMMIT."""
    table = asker.table_as("(ID NUMBER)")
    asker.run(f"INSERT INTO {table} VALUES (1)")
    asker.session.commit()
    asker.run(f"DELETE FROM {table}")
    for number in (2, 3):
        asker.run(f"INSERT INTO {table} VALUES ({number})")
    before = asker.count(table, asker.other)
    asker.session.commit()
    return (before, asker.count(table, asker.other)) == (1, 2)


def deadlock(asker: Asker) -> str:
    """What one of two sessions is answered that wait for a row of each other."""
    table = asker.table({"ID": NUMBER, "V": NUMBER}, "ID").sql
    for number in (1, 2):
        asker.run(f"INSERT INTO {table} VALUES ({number}, 0)")
    asker.session.commit()
    first, second = (f"UPDATE {table} SET V = 1 WHERE ID = {number}" for number in (1, 2))
    asker.run(first)
    asker.run(second, session=asker.other)

    def wait() -> str:
        found = asker.outcome(first, session=asker.other)
        asker.other.rollback()
        return found

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        found = asker.outcome(second)
        asker.session.rollback()
        return waiting.result() if found == TAKEN else found


def lost_session(asker: Asker) -> bool:
    """By killing the second session.

    Raises:
        UnansweredError: It cannot be killed from here.
    """
    killed = asker.other.connection
    ((number, instance),) = asker.rows(_WHERE, session=asker.other)
    which = f"{number},{killed.serial_num},@{instance}"
    if number != str(killed.session_id):  # as behind a pool: it might be the session of another
        msg = "The number of the second session is not known for certain."
        raise UnansweredError(msg)
    answer = asker.outcome(f"ALTER SYSTEM KILL SESSION '{which}' IMMEDIATE")
    if answer not in {TAKEN, "ORA-00031"}:  # the latter: it takes a while
        msg = f"The second session cannot be killed ({answer})."
        raise UnansweredError(msg)
    is_lost = _loses(asker, "SELECT 1 FROM sys.dual")
    asker.other.drop()
    return is_lost and asker.rows("SELECT 1 FROM sys.dual", session=asker.other) == [(1,)]


def _loses(asker: Asker, statement: str) -> bool:
    """Execute a statement in the second session; return whether that is taken for its loss."""
    try:
        asker.run(statement, session=asker.other)
    except oracledb.Error as error:
        return treatment(error) is Treatment.RECONNECT
    return False


def call_timeout(asker: Asker) -> bool:
    """By a long sleep in a session of little patience.

    Raises:
        UnansweredError: The release cannot sleep without a grant.
    """
    if asker.session.release < SLEEPS_SINCE:
        msg = "DBMS_SESSION.SLEEP came with 18c."
        raise UnansweredError(msg)
    asker.other.connection.call_timeout = _SOON
    is_lost = _loses(asker, "BEGIN DBMS_SESSION.SLEEP(5); END;")
    asker.other.drop()  # the driver (26.1.0) crashes where the limit of a lost one is set back
    return is_lost


def cached_statements(asker: Asker) -> bool:
    """By the same text of a statement before and after."""
    table = asker.table({"V": SHORT})
    insert = statements.insert(table.sql, ["V"])
    with asker.session.cursor() as cursor:
        execute_many(cursor, insert, [("a",)], [SHORT.bind])
        asker.session.commit()
        ddl.widen(cursor, table, "V", LONGER)
        execute_many(cursor, insert, [("b" * 30,)], [LONGER.bind])
    return asker.rows(f"SELECT V FROM {table.sql} ORDER BY V") == [("a",), ("b" * 30,)]


def deferred_constraint(asker: Asker) -> str:
    """What COMMIT is answered."""
    table = asker.table_as("(ID NUMBER PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
    for _ in range(2):
        asker.run(f"INSERT INTO {table} VALUES (1)")
    try:
        asker.session.commit()
    except oracledb.DatabaseError as error:
        own = error.args[0]
        return str(getattr(own, "full_code", code(error)))
    return TAKEN


def savepoint(asker: Asker) -> bool:
    """By an array whose second row is too long."""
    table = asker.table({"V": SHORT})
    asker.run(f"INSERT INTO {table.sql} VALUES ('a')")
    asker.run(f"SAVEPOINT {SAVEPOINT}")
    insert = statements.insert(table.sql, ["V"])

    def load() -> None:
        with asker.session.cursor() as cursor:
            execute_many(cursor, insert, [("b",), ("long",), ("c",)], [LONGER.bind])

    refused = outcome_of(load)
    asker.run(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
    asker.session.commit()
    return refused == "ORA-12899" and asker.rows(f"SELECT V FROM {table.sql}") == [("a",)]
