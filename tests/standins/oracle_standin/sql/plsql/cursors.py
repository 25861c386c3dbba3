"""OPEN, FETCH and CLOSE, and loops over rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError
from oracle_standin.shapes import Instance, RefCursor
from oracle_standin.sql.lexer import Token, split_commas
from oracle_standin.sql.messages import error

from .expressions import compile_expression, finder
from .scope import row_binds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oracle_standin.backend import Result

    from .scope import Expression, Scope


def rows_of(scope: Scope, bounds: list[Token]) -> Callable[[], Iterator[Instance]]:
    """The records of FOR r IN (query), or of a cursor that is declared."""
    query = bounds[1:-1] if bounds[0].text == "(" else _declared_query(scope, bounds)

    def records() -> Iterator[Instance]:
        result = scope.run_sql(query, finder(scope))
        names = [column.name for column in result.columns or ()]
        for row in result.rows:
            yield Instance(None, dict(zip(names, row, strict=True)))

    return records


def _declared_query(scope: Scope, part: list[Token]) -> list[Token]:
    for each in scope.around():
        if part[0].word in each.queries:
            return each.queries[part[0].word]
    raise error(6550, part[0].text)


def as_cursor(result: Result) -> RefCursor:
    if result.columns is None:
        raise OraError(6539, "target of OPEN must be a query")
    return RefCursor(result.columns, iter(result.rows))


def _target(scope: Scope, part: list[Token]) -> Expression:
    target = compile_expression(scope, part)
    if target.assign is None:
        raise error(6550, part[0].text)
    return target


def _open(scope: Scope, part: list[Token]) -> Callable[[], None]:
    """OPEN cursor FOR query | text [USING ..], or a cursor that is declared with its query."""
    mark = next((k for k, t in enumerate(part) if t.word == "FOR"), len(part))
    target = _target(scope, part[1:mark])
    said = part[mark + 1 :] or _declared_query(scope, part[1:])
    assign = target.assign or (lambda _: None)
    if said[0].word in ("SELECT", "WITH"):
        return lambda: assign(as_cursor(scope.run_sql(said, finder(scope))))
    using = next((k for k, t in enumerate(said) if t.word == "USING"), len(said))
    text = compile_expression(scope, said[:using])
    given = [compile_expression(scope, each) for each in split_commas(said[using + 1 :]) if each]

    def run() -> None:
        values = [each.value() for each in given]
        assign(as_cursor(scope.session.execute(text.value(), row_binds(values))))

    return run


def _opened(target: Expression) -> RefCursor:
    cursor = target.value()
    if not isinstance(cursor, RefCursor) or not cursor.is_open:
        raise error(1001)
    return cursor


def _fetch(scope: Scope, part: list[Token]) -> Callable[[], None]:
    into = next((k for k, t in enumerate(part) if t.word == "INTO"), 0)
    if not into:
        raise error(3001, "PL/SQL: FETCH .. BULK COLLECT")
    cursor = compile_expression(scope, part[1:into])
    targets = [_target(scope, each) for each in split_commas(part[into + 1 :])]

    def run() -> None:
        row = _opened(cursor).fetch()
        if row is not None:
            assign_row(targets, row, _opened(cursor))

    return run


def assign_row(targets: list[Expression], row: Any, cursor: RefCursor) -> None:
    """Assign the columns of a row to as many targets, or to the fields of one record."""
    first = targets[0].value() if len(targets) == 1 else None
    if isinstance(first, Instance):
        names = list(first.values) or [column.name for column in cursor.columns]
        row = [Instance(first.shape, dict(zip(names, row, strict=True)))]
    if len(row) != len(targets):
        raise OraError(6504, "PL/SQL: Return types of Result Set variables or query do not match")
    for target, value in zip(targets, row, strict=True):
        if target.assign is not None:
            target.assign(value)


def _close(scope: Scope, part: list[Token]) -> Callable[[], None]:
    cursor = compile_expression(scope, part[1:])

    def run() -> None:
        opened = _opened(cursor)
        opened.is_open = False
        opened.rows = iter(())

    return run


CURSOR_STATEMENTS: dict[str, Callable[[Scope, list[Token]], Callable[[], None]]] = {
    "OPEN": _open,
    "FETCH": _fetch,
    "CLOSE": _close,
}
