"""Statements that are neither queries nor DML: transactions, locks, ALTER SESSION, DDL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

from oracle_standin.errors import OraError

from . import ddl
from .lexer import quoted, string_value
from .messages import SYNTAX_ERRORS, error
from .settings import LOCK_PATIENCE
from .transactions import set_transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lexer import Token
    from .parts import SessionParts

_DDL = frozenset(
    (
        "CREATE",
        "DROP",
        "ALTER",
        "TRUNCATE",
        "RENAME",
        "COMMENT",
        "GRANT",
        "REVOKE",
        "PURGE",
        "ANALYZE",
    )
)
_LOCK_MODES = {
    "ROW SHARE": "ROW SHARE",
    "ROW EXCLUSIVE": "ROW EXCLUSIVE",
    "SHARE": "SHARE",
    "SHARE UPDATE": "ROW SHARE",
    "SHARE ROW EXCLUSIVE": "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE": "EXCLUSIVE",
}


def run(s: SessionParts, sql: str, head: str, tokens: list[Token]) -> None:
    second = tokens[1].word if len(tokens) > 1 else ""
    if head in _TRANSACTIONS:
        _TRANSACTIONS[head](s, [token.word for token in tokens[1:]])
    elif (head, second) == ("LOCK", "TABLE"):
        _lock_table(s, tokens)
    elif head == "ALTER" and second in _ALTERED:
        _ALTERED[second](s, tokens)
    elif head == "CALL":
        raise OraError(6576, "not a valid function or procedure name")
    elif head in _DDL:
        _ddl(s, sql, tokens)
    else:
        raise error(900)


def _commit(s: SessionParts, _names: list[str]) -> None:
    s.commit()


def _rollback(s: SessionParts, names: list[str]) -> None:
    if "TO" in names:
        _rollback_to(s, names[-1])
    else:
        s.rollback()


def _savepoint(s: SessionParts, names: list[str]) -> None:
    s.work.changed = True
    s.work.run(f"SAVEPOINT {quoted(names[0])}")


def _set(s: SessionParts, names: list[str]) -> None:
    if names[:1] == ["TRANSACTION"]:
        set_transaction(s.work, names[1:])
    elif names[:1] != ["ROLE"]:
        raise error(900)


_TRANSACTIONS: dict[str, Callable[[SessionParts, list[str]], None]] = {
    "COMMIT": _commit,
    "ROLLBACK": _rollback,
    "SAVEPOINT": _savepoint,
    "SET": _set,
}


def _rollback_to(s: SessionParts, name: str) -> None:
    try:
        with s.work.savepoint():
            s.work.run(f"ROLLBACK TO SAVEPOINT {quoted(name)}")
            s.work.run("SAVEPOINT _s")  # the one above went with the rollback
    except psycopg.Error:
        raise error(1086, name) from None


def _lock_table(s: SessionParts, tokens: list[Token]) -> None:
    text = [token.word for token in tokens]
    if "IN" not in text or "MODE" not in text:
        raise error(905)
    at, end = text.index("IN"), text.index("MODE")
    mode = _LOCK_MODES.get(" ".join(text[at + 1 : end]))
    if mode is None:
        raise error(905)
    parts = [t.text[1:-1] if t.kind == "qid" else t.word for t in tokens[2:at] if t.text != "."]
    nowait = " NOWAIT" if "NOWAIT" in text[end:] else ""
    names = [s.dictionary.short(part) for part in parts]
    owner = names[0] if len(names) > 1 else s.settings.schema
    s.access.require_on(owner, names[-1], "LOCK")
    with s.work.savepoint():
        s.work.changed = True
        name = ".".join(map(quoted, names))
        s.work.run(f"LOCK TABLE {name} IN {mode} MODE{nowait}")


def _alter_session(s: SessionParts, tokens: list[Token]) -> None:
    s.settings.alter(tokens, pending=s.work.changed)
    s.version = -1


def _alter_system(s: SessionParts, tokens: list[Token]) -> None:
    """Kill a session, which notices at its next call; nothing else is known."""
    words = [token.word for token in tokens[2:4]]
    if words != ["KILL", "SESSION"] or len(tokens) < 5:
        raise error(3001, "ALTER SYSTEM " + " ".join(words))
    s.access.require("ALTER SYSTEM")
    found = re.fullmatch(r"(\d+),\d+(,@1)?", string_value(tokens[4].text).replace(" ", ""))
    if found is None:
        raise error(26)
    if not s.database.end_session(int(found[1])):
        raise error(30)


_ALTERED: dict[str, Callable[[SessionParts, list[Token]], None]] = {
    "SESSION": _alter_session,
    "SYSTEM": _alter_system,
}


def _ddl(s: SessionParts, sql: str, tokens: list[Token]) -> None:
    """Commit, run the DDL and commit again; a private temporary table commits nothing."""
    if [token.word for token in tokens[1:3]] == ["PRIVATE", "TEMPORARY"]:
        with s.work.savepoint():
            _run_ddl(s, sql, tokens)
        s.work.changed = True
        s.reload()
        return
    if s.work.changed and s.release.rules.syntax_before_commit:
        _parse_ddl(s, sql, tokens)
    s.commit()
    try:
        _run_ddl(s, sql, tokens)
    except BaseException:
        if not s.work.conn.closed:
            s.rollback()
        raise
    s.commit()
    s.database.version += 1
    s.reload()


def _parse_ddl(s: SessionParts, sql: str, tokens: list[Token]) -> None:
    """Raise what is wrong with a statement's text, with the transaction still open.

    The statement is run and undone. Only errors of its text count: others are raised when it runs.
    """
    s.work.run("SAVEPOINT _parse")
    try:
        s.work.run(f"SET LOCAL lock_timeout = {LOCK_PATIENCE}")
        ddl.run(s, sql, tokens)
    except OraError as exc:
        if exc.code in SYNTAX_ERRORS:
            raise
    except psycopg.errors.QueryCanceled:
        raise
    except psycopg.Error:
        pass  # comes again when it is meant
    finally:
        if not s.work.conn.closed:
            s.work.run("ROLLBACK TO SAVEPOINT _parse")


def _run_ddl(s: SessionParts, sql: str, tokens: list[Token]) -> None:
    wait = max(int(s.settings.ddl_lock_timeout * 1000), LOCK_PATIENCE)
    s.work.run(f"SET LOCAL lock_timeout = {wait}")
    ddl.run(s, sql, tokens)
    for names in s.dictionary.new_names:
        s.work.run("INSERT INTO ora.longname VALUES (%s, %s) ON CONFLICT DO NOTHING", names)
    s.work.run("SET LOCAL lock_timeout = 0")
