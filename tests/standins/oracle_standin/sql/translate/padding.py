"""Comparison of CHAR columns: blank-padded with text literals, else not.

SQL Language Reference, "Datatype Comparison Rules": blank-padded only where both values are CHAR,
NCHAR, text literals or USER; DECODE always compares nonpadded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .nodes import typed
from .writes import table_columns

if TYPE_CHECKING:
    from .expressions import Expressions

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between, exp.Case)


def pad_comparisons(names: Expressions, tree: exp.Expr) -> None:
    """Type the literals that CHAR columns are compared with, and DECODE's CHAR columns."""
    padded = _char_columns(names, tree)
    if not padded:
        return
    for node in list(tree.find_all(*_COMPARISONS)):
        operands = [each for each in _operands(node) if isinstance(each, exp.Expr)]
        if any(_is_one(names, each, padded) for each in operands):
            _pad_literals(operands)
    for call in list(tree.find_all(exp.Anonymous)):
        if str(call.this).upper() == "DECODE":
            _unpad_columns(names, call, padded)


def _pad_literals(operands: list[exp.Expr]) -> None:
    for each in operands:
        if isinstance(each, exp.Literal) and each.is_string:
            each.replace(_as_char(each))


def _unpad_columns(names: Expressions, call: exp.Anonymous, padded: set[str]) -> None:
    for argument in list(call.expressions):
        if _is_one(names, argument, padded):
            argument.replace(typed(argument.copy(), "text"))


def _as_char(literal: exp.Literal) -> exp.Expr:
    cast = exp.Cast(this=literal.copy(), to=exp.DataType.build("ora.fixed", udt=True))
    cast.meta["final"] = True
    return cast


def _operands(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Case):
        return [node.this, *(branch.this for branch in node.args["ifs"])] if node.this else []
    if isinstance(node, exp.Between):
        return [node.this, node.args["low"], node.args["high"]]
    if isinstance(node, exp.In):
        return [node.this, *node.expressions]
    return [node.this, node.expression]


def _is_one(names: Expressions, node: exp.Expr, padded: set[str]) -> bool:
    return (
        isinstance(node, exp.Column)
        and isinstance(node.this, exp.Identifier)
        and names.name(node.this) in padded
    )


def _char_columns(names: Expressions, tree: exp.Expr) -> set[str]:
    """Return the names of the CHAR columns of a statement's tables, and their aliases."""
    found = {
        name
        for table in tree.find_all(exp.Table)
        for name, column in table_columns(names, table).items()
        if column.postgres.startswith("ora.fixed")
    }
    for alias in tree.find_all(exp.Alias) if found else ():
        if _is_one(names, alias.this, found):
            found.add(names.name(alias.args["alias"]))
    return found
