"""Users: each has a schema of the same name, privileges and room for rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .access import SYSTEM_PRIVILEGES, expand
from .lexer import quoted
from .snapshot import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg


def add_user(
    conn: psycopg.Connection[Any],
    name: str,
    password: str,
    privileges: Collection[str] = (),
    *,
    quota: bool = False,
) -> None:
    """Add a user, or change its password."""
    conn.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")
    conn.execute(
        "INSERT INTO ora.usr VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE "
        "SET password = excluded.password",
        [name, password, quota],
    )
    grant_system(conn, name, privileges)


def grant_system(conn: psycopg.Connection[Any], name: str, privileges: Collection[str]) -> None:
    """Grant system privileges and those of roles."""
    conn.execute(
        "INSERT INTO ora.sysgrant SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
        [name, sorted(expand(privileges))],
    )


def all_privileges(*, quota: bool) -> frozenset[str]:
    """Return what a user has when no privileges are named."""
    return SYSTEM_PRIVILEGES if quota else SYSTEM_PRIVILEGES - {UNLIMITED}


def set_quota(conn: psycopg.Connection[Any], name: str, *, quota: bool) -> None:
    conn.execute("UPDATE ora.usr SET quota = %s WHERE name = %s", [quota, name])


def remove_user(conn: psycopg.Connection[Any], name: str) -> None:
    """Remove a user with all its objects and grants."""
    owned = "(SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace(%s))"
    for table in ("ora.col", "ora.tab", "ora.trig", "ora.objgrant", "ora.readonly"):
        conn.execute(f"DELETE FROM {table} WHERE relid IN {owned}", [quoted(name)])
    conn.execute(f"DROP SCHEMA IF EXISTS {quoted(name)} CASCADE")
    for table in ("ora.syn", "ora.code", "ora.typ", "ora.attr"):
        conn.execute(f"DELETE FROM {table} WHERE owner = %s", [name])
    for table in ("ora.objgrant", "ora.sysgrant"):
        conn.execute(f"DELETE FROM {table} WHERE grantee = %s", [name])
    conn.execute("DELETE FROM ora.usr WHERE name = %s", [name])
