"""Questions about the server: release, character set, limits, types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import oracledb

from target_oracle.commands.probe.asking import TAKEN, UnansweredError, outcome_of
from target_oracle.commands.probe.fact import Server
from target_oracle.database.connect import connect_arguments
from target_oracle.database.session import EXTENDED

if TYPE_CHECKING:
    from target_oracle.commands.probe.asking import Asker

SHOWN = "probe-value"
"""A value that no message should show."""
LIFTED = (23,)
"""The release since which a transaction may touch again what parallel DML has touched."""


def server_of(asker: Asker) -> Server:
    """Return what the expected answers depend on."""
    return Server(
        asker.session.release,
        _compatible(asker) or asker.session.release,
        cloud_service(asker) != "none",
    )


def release(asker: Asker) -> str:
    """The version of the server."""
    return ".".join(map(str, asker.session.release))


def compatible(asker: Asker) -> str:
    """COMPATIBLE, as any user may ask for it.

    Raises:
        UnansweredError: The user may not.
    """
    found = _compatible(asker)
    if found is None:
        msg = "The user may not execute DBMS_UTILITY."
        raise UnansweredError(msg)
    return ".".join(map(str, found))


def _compatible(asker: Asker) -> tuple[int, ...] | None:
    with asker.session.cursor() as cursor:
        version, found = cursor.var(str), cursor.var(str)
        try:
            cursor.execute("BEGIN DBMS_UTILITY.DB_VERSION(:1, :2); END;", [version, found])
        except oracledb.DatabaseError:
            return None
    return tuple(int(part) for part in str(found.getvalue()).split("."))


def cloud_service(asker: Asker) -> str:
    """The kind of Autonomous Database; `none` also where the release knows no such thing."""
    try:
        found = asker.value("SELECT SYS_CONTEXT('USERENV', 'CLOUD_SERVICE') FROM sys.dual")
    except oracledb.DatabaseError:  # 12.2 knows no such parameter (ORA-02003)
        return "none"
    return str(found or "none")


def character_set(asker: Asker) -> str:
    """That of the database."""
    return asker.session.charset


def national_character_set(asker: Asker) -> str:
    """That of national types."""
    query = "SELECT value FROM sys.nls_database_parameters WHERE parameter = :1"
    return str(asker.value(query, ["NLS_NCHAR_CHARACTERSET"]))


def max_string_size(asker: Asker) -> str:
    """By what the target's own trial says."""
    is_extended = asker.session.dialect.max_string_bytes == EXTENDED
    return "EXTENDED" if is_extended else "STANDARD"


def name_bytes(asker: Asker) -> int:
    """By what the target's own trial says."""
    return asker.session.dialect.max_name_bytes


def database_time_zone(asker: Asker) -> str:
    """The zone in which local time stamps are kept."""
    return str(asker.value("SELECT DBTIMEZONE FROM sys.dual"))


def parallel_dml(asker: Asker) -> bool:
    """Whether a session that the target has not set up says so, or has its marks.

    Raises:
        UnansweredError: It says nothing, and leaves no marks in this release.
    """
    connection = oracledb.connect(**connect_arguments(asker.settings))
    with connection, connection.cursor() as cursor:
        found = _says_parallel(cursor) or _marks(cursor, asker)
    if found == TAKEN and asker.session.release >= LIFTED:
        msg = "The user may not see V$SESSION."
        raise UnansweredError(msg)
    return found in {"ENABLED", "FORCED", "ORA-12838"}


def _says_parallel(cursor: oracledb.Cursor) -> str:
    """Return what the dictionary says of the session; empty where the user may not see it."""
    own = "sid = SYS_CONTEXT('USERENV', 'SID')"
    try:
        cursor.execute(f"SELECT pdml_status FROM sys.v_$session WHERE {own}")
    except oracledb.DatabaseError:
        return ""
    return str(cursor.fetchone()[0])


def _marks(cursor: oracledb.Cursor, asker: Asker) -> str:
    """Return what a query is answered after a DELETE that may be parallel."""
    table = asker.table_as("(ID NUMBER)")
    asker.run(f"INSERT INTO {table} VALUES (1)")
    asker.session.commit()
    cursor.execute(f"DELETE /*+ PARALLEL(2) */ FROM {table}")
    return outcome_of(lambda: cursor.execute(f"SELECT COUNT(*) FROM {table}"))


def boolean_columns(asker: Asker) -> bool:
    """Whether one can be made; the target's own trial must say so, too."""
    return asker.trial("(V BOOLEAN)") == TAKEN and asker.session.dialect.native_boolean


def json_columns(asker: Asker) -> bool:
    """Whether one can be made."""
    return asker.trial("(V JSON)") == TAKEN


def types_by_compatible(asker: Asker) -> bool:
    """Whether both are as COMPATIBLE has it.

    Raises:
        UnansweredError: COMPATIBLE is not known.
    """
    found = _compatible(asker)
    if found is None:
        msg = "COMPATIBLE is not known."
        raise UnansweredError(msg)
    seen = asker.trial("(V BOOLEAN)") == TAKEN, json_columns(asker)
    return seen == (found >= (23,), found >= (20,))


def values_in_messages(asker: Asker) -> bool:
    """Whether a value stands in what a double key, or a text that is no number, is answered."""
    table = asker.table_as("(ID VARCHAR2(20) PRIMARY KEY, N NUMBER)")
    asker.run(f"INSERT INTO {table} (ID) VALUES (:1)", [SHOWN])
    told = []
    for column in ("ID", "N"):
        try:
            asker.run(f"INSERT INTO {table} ({column}) VALUES (:1)", [SHOWN])
        except oracledb.DatabaseError as error:
            told.append(str(error))
    return any(SHOWN in text for text in told)
