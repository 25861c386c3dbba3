"""Statements without statements in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError
from oracle_standin.shapes import RefCursor
from oracle_standin.sql.lexer import Token, split_commas, words
from oracle_standin.sql.messages import error

from .cursors import assign_row
from .expressions import compile_expression, finder
from .kinds import undeclared
from .paths import read_path
from .scope import row_binds
from .statistics import statistics_action

if TYPE_CHECKING:
    from oracle_standin.backend import Result

    from .scope import Expression, Scope

Action = Callable[[], Any]
NAMED_ERRORS = {
    "NO_DATA_FOUND": 1403,
    "DUP_VAL_ON_INDEX": 1,
    "TOO_MANY_ROWS": 1422,
    "INVALID_NUMBER": 1722,
    "ZERO_DIVIDE": 1476,
    "VALUE_ERROR": 6502,
    "INVALID_CURSOR": 1001,
}
_NO_OP_PACKAGES = frozenset(("DBMS_METADATA", "DBMS_SESSION", "DBMS_LOCK"))


def simple_action(scope: Scope, part: list[Token]) -> Action:
    """Return what a simple statement does, as an action to run."""
    word = part[0].word
    mark = next((k for k, t in enumerate(part) if t.text == ":="), 0)
    if mark:
        return _assignment(scope, part[:mark], part[mark + 1 :])
    if word == "DBMS_STATS":
        return statistics_action(scope, part)
    if word in _NO_OP_PACKAGES:
        return _package(scope, part)
    if word in _ACTIONS:
        return _ACTIONS[word](scope, part)
    return _call(scope, part)


def _assignment(scope: Scope, part: list[Token], said: list[Token]) -> Action:
    target = compile_expression(scope, part)
    value = compile_expression(scope, said)
    assign = target.assign
    if assign is None:
        raise undeclared(part[0].word)
    return lambda: assign(value.value())


def _call(scope: Scope, part: list[Token]) -> Action:
    """Call a procedure, or a method of a collection."""
    if part[0].kind not in ("id", "qid", "bind"):
        raise error(6550, part[0].text)
    path, end = read_path(scope, part, 0, lambda each: compile_expression(scope, each))
    if end < len(part):
        raise error(6550, part[end].text)
    if path.called is None and not (path.is_target and path.steps):
        raise undeclared(scope.text(part[: 2 * len(path.steps) + 1]).split("(")[0].upper())
    return path.run


def _package(scope: Scope, part: list[Token]) -> Action:
    if len(part) > 2 and part[2].word == "SLEEP":
        seconds = compile_expression(scope, part[4:-1])
        return lambda: scope.session.work.sleep(float(seconds.value()))
    return lambda: None


def _null(_: Scope, __: list[Token]) -> Action:
    return lambda: None


def _transaction(scope: Scope, part: list[Token]) -> Action:
    return lambda: scope.session.execute(scope.text(part))


def _dml(scope: Scope, part: list[Token]) -> Action:
    def run() -> None:
        scope.session.row_count = scope.run_sql(part, finder(scope)).rowcount

    returning = next((k for k, t in enumerate(part) if t.word in ("RETURNING", "RETURN")), None)
    if returning is None:
        return run
    into = next(k for k in range(returning, len(part)) if part[k].word == "INTO")
    targets = _targets(scope, part[into + 1 :])
    marks = ", ".join(f":R{k}" for k in range(len(targets)))
    return lambda: _returned(scope, part[:into], marks, targets)


def _returned(scope: Scope, part: list[Token], marks: str, targets: list[Expression]) -> None:
    """Run DML with RETURNING, which gives one row."""
    sql, values = scope.substituted(part, finder(scope))
    result = scope.session.execute(f"{sql} INTO {marks}", row_binds(values))
    scope.session.row_count = result.rowcount
    rows = (result.returned or [[]])[0]
    if len(rows) > 1:
        raise error(1422)
    for target, value in zip(targets, rows[0] if rows else (), strict=False):
        if target.assign is not None:
            target.assign(value)


def _targets(scope: Scope, part: list[Token]) -> list[Expression]:
    targets = [compile_expression(scope, each) for each in split_commas(part)]
    if any(target.assign is None for target in targets):
        raise error(6550, part[0].text)
    return targets


def _select(scope: Scope, part: list[Token]) -> Action:
    into = next((k for k, t in enumerate(part) if t.word == "INTO"), None)
    if into is None:
        raise OraError(6550, "PLS-00428: an INTO clause is expected in this SELECT statement")
    if part[into - 1].word == "COLLECT":
        raise error(3001, "PL/SQL: BULK COLLECT")
    end = next((k for k in range(into, len(part)) if part[k].word == "FROM"), len(part))
    targets = _targets(scope, part[into + 1 : end])
    query = part[:into] + part[end:]
    return lambda: _one_row(targets, scope.run_sql(query, finder(scope)))


def _one_row(targets: list[Expression], result: Result) -> None:
    """Assign the values of INTO, which takes exactly one row."""
    rows = list(result.rows)
    if len(rows) != 1:
        raise error(1422 if rows else 1403)
    assign_row(targets, rows[0], RefCursor(result.columns or [], iter(())))


def _raise(scope: Scope, part: list[Token]) -> Action:
    name = part[1].word if len(part) > 1 else ""

    def run() -> None:
        handled = next((each.handling for each in scope.around() if each.handling), None)
        if handled and not name:
            raise handled
        code = scope.exception(name) or NAMED_ERRORS.get(name, 6510)
        raise OraError(code, "PL/SQL: unhandled user-defined exception")

    return run


def _raise_application_error(scope: Scope, part: list[Token]) -> Action:
    number, text, *_ = (compile_expression(scope, each) for each in split_commas(part[2:-1]))

    def run() -> None:
        raise OraError(abs(int(number.value())), str(text.value()))

    return run


def _execute_immediate(scope: Scope, part: list[Token]) -> Action:
    marks = {t.word: k for k, t in enumerate(part) if k > 1 and t.word in ("INTO", "USING")}
    stop = min(marks.values(), default=len(part))
    text = compile_expression(scope, part[2:stop])
    using = split_commas(part[marks["USING"] + 1 :]) if "USING" in marks else []
    if any(words(each[:1])[0] in ("IN", "OUT") for each in using):
        raise error(3001, "PL/SQL: USING IN or OUT")
    given = [compile_expression(scope, each) for each in using]
    into = part[marks["INTO"] + 1 : marks.get("USING", len(part))] if "INTO" in marks else []
    targets = _targets(scope, into) if into else []

    def run() -> None:
        values = [each.value() for each in given]
        result = scope.session.execute(text.value(), row_binds(values))
        if targets:
            _one_row(targets, result)

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
