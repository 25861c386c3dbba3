"""`target-oracle --check`: can this configuration load, and if not, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle import tables
from target_oracle.answers import HEALTHY, UNHEALTHY, Answer
from target_oracle.connection import address
from target_oracle.errors import ConnectError, code, sentence
from target_oracle.names import quoted
from target_oracle.tables import Wanted
from target_oracle.types import NUMBER
from target_oracle.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_oracle.run import Run

_TABLES = "SELECT table_name FROM sys.all_tables WHERE owner = :1 AND table_name NOT LIKE 'SDC$%'"
_GRANTED = "SELECT table_name, privilege FROM sys.all_tab_privs_recd WHERE owner = :1"
_ANY = "SELECT privilege FROM sys.session_privs WHERE privilege LIKE '% ANY TABLE'"
_TO_LOAD = ("SELECT", "INSERT", "UPDATE")
OLDEST = (12, 2)
_EVERY_PRIVILEGE = {"CREATE SESSION", "CREATE TABLE"}


def check(run: Run) -> Answer:
    """Whether a run could load new tables. Nothing is left in the schema."""
    answer = Answer("target-oracle", details={"address": address(run.settings)})
    with answer.timed():
        try:
            answer.details |= _server(run)
            answer.details["privileges"] = _privileges(run)
            answer.details["tables"] = _tables(run)
            answer.details["missing_grants"] = _missing_grants(run, answer.details["tables"])
            answer.problems = _problems(run)
        except ConnectError as error:
            answer.problems = [str(error)]
        except oracledb.Error as error:
            answer.problems = [sentence(error, "The check stopped")]
        finally:
            run.close()
    answer.status = UNHEALTHY if answer.problems else HEALTHY
    return answer


def _server(run: Run) -> dict[str, Any]:
    session = run.session
    return {
        "user": session.user,
        "schema": run.owner,
        "version": ".".join(map(str, session.release)),
        "charset": session.charset,
        "max_string_bytes": session.dialect.max_string_bytes,
        "max_name_bytes": session.dialect.max_name_bytes,
        "native_boolean": session.dialect.native_boolean,
        "direct_path": session.takes_direct_path,
        "driver": f"python-oracledb {oracledb.__version__} "
        f"({'thin' if session.connection.thin else 'thick'})",
    }


def _privileges(run: Run) -> list[str]:
    with run.session.cursor() as cursor:
        rows = cursor.execute("SELECT privilege FROM sys.session_privs").fetchall()
    return sorted(name for (name,) in rows if name in _EVERY_PRIVILEGE or " ANY TABLE" in name)


def _tables(run: Run) -> list[str]:
    with run.session.cursor() as cursor:
        return sorted(name for (name,) in cursor.execute(_TABLES, [run.owner]).fetchall())


def _missing_grants(run: Run, names: list[str]) -> list[str]:
    """What it takes to load another schema's tables, as far as the user sees them."""
    user, owner = run.session.user, run.owner
    if owner == user:
        return []
    with run.session.cursor() as cursor:
        rows = cursor.execute(_GRANTED, [owner]).fetchall()
        any_ = {name for (name,) in cursor.execute(_ANY).fetchall()}
    granted = {*rows, *((name, kind.split()[0]) for name in names for kind in any_)}
    missing = [(name, [p for p in _TO_LOAD if (name, p) not in granted]) for name in names]
    return [
        f'GRANT {", ".join(lacking)} ON {quoted(owner, name)} TO "{user}"'
        for name, lacking in missing
        if lacking
    ]


def _problems(run: Run) -> list[str]:
    """What a trial shows: a table made, filled, changed and dropped, as a run does it."""
    problems = []
    if run.session.release < OLDEST:
        problems.append("The database is older than 12.2, whose longer names are needed.")
    if run.session.charset != "AL32UTF8":
        problems.append(
            f"The database character set is {run.session.charset}: characters outside of it are "
            "stored as replacement characters."
        )
    name = Workspace(run.session, run.owner).table("CHECK").name
    table = quoted(run.owner, name)
    trial: list[tuple[str, Callable[[oracledb.Cursor], object]]] = [
        ("create tables", lambda c: tables.create(c, Wanted(run.owner, name, {"ID": NUMBER}))),
        ("insert rows", lambda c: c.execute(f"INSERT INTO {table} VALUES (1)")),
        ("change tables", lambda c: c.execute(f"ALTER TABLE {table} ADD (V NUMBER)")),
        ("empty tables", lambda c: c.execute(f"TRUNCATE TABLE {table}")),
    ]
    with run.session.cursor() as cursor:
        for what, step in trial:
            try:
                step(cursor)
            except oracledb.DatabaseError as error:
                if code(error) == "ORA-01031" and not run.settings.auto_create:
                    break  # existing tables are loaded without staging
                problems.append(_missing(run, what, error))
                break
        tables.drop(cursor, run.owner, name)
    return problems


def _missing(run: Run, what: str, error: oracledb.Error) -> str:
    grants = {
        "ORA-01031": f'GRANT CREATE TABLE TO "{run.session.user}"'
        if run.owner == run.session.user
        else f'GRANT CREATE ANY TABLE, ALTER ANY TABLE, DROP ANY TABLE TO "{run.session.user}"',
        "ORA-01950": f'ALTER USER "{run.owner}" QUOTA UNLIMITED ON its default tablespace',
        "ORA-01918": f'CREATE USER "{run.owner}", or set default_target_schema to one that exists',
    }
    help_ = grants.get(code(error))
    told = sentence(error, f"Cannot {what} in schema {run.owner}")
    return f"{told} Needed: {help_}." if help_ else told
