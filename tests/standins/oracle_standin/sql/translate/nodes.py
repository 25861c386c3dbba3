"""Nodes of PostgreSQL's SQL, and questions about nodes of Oracle's."""

from __future__ import annotations

import re

from sqlglot import exp

from oracle_standin.sql.lexer import literal


def call(name: str, *args: exp.Expr) -> exp.Anonymous:
    """Return a call that is not to be translated again."""
    node = exp.Anonymous(this=name, expressions=list(args))
    node.meta["final"] = True
    return node


def final(name: str) -> exp.Identifier:
    """Return a name that is PostgreSQL's already."""
    node = exp.Identifier(this=name, quoted=False)
    node.meta["final"] = True
    return node


def typed(node: exp.Expr, postgres_type: str) -> exp.Cast:
    """Return a cast that is not to be translated again."""
    out = exp.Cast(this=node, to=exp.DataType.build(postgres_type, dialect="postgres"))
    out.meta["final"] = True
    return out


def is_final(node: exp.Expr) -> bool:
    return bool(node.meta.get("final"))


def as_text(node: exp.Expr) -> exp.Expr:
    """Convert to a string as Oracle does implicitly."""
    if isinstance(node, exp.Anonymous) and node.this in ("ora.cat", "ora.tc"):
        return node
    if isinstance(node, exp.Null):
        return typed(node, "text")
    if isinstance(node, exp.Literal):
        node = typed(node, "text" if node.is_string else "numeric")
    return call("ora.tc", node)


def is_null(node: exp.Expr) -> exp.Is:
    return exp.Is(this=node, expression=exp.Null())


def is_time_literal(node: exp.Expr | None) -> bool:
    """Return whether it is DATE '..' or TIMESTAMP '..' as the source text was prepared."""
    return isinstance(node, exp.Anonymous) and str(node.this).upper().startswith("ORA_LITERAL_")


def time_literal(value: str, *, is_date: bool) -> exp.Expr:
    """Translate DATE '..' and TIMESTAMP '..' with or without an offset."""

    def stamp(text: str) -> exp.Var:
        return exp.Var(this=f"timestamp {literal(text)}")

    if is_date:
        return call("ora.mkdate", stamp(value))
    found = re.match(r"^(.*:\d\d.*?)\s*([+-])(\d\d?):?(\d\d)?$", value)
    if found:
        minutes = int(found[3]) * 60 + int(found[4] or 0)
        offset = exp.Literal.number(-minutes if found[2] == "-" else minutes)
        return call("ora.tz_lit", stamp(found[1]), offset)
    found = re.match(r"^(.*\d)\s+(UTC|GMT|Z)$", value)
    if found:
        return call("ora.tz_lit", stamp(found[1]), exp.Literal.number(0))
    return exp.Paren(this=stamp(value))
