"""Expressions of PL/SQL: what is not plain arithmetic or a call is left to SQL."""

from __future__ import annotations

import operator
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.sql.lexer import Token, string_value
from oracle_standin.sql.values import is_null

from .paths import read_path
from .scope import Expression

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scope import Scope

_DIGITS = Context(prec=200)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "^=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_EXACT: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _DIGITS.add,
    "-": _DIGITS.subtract,
    "*": _DIGITS.multiply,
}
_SUMS, _PRODUCTS = frozenset(("+", "-", "||")), frozenset(("*", "/"))
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}


class _LeftToSqlError(Exception):
    """The text has what only SQL reads."""


def compile_expression(scope: Scope, part: list[Token], *, boolean: bool = False) -> Expression:
    """Compile an expression; ``boolean`` says that it is a condition."""
    reader = _Reader(scope, part)
    try:
        return reader.whole()
    except _LeftToSqlError:
        return Expression(lambda: scope.evaluate_by_sql(part, finder(scope), boolean=boolean))


def finder(scope: Scope) -> Callable[[list[Token], int], tuple[Any, int] | None]:
    """Return what finds the variables in a statement of SQL, for `Scope.substituted`."""

    def find(part: list[Token], k: int) -> tuple[Any, int] | None:
        token = part[k]
        of_another = k > 0 and part[k - 1].text == "."
        if token.kind not in ("id", "bind") or of_another:
            return None
        if token.kind == "id" and scope.holder(token.word) is None:
            return None
        path, end = read_path(scope, part, k, _compiled(scope))
        return path.value(), end - k

    return find


def _compiled(scope: Scope) -> Callable[[list[Token]], Expression]:
    return lambda part: compile_expression(scope, part)


class _Reader:
    """Reads one expression; each method leaves ``at`` behind what it has read."""

    def __init__(self, scope: Scope, part: list[Token]) -> None:
        self.scope = scope
        self.part = part
        self.at = 0

    def _word(self) -> str:
        return self.part[self.at].word if self.at < len(self.part) else ""

    def _take(self) -> Token:
        self.at += 1
        return self.part[self.at - 1]

    def whole(self) -> Expression:
        """The expression that is all of the text."""
        out = self.alternatives()
        if self.at < len(self.part):
            raise _LeftToSqlError
        return out

    def alternatives(self) -> Expression:
        out = self._conjunction()
        while self._word() == "OR":
            self.at += 1
            out = _either(out, self._conjunction())
        return out

    def _conjunction(self) -> Expression:
        out = self._negation()
        while self._word() == "AND":
            self.at += 1
            out = _both(out, self._negation())
        return out

    def _negation(self) -> Expression:
        if self._word() != "NOT":
            return self._comparison()
        self.at += 1
        inner = self._negation()
        return Expression(lambda: _not(inner.value()), c.T_BOOLEAN)

    def _comparison(self) -> Expression:
        left = self._sum()
        if self._word() in _COMPARISONS:
            sign = self._take().word
            right = self._sum()
            value = self._compared(left, sign, right)
            return Expression(value, c.T_BOOLEAN)
        if self._word() == "IS":
            return self._null_test(left)
        return left

    def _null_test(self, left: Expression) -> Expression:
        self.at += 1
        negated = self._word() == "NOT"
        self.at += negated
        if self._word() != "NULL":
            raise _LeftToSqlError
        self.at += 1
        return Expression(lambda: is_null(left.value()) != negated, c.T_BOOLEAN)

    def _sum(self) -> Expression:
        return self._chain(_SUMS, self._product)

    def _product(self) -> Expression:
        return self._chain(_PRODUCTS, self._sign)

    def _chain(self, signs: frozenset[str], operand: Callable[[], Expression]) -> Expression:
        out = operand()
        while self._word() in signs:
            sign = self._take().word
            out = Expression(self._combined(out, sign, operand()), 0)
        return out

    def _sign(self) -> Expression:
        if self._word() not in ("-", "+"):
            return self._primary()
        sign, operand = self._take().word, self._sign()
        zero = Expression(lambda: 0, 0)
        return Expression(self._combined(zero, sign, operand), 0)

    def _primary(self) -> Expression:
        if self.at >= len(self.part):
            raise _LeftToSqlError
        token = self.part[self.at]
        if token.text == "(":
            return self._nested()
        if token.kind in ("str", "num"):
            return self._literal(self._take())
        if token.kind == "id" and token.word in _CONSTANTS:
            self.at += 1
            value = _CONSTANTS[token.word]
            return Expression(lambda: value, c.T_BOOLEAN if value is not None else None)
        return self._named(token)

    def _nested(self) -> Expression:
        self.at += 1
        out = self.alternatives()
        if self._word() != ")":
            raise _LeftToSqlError
        self.at += 1
        return Expression(out.value, out.family)

    @staticmethod
    def _literal(token: Token) -> Expression:
        if token.is_literal:
            text = string_value(token.text) or None
            return Expression(lambda: text, 0)
        if token.text[-1] in "fFdD":
            raise _LeftToSqlError
        number = Decimal(token.text)
        return Expression(lambda: number, 0)

    def _named(self, token: Token) -> Expression:
        following = self.part[self.at + 1 : self.at + 2]
        is_name = token.kind in ("id", "qid", "bind")
        if not is_name or token.word in _OF_SQL or (following and following[0].is_literal):
            raise _LeftToSqlError
        path, self.at = read_path(self.scope, self.part, self.at, _compiled(self.scope))
        return Expression(path.value, path.family(), path.assign if path.is_target else None)

    def _combined(self, left: Expression, sign: str, right: Expression) -> Callable[[], Any]:
        def value() -> Any:
            a, b = left.value(), right.value()
            if sign in _EXACT and _exact(a) and _exact(b):
                return _EXACT[sign](Decimal(a), Decimal(b))
            if sign == "||" and isinstance(a, str) and isinstance(b, str):
                return a + b
            return self._by_sql(a, sign, b)

        return value

    def _compared(self, left: Expression, sign: str, right: Expression) -> Callable[[], Any]:
        def value() -> Any:
            a, b = left.value(), right.value()
            if is_null(a) or is_null(b):
                return None
            if type(a) is type(b) or (_exact(a) and _exact(b)):
                return _COMPARISONS[sign](a, b)
            text = f"CASE WHEN :V1 {'<>' if sign in ('!=', '^=') else sign} :V2 THEN 1 ELSE 0 END"
            return bool(self.scope.operation(text, [a, b]))

        return value

    def _by_sql(self, a: Any, sign: str, b: Any) -> Any:
        return self.scope.operation(f":V1 {sign} :V2", [a, b])


_OF_SQL = frozenset(
    ("CASE", "CAST", "EXTRACT", "DATE", "TIMESTAMP", "INTERVAL", "TRIM", "PRIOR", "CURSOR", "NEW")
)


def _exact(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _not(value: Any) -> Any:
    return None if value is None else not value


def _both(left: Expression, right: Expression) -> Expression:
    def value() -> Any:
        first = left.value()
        if first is False:
            return False
        second = right.value()
        return second if first or second is False else None

    return Expression(value, c.T_BOOLEAN)


def _either(left: Expression, right: Expression) -> Expression:
    def value() -> Any:
        first = left.value()
        if first:
            return True
        second = right.value()
        return True if second else (None if first is None or second is None else False)

    return Expression(value, c.T_BOOLEAN)
