"""JSON_VALUE and JSON_QUERY: parsed here, since their clauses stand within the parentheses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from oracle_standin.sql.lexer import tokenize
from oracle_standin.sql.messages import error
from oracle_standin.sql.types import parse_type

from .nodes import call, typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.sql.release import Release

_NUMBERS = ("NUMBER", "FLOAT")


def json_parser(name: str) -> Callable[[Any], exp.Expr]:
    """A parser of the call's arguments; its clauses are kept with the node."""

    def parse(parser: Any) -> exp.Expr:
        value = parser._parse_bitwise()
        parser._match_text_seq("FORMAT", "JSON")
        path = parser._parse_string() if parser._match_text_seq(",") else None
        returning = parser._parse_types() if parser._match_text_seq("RETURNING") else None
        strict = parser._match_text_seq("ERROR", "ON", "ERROR")
        if not strict:
            parser._match_text_seq("NULL", "ON", "ERROR")
        if path is None or not parser._curr or parser._curr.text != ")":
            raise error(3001, f"{name} with these clauses")
        node = exp.Anonymous(this=name, expressions=[value, path])
        node.meta.update(json=True, returning=returning, strict=bool(strict))
        return node

    return parse


def json_call(node: exp.Expr, release: Release) -> exp.Expr:
    """Translate the call to PostgreSQL's SQL, by what it returns."""
    value, path = node.expressions
    strict = exp.Boolean(this=node.meta["strict"])
    returning = node.meta["returning"]
    if node.this == "JSON_QUERY":
        if returning is not None or node.meta["strict"]:
            raise error(3001, "JSON_QUERY with these clauses")
        return call("ora.json_query", value, path)
    if returning is None:
        return call("ora.json_value", value, path, strict, exp.Literal.number(4000))
    kind, _ = parse_type(tokenize(returning.sql("oracle")), release)
    if kind.name == "VARCHAR2":
        return call("ora.json_value", value, path, strict, exp.Literal.number(kind.length))
    if kind.name not in _NUMBERS:
        raise error(3001, f"JSON_VALUE RETURNING {kind.name}")
    return typed(call("ora.json_number", value, path, strict), kind.postgres)
