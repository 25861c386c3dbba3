"""`target-oracle --check`: can this configuration load, and if not, what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.commands.answers import HEALTHY, UNHEALTHY, Answer
from target_oracle.config.stream_settings import StreamSettings
from target_oracle.database import ddl
from target_oracle.database.ddl import Wanted
from target_oracle.database.own_tables import Workspace
from target_oracle.database.session import address
from target_oracle.errors import ConnectError, code, sentence
from target_oracle.schema.names import quoted
from target_oracle.schema.types import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_oracle.config.settings import Settings
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
            answer.problems = _problems(run, _own_tables(run, answer.details["tables"]))
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
    removes = run.settings.hard_delete or _overwrites(run.settings)
    needed = (*_TO_LOAD, "DELETE") if removes else _TO_LOAD
    missing = [(name, [p for p in needed if (name, p) not in granted]) for name in names]
    return [
        f'GRANT {", ".join(lacking)} ON {quoted(owner, name)} TO "{user}"'
        for name, lacking in missing
        if lacking
    ]


def _overwrites(settings: Settings) -> bool:
    """Whether any stream may be overwritten."""
    own = (StreamSettings.model_validate(options) for options in settings.streams.values())
    return "overwrite" in {settings.load_method, *(each.load_method for each in own)}


def _own_tables(run: Run, names: list[str]) -> list[str]:
    """The settings that take tables which a run makes for itself, or which are missing."""
    settings = run.settings
    naming = replace(settings.naming, limit=run.session.dialect.max_name_bytes)
    rejects = naming.table(settings.reject_table, settings.table_prefix)
    wanted = {
        "load_method overwrite": _overwrites(settings),
        "skip_unchanged": settings.skip_unchanged,
        "skip_older": settings.skip_older,
        "on_invalid reject": settings.on_invalid == "reject" and rejects not in names,
    }
    return [setting for setting, needs in wanted.items() if needs]


def _problems(run: Run, own_tables: list[str]) -> list[str]:
    """What a trial shows: a table made, filled, changed and dropped, as a run does it.

    Existing tables are loaded without, unless settings take tables of the run's own.
    """
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
        ("create tables", lambda c: ddl.create(c, Wanted(run.owner, name, {"ID": NUMBER}))),
        ("insert rows", lambda c: c.execute(f"INSERT INTO {table} VALUES (1)")),
        ("change tables", lambda c: c.execute(f"ALTER TABLE {table} ADD (V NUMBER)")),
        ("empty tables", lambda c: c.execute(f"TRUNCATE TABLE {table}")),
    ]
    with run.session.cursor() as cursor:
        for what, step in trial:
            try:
                step(cursor)
            except oracledb.DatabaseError as error:
                if code(error) != "ORA-01031" or run.settings.auto_create:
                    problems.append(_missing(run, what, error))
                elif own_tables:
                    problems.append(_missing(run, f"{what} for {', '.join(own_tables)}", error))
                break
        ddl.drop(cursor, run.owner, name)
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
