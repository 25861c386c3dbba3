"""`target-oracle --check`: can this configuration load, and if not, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.commands.answers import HEALTHY, UNHEALTHY, Answer
from target_oracle.database import ddl
from target_oracle.database.connect import address
from target_oracle.database.own_tables import OwnTables
from target_oracle.database.session import Session
from target_oracle.errors import ConnectError, code, sentence
from target_oracle.schema.names import Naming, quoted
from target_oracle.schema.tables import TableSpec
from target_oracle.schema.types import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_oracle.config.settings import Settings

_TABLES = "SELECT table_name FROM sys.all_tables WHERE owner = :1 AND table_name NOT LIKE 'SDC$%'"
_GRANTED = "SELECT table_name, privilege FROM sys.all_tab_privs_recd WHERE owner = :1"
_ANY = "SELECT privilege FROM sys.session_privs WHERE privilege LIKE '% ANY TABLE'"
_TO_LOAD = ("SELECT", "INSERT", "UPDATE")
OLDEST = (12, 2)
_EVERY_PRIVILEGE = {"CREATE SESSION", "CREATE TABLE"}


def check(settings: Settings) -> Answer:
    """Check whether a run could make and load tables; nothing is left behind in the schema."""
    answer = Answer("target-oracle", details={"address": address(settings)})
    session = Session(settings)
    with answer.timed():
        try:
            answer.details |= _server(session)
            answer.details["privileges"] = _privileges(session)
            answer.details["tables"] = _tables(session)
            answer.details["missing_grants"] = _missing_grants(session, answer.details["tables"])
            answer.problems = _problems(session, _own_tables(session, answer.details["tables"]))
        except ConnectError as error:
            answer.problems = [str(error)]
        except oracledb.Error as error:
            answer.problems = [sentence(error, "The check stopped")]
        finally:
            session.drop()
    answer.status = UNHEALTHY if answer.problems else HEALTHY
    return answer


def _server(session: Session) -> dict[str, Any]:
    return {
        "user": session.user,
        "schema": session.owner,
        "version": ".".join(map(str, session.release)),
        "charset": session.charset,
        "max_string_bytes": session.dialect.max_string_bytes,
        "max_name_bytes": session.dialect.max_name_bytes,
        "native_boolean": session.dialect.native_boolean,
        "direct_path": session.takes_direct_path,
        "driver": f"python-oracledb {oracledb.__version__} "
        f"({'thin' if session.connection.thin else 'thick'})",
    }


def _privileges(session: Session) -> list[str]:
    with session.cursor() as cursor:
        rows = cursor.execute("SELECT privilege FROM sys.session_privs").fetchall()
    return sorted(name for (name,) in rows if name in _EVERY_PRIVILEGE or " ANY TABLE" in name)


def _tables(session: Session) -> list[str]:
    with session.cursor() as cursor:
        return sorted(name for (name,) in cursor.execute(_TABLES, [session.owner]).fetchall())


def _missing_grants(session: Session, names: list[str]) -> list[str]:
    """Return the grants that are missing to load another schema's tables."""
    user, owner = session.user, session.owner
    if owner == user:
        return []
    with session.cursor() as cursor:
        rows = cursor.execute(_GRANTED, [owner]).fetchall()
        any_ = {name for (name,) in cursor.execute(_ANY).fetchall()}
    granted = {*rows, *((name, kind.split()[0]) for name in names for kind in any_)}
    removes = session.settings.hard_delete or _overwrites(session.settings)
    needed = (*_TO_LOAD, "DELETE") if removes else _TO_LOAD
    missing = [(name, [p for p in needed if (name, p) not in granted]) for name in names]
    return [
        f'GRANT {", ".join(lacking)} ON {quoted(owner, name)} TO "{user}"'
        for name, lacking in missing
        if lacking
    ]


def _overwrites(settings: Settings) -> bool:
    """Whether any stream may be overwritten."""
    methods = {own.load_method for own in settings.streams.values()}
    return "overwrite" in {settings.load_method, *methods}


def _own_tables(session: Session, names: list[str]) -> list[str]:
    """Return the settings that need tables of the run's own, or tables that are missing."""
    settings = session.settings
    naming = Naming(settings.identifier_case, session.dialect.max_name_bytes)
    rejects = naming.table(settings.reject_table, settings.table_prefix)
    wanted = {
        "load_method overwrite": _overwrites(settings),
        "skip_unchanged": settings.skip_unchanged,
        "skip_older": settings.skip_older,
        "on_invalid reject": settings.on_invalid == "reject" and rejects not in names,
    }
    return [setting for setting, needs in wanted.items() if needs]


def _problems(session: Session, own_tables: list[str]) -> list[str]:
    """Try to make, fill, change and drop a table as a run does, and return the problems.

    Existing tables are loaded without, unless settings take tables of the run's own.
    """
    problems = _shortcomings(session)
    name = OwnTables(session, session.owner).table("CHECK").name
    with session.cursor() as cursor:
        for what, step in _steps(session.owner, name):
            try:
                step(cursor)
            except oracledb.DatabaseError as error:
                if code(error) != "ORA-01031" or session.settings.auto_create:
                    problems.append(_missing(session, what, error))
                elif own_tables:
                    problems.append(_missing(session, f"{what} for {', '.join(own_tables)}", error))
                break
        ddl.drop(cursor, session.owner, name)
    return problems


def _shortcomings(session: Session) -> list[str]:
    problems = []
    if session.release < OLDEST:
        problems.append("The database is older than 12.2, whose longer names are needed.")
    if session.charset != "AL32UTF8":
        problems.append(
            f"The database character set is {session.charset}: characters outside of it are "
            "stored as replacement characters."
        )
    return problems


def _steps(owner: str, name: str) -> list[tuple[str, Callable[[oracledb.Cursor], object]]]:
    """Return the steps of the trial in order, each with what it does."""
    spec = TableSpec(owner, name, {"ID": NUMBER})
    return [
        ("create tables", lambda c: ddl.create(c, spec)),
        ("insert rows", lambda c: c.execute(f"INSERT INTO {spec.sql} VALUES (1)")),
        ("change tables", lambda c: c.execute(f"ALTER TABLE {spec.sql} ADD (V NUMBER)")),
        ("empty tables", lambda c: c.execute(f"TRUNCATE TABLE {spec.sql}")),
    ]


def _missing(session: Session, what: str, error: oracledb.Error) -> str:
    grants = {
        "ORA-01031": f'GRANT CREATE TABLE TO "{session.user}"'
        if session.owner == session.user
        else f'GRANT CREATE ANY TABLE, ALTER ANY TABLE, DROP ANY TABLE TO "{session.user}"',
        "ORA-01950": f'ALTER USER "{session.owner}" QUOTA UNLIMITED ON its default tablespace',
        "ORA-01918": f'CREATE USER "{session.owner}", or set default_target_schema to one that '
        "exists",
    }
    help_ = grants.get(code(error))
    told = sentence(error, f"Cannot {what} in schema {session.owner}")
    return f"{told} Needed: {help_}." if help_ else told
