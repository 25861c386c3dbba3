"""Users: each has a schema of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .lexer import quoted

if TYPE_CHECKING:
    import psycopg


def add_user(conn: psycopg.Connection[Any], name: str, password: str) -> None:
    conn.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")
    conn.execute(
        "INSERT INTO ora.usr VALUES (%s, %s) ON CONFLICT (name) DO UPDATE "
        "SET password = excluded.password",
        [name, password],
    )


def remove_user(conn: psycopg.Connection[Any], name: str) -> None:
    conn.execute(
        "DELETE FROM ora.col WHERE relid IN (SELECT oid FROM pg_class WHERE "
        "relnamespace = to_regnamespace(%s))",
        [quoted(name)],
    )
    conn.execute(f"DROP SCHEMA IF EXISTS {quoted(name)} CASCADE")
    conn.execute("DELETE FROM ora.syn WHERE owner = %s", [name])
    conn.execute("DELETE FROM ora.usr WHERE name = %s", [name])
