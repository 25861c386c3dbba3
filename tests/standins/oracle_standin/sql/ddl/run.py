"""Which DDL statement is handled where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import words
from oracle_standin.sql.messages import error

from . import accounts, alter, code, drop, grants, objects, tables, triggers
from .statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.sql.lexer import Token
    from oracle_standin.sql.parts import SessionParts

_PREFIXES = frozenset(
    (
        "OR",
        "REPLACE",
        "GLOBAL",
        "PRIVATE",
        "TEMPORARY",
        "UNIQUE",
        "BITMAP",
        "FORCE",
        "NOFORCE",
        "EDITIONABLE",
        "NONEDITIONABLE",
        "PUBLIC",
    )
)
_CREATE: dict[str, Callable[[Statement, int, set[str]], None]] = {
    "TABLE": tables.create_table,
    "INDEX": objects.create_index,
    "VIEW": objects.create_view,
    "SEQUENCE": objects.create_sequence,
    "SYNONYM": objects.create_synonym,
    "MATERIALIZED": objects.create_materialized_view,
    "USER": accounts.create_user,
    "TRIGGER": triggers.create_trigger,
    **{kind: code.creator(kind) for kind in code.CODE},
}


def run(session: SessionParts, sql: str, tokens: list[Token]) -> None:
    """Run one DDL statement."""
    s = Statement(session, sql, tokens)
    first, second = s.word(0), s.word(1)
    handler = _HANDLERS.get(f"{first} {second}") or _HANDLERS.get(first)
    if handler is None:
        raise error(3001, f"{first} {second}".strip())
    handler(s)


def _create(s: Statement) -> None:
    i = 1
    while s.word(i) in _PREFIXES:
        i += 1
    kind = s.word(i)
    if kind not in _CREATE:
        raise error(901)
    _CREATE[kind](s, i + 1, set(words(s.tokens[1:i])))


def _nothing(_: Statement) -> None:
    """What leaves nothing to see."""


_HANDLERS: dict[str, Callable[[Statement], None]] = {
    "CREATE": _create,
    "DROP": drop.drop,
    "ALTER TABLE": alter.alter_table,
    "ALTER USER": accounts.alter_user,
    "ALTER TRIGGER": triggers.alter_trigger,
    "TRUNCATE": drop.truncate,
    "RENAME": drop.rename,
    "COMMENT": objects.comment,
    "GRANT": grants.grant,
    "REVOKE": grants.revoke,
    "ANALYZE": _nothing,
    "PURGE": _nothing,
}
