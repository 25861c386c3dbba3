"""ROWNUM and the row generator CONNECT BY LEVEL."""

from __future__ import annotations

from sqlglot import exp

from oracle_standin.sql.messages import error

from .nodes import call, typed

_AGGREGATES = ("COUNT", "SUM", "MAX", "MIN", "AVG")


def rownum_limit(select: exp.Select) -> None:
    """WHERE ROWNUM <= n becomes LIMIT n, below what Oracle does after it."""
    where = select.args.get("where")
    if not where:
        return
    conditions = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    limits = [condition for condition in conditions if _is_limit(condition)]
    if not limits:
        return
    kept = [condition for condition in conditions if not _is_limit(condition)]
    rest = exp.Where(this=exp.and_(*kept)) if kept else None
    limit = limits[-1].expression.copy()
    if isinstance(limits[-1], exp.LT):
        limit = exp.Sub(this=limit, expression=exp.Literal.number(1))
    bounded = exp.Limit(expression=limit)
    if not _is_after_rownum(select):
        select.set("where", rest)
        select.set("limit", bounded)
        return
    if select.args.get("joins"):
        raise error(3001, "ROWNUM beside ORDER BY, GROUP BY or an aggregate of a join")
    source = select.args["from_"].this
    inner = exp.Select(
        expressions=[exp.Star()], from_=exp.From(this=source.copy()), where=rest, limit=bounded
    )
    name = source.args.get("alias") or source
    alias = exp.TableAlias(this=name.this.copy())
    select.set("where", None)
    select.set("from_", exp.From(this=exp.Subquery(this=inner, alias=alias)))


def _is_limit(condition: exp.Expr) -> bool:
    return isinstance(condition, (exp.LTE, exp.LT, exp.EQ)) and _is_rownum(condition.this)


def _is_after_rownum(select: exp.Select) -> bool:
    """Whether the select orders, groups or counts, which comes after ROWNUM is given."""
    if any(select.args.get(clause) for clause in ("order", "group", "distinct")):
        return True
    return any(
        str(node.this).upper() in _AGGREGATES and node.find_ancestor(exp.Select) is select
        for node in select.find_all(exp.Anonymous)
    )


def _is_rownum(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.Column)
        and node.name.upper() == "ROWNUM"
        and not node.args.get("table")
    )


def connect_by_level(select: exp.Select) -> None:
    """SELECT LEVEL FROM dual CONNECT BY LEVEL <= n: the row generator."""
    connect = select.args.get("connect")
    if not connect:
        return
    condition = connect.args.get("connect")
    if (
        not isinstance(condition, (exp.LTE, exp.LT))
        or condition.this.name.upper() != "LEVEL"
        or "DUAL" not in select.args["from_"].sql().upper()
    ):
        raise error(3001, "CONNECT BY")
    top = condition.expression
    if isinstance(condition, exp.LT):
        top = exp.Sub(this=top.copy(), expression=exp.Literal.number(1))
    select.set("connect", None)
    series = call("generate_series", exp.Literal.number(1), typed(top.copy(), "int"))
    levels = [each for each in select.find_all(exp.Column) if each.name.upper() == "LEVEL"]
    if not levels:
        raise error(3001, "CONNECT BY without LEVEL in the list")  # nothing would repeat the row
    for column in levels:
        column.replace(typed(series.copy(), "numeric"))
