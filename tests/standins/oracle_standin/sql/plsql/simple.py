"""Statements without statements in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError
from oracle_standin.sql.lexer import Token, split_commas, words

from .scope import row_binds
from .statistics import statistics_action

if TYPE_CHECKING:
    from .scope import Scope

Action = Callable[[], Any]
NAMED_ERRORS = {
    "NO_DATA_FOUND": 1403,
    "DUP_VAL_ON_INDEX": 1,
    "TOO_MANY_ROWS": 1422,
    "INVALID_NUMBER": 1722,
    "ZERO_DIVIDE": 1476,
}
_NO_OP_PACKAGES = frozenset(
    (
        "DBMS_OUTPUT",
        "DBMS_APPLICATION_INFO",
        "DBMS_METADATA",
        "DBMS_SESSION",
        "DBMS_LOCK",
    )
)


def simple_action(scope: Scope, part: list[Token]) -> Action:
    """Return what a simple statement does, as an action to run."""
    word = part[0].word
    if len(part) > 1 and part[1].text == ":=":
        return lambda: scope.assign(part[0], scope.evaluate(part[2:]))
    if words(part)[:3:2] == ["DBMS_UTILITY", "DB_VERSION"]:
        return _versions(scope, part)
    if word == "DBMS_STATS":
        return statistics_action(scope, part)
    if word in _NO_OP_PACKAGES:
        return _package(scope, part)
    if word not in _ACTIONS:
        raise OraError(6550, f"line 1, column 7:\nPLS-00201: identifier '{word}' must be declared")
    return _ACTIONS[word](scope, part)


def _package(scope: Scope, part: list[Token]) -> Action:
    if len(part) > 2 and part[2].word == "SLEEP":
        return lambda: scope.session.work.sleep(float(scope.evaluate(part[4:-1])))
    return lambda: None


def _versions(scope: Scope, part: list[Token]) -> Action:
    """Assign the version and COMPATIBLE."""
    version, compatible = split_commas(part[4:-1])

    def run() -> None:
        scope.assign(version[0], scope.session.release.version)
        scope.assign(compatible[0], scope.session.release.compatible)

    return run


def _null(_: Scope, __: list[Token]) -> Action:
    return lambda: None


def _transaction(scope: Scope, part: list[Token]) -> Action:
    return lambda: scope.session.execute(scope.text(part))


def _dml(scope: Scope, part: list[Token]) -> Action:
    return lambda: scope.run_sql(part)


def _select(scope: Scope, part: list[Token]) -> Action:
    into = next((k for k, t in enumerate(part) if t.word == "INTO"), None)
    if into is None:
        raise OraError(6550, "PLS-00428: an INTO clause is expected in this SELECT statement")
    end = next(k for k in range(into, len(part)) if part[k].word == "FROM")
    return lambda: scope.assign_row(part[into + 1 : end], scope.run_sql(part[:into] + part[end:]))


def _raise(scope: Scope, part: list[Token]) -> Action:
    def run() -> None:
        if scope.handling:
            raise scope.handling
        name = part[1].word if len(part) > 1 else ""
        raise OraError(NAMED_ERRORS.get(name, 6510), "PL/SQL: unhandled user-defined exception")

    return run


def _raise_application_error(scope: Scope, part: list[Token]) -> Action:
    number, text, *_ = split_commas(part[2:-1])

    def run() -> None:
        raise OraError(abs(int(scope.evaluate(number))), str(scope.evaluate(text)))

    return run


def _execute_immediate(scope: Scope, part: list[Token]) -> Action:
    marks = {t.word: k for k, t in enumerate(part) if k > 1 and t.word in ("INTO", "USING")}
    stop = min(marks.values(), default=len(part))

    def run() -> None:
        values = (
            [scope.evaluate(p) for p in split_commas(part[marks["USING"] + 1 :])]
            if "USING" in marks
            else []
        )
        result = scope.session.execute(scope.evaluate(part[2:stop]), row_binds(values))
        if "INTO" in marks:
            scope.assign_row(part[marks["INTO"] + 1 : marks.get("USING", len(part))], result)

    return run


_ACTIONS: dict[str, Callable[[Scope, list[Token]], Action]] = {
    "NULL": _null,
    "RAISE": _raise,
    "EXECUTE": _execute_immediate,
    "RAISE_APPLICATION_ERROR": _raise_application_error,
    **dict.fromkeys(("COMMIT", "ROLLBACK", "SAVEPOINT"), _transaction),
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE"), _dml),
    **dict.fromkeys(("SELECT", "WITH"), _select),
}
