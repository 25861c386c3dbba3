"""Columns of a query that are casts or literals: their type is in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.sql.lexer import tokenize
from oracle_standin.sql.types import ColumnType, parse_type

if TYPE_CHECKING:
    from oracle_standin.sql.release import Release

_TOLD = frozenset(("VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR", "NUMBER", "FLOAT", "RAW"))


def told_types(tree: exp.Expr, release: Release) -> dict[int, ColumnType]:
    """The types of the columns of a SELECT by their positions."""
    if not isinstance(tree, exp.Select) or any(item.is_star for item in tree.selects):
        return {}
    found = {i: _type_of(item.unalias(), release) for i, item in enumerate(tree.selects)}
    return {i: ctype for i, ctype in found.items() if ctype is not None}


def _type_of(node: exp.Expr, release: Release) -> ColumnType | None:
    if isinstance(node, exp.Literal) and node.is_string and node.this:
        size = len(node.this.encode())
        return ColumnType("CHAR", "", size, size, "B")
    if not isinstance(node, exp.Cast):
        return None
    target = node.args["to"]
    if target.this in (exp.DataType.Type.TIMESTAMPLTZ, exp.DataType.Type.DOUBLE):
        return None
    ctype, _ = parse_type(tokenize(target.sql("oracle")), release)
    return ctype if ctype.name in _TOLD else None
