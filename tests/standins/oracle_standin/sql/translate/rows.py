"""ROWNUM and the row generator CONNECT BY LEVEL."""

from __future__ import annotations

from sqlglot import exp

from oracle_standin.sql.messages import error

from .nodes import call, final, typed

_AGGREGATES = ("COUNT", "SUM", "MAX", "MIN", "AVG")


def rownum_limit(select: exp.Select) -> None:
    """Turn WHERE ROWNUM <= n into LIMIT n, below what Oracle does after it."""
    where = select.args.get("where")
    if not where:
        return
    conditions = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    limits = [condition for condition in conditions if _is_limit(condition)]
    if not limits:
        return
    kept = [condition for condition in conditions if not _is_limit(condition)]
    rest = exp.Where(this=exp.and_(*kept)) if kept else None
    bounded = exp.Limit(expression=_row_count(limits))
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


def _row_count(limits: list[exp.Expr]) -> exp.Expr:
    """Return how many rows the conditions on ROWNUM pass: none where one is null or below 1."""
    counts = []
    for condition in limits:
        bound: exp.Expr = typed(condition.expression.copy(), "numeric")
        if isinstance(condition, exp.LT):
            bound = exp.Sub(this=call("ceil", bound), expression=exp.Literal.number(1))
        elif isinstance(condition, exp.EQ):  # a first row, and only then a second one
            first = exp.If(
                this=exp.EQ(this=bound, expression=exp.Literal.number(1)),
                true=exp.Literal.number(1),
            )
            bound = exp.Case(ifs=[first])
        counts.append(call("greatest", call("floor", _or_zero(bound)), exp.Literal.number(0)))
    return counts[0] if len(counts) == 1 else call("least", *counts)


def _or_zero(node: exp.Expr) -> exp.Expr:
    return call("coalesce", node, exp.Literal.number(0))


def _is_limit(condition: exp.Expr) -> bool:
    return isinstance(condition, (exp.LTE, exp.LT, exp.EQ)) and _is_rownum(condition.this)


def _is_after_rownum(select: exp.Select) -> bool:
    """Return whether the select orders, groups or counts, which comes after ROWNUM is given."""
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
    """Translate FROM dual CONNECT BY LEVEL <= n, which gives one row at least."""
    connect = select.args.get("connect")
    if not connect:
        return
    condition = connect.args.get("connect")
    bound = _level_bound(condition)
    source = select.args["from_"].this
    plain = not (connect.args.get("start") or connect.args.get("nocycle"))
    joined = select.args.get("joins")
    if bound is None or joined or not plain or source.name.upper() != "DUAL":
        raise error(3001, "CONNECT BY")
    top = call("greatest", _or_zero(bound), exp.Literal.number(1))
    series = call("generate_series", exp.Literal.number(1), typed(top, "int"))
    rows = exp.Select(expressions=[exp.Alias(this=typed(series, "numeric"), alias=final("n"))])
    alias = exp.TableAlias(this=final("_levels"))
    select.set("connect", None)
    select.append("joins", exp.Join(this=exp.Subquery(this=rows, alias=alias), kind="CROSS"))
    for column in list(select.find_all(exp.Column)):
        if column.name.upper() == "LEVEL" and not column.args.get("table"):
            column.replace(exp.Column(this=final("n"), table=final("_levels")))


def _level_bound(condition: exp.Expr | None) -> exp.Expr | None:
    """Return the greatest LEVEL, or None when the condition is another one."""
    if not isinstance(condition, (exp.LTE, exp.LT)) or not isinstance(condition.this, exp.Column):
        return None
    if condition.this.name.upper() not in ("LEVEL", "ROWNUM"):
        return None
    bound = typed(condition.expression.copy(), "numeric")
    if isinstance(condition, exp.LT):
        return exp.Sub(this=call("ceil", bound), expression=exp.Literal.number(1))
    return call("floor", bound)
