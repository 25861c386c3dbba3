"""Columns of a query that are casts or literals: their type is in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.sql.lexer import Token, paren_step, split_commas, tokenize
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


def labels(tree: exp.Expr, tokens: list[Token]) -> dict[int, str]:
    """The names of the columns that are expressions without an alias: their text.

    ``tokens`` are the statement's; it is a plain SELECT, else there are none.
    """
    if not isinstance(tree, exp.Select) or tree.is_star or not tokens:
        return {}
    first = 1 + (len(tokens) > 1 and tokens[1].word in ("DISTINCT", "UNIQUE", "ALL"))
    if tokens[0].word != "SELECT":
        return {}
    parts = split_commas(tokens[first : _end_of_list(tokens)])
    if len(parts) != len(tree.selects):
        return {}
    return {
        i: _label(part)
        for i, (part, item) in enumerate(zip(parts, tree.selects, strict=True))
        if part and not isinstance(item, exp.Alias) and not _is_named(part)
    }


def _is_named(part: list[Token]) -> bool:
    """Whether it is a column with a table's name in front, or in quotes."""
    is_path = len(part) in (3, 5) and all(t.text == "." for t in part[1::2])
    return (part[-1].kind == "qid" and (is_path or len(part) == 1)) or is_path


def _end_of_list(tokens: list[Token]) -> int:
    depth = 0
    for i, token in enumerate(tokens):
        depth += paren_step(token)
        if depth == 0 and token.word == "FROM":
            return i
    return len(tokens)


def _label(part: list[Token]) -> str:
    texts = [t.text if t.kind in ("str", "qid") else t.text.upper() for t in part]
    return "".join(texts)[:LONGEST_LABEL]


LONGEST_LABEL = 128


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
