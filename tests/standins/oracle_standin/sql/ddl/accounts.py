"""CREATE USER and ALTER USER."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oracle_standin.errors import OraError
from oracle_standin.sql.lexer import words
from oracle_standin.sql.users import add_user, set_quota

if TYPE_CHECKING:
    from .statement import Statement

_QUOTA = re.compile(r"\bQUOTA (\w+)")


def create_user(s: Statement, i: int, _: set[str]) -> None:
    s.session.access.require("CREATE USER")
    i = s.if_clause(i)[1]
    name = s.identifier(s.tokens[i], "table")
    if s.session.database.password(name) is not None:
        raise OraError(1920, f"user name '{name}' conflicts with another user or role name")
    add_user(s.work.conn, name, _identified_by(s, i + 1) or "")
    _change_quota(s, name)


def alter_user(s: Statement) -> None:
    name = s.identifier(s.tokens[2], "table")
    if name != s.session.user:
        s.session.access.require("ALTER USER")
    if s.session.database.password(name) is None:
        raise OraError(1918, f"user '{name}' does not exist")
    password = _identified_by(s, 3)
    if password is not None:
        add_user(s.work.conn, name, password)
    _change_quota(s, name)


def _change_quota(s: Statement, name: str) -> None:
    """Give a user room for everything with any quota but 0."""
    found = _QUOTA.search(" ".join(words(s.tokens)))
    if found:
        s.session.access.require("ALTER USER")
        set_quota(s.work.conn, name, quota=found[1] != "0")


def _identified_by(s: Statement, i: int) -> str | None:
    if (s.word(i), s.word(i + 1)) != ("IDENTIFIED", "BY"):
        return None
    token = s.tokens[i + 2]
    return token.text[1:-1] if token.kind == "qid" else token.text
