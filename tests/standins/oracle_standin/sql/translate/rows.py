"""ROWNUM and the row generator CONNECT BY LEVEL."""

from __future__ import annotations

from sqlglot import exp

from oracle_standin.sql.messages import error

from .nodes import call, final, typed

_AGGREGATES = ("COUNT", "SUM", "MAX", "MIN", "AVG")


def _split(where: exp.Expr | None) -> tuple[exp.Limit | None, exp.Where | None]:
    """Split conditions on ROWNUM off a WHERE: the limit that they are, and what is left."""
    if not where:
        return None, None
    conditions = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    limits = [condition for condition in conditions if _is_limit(condition)]
    kept = [condition for condition in conditions if not _is_limit(condition)]
    bounded = exp.Limit(expression=_row_count(limits)) if limits else None
    return bounded, exp.Where(this=exp.and_(*kept)) if kept else None


def rownum_of_write(tree: exp.Update | exp.Delete) -> None:
    """Turn WHERE ROWNUM <= n of an UPDATE or DELETE into the addresses of as many rows."""
    bounded, rest = _split(tree.args.get("where"))
    if bounded is None:
        return
    address = exp.Column(this=final("ctid"))
    again = tree.this.copy()
    again.meta["again"] = True  # needs no right to read
    rows = exp.Select(expressions=[address], from_=exp.From(this=again), where=rest, limit=bounded)
    found = exp.In(this=address.copy(), query=exp.Subquery(this=rows))
    tree.set("where", exp.Where(this=found))


def rownum_limit(select: exp.Select) -> None:
    """Turn WHERE ROWNUM <= n into LIMIT n, below what Oracle does after it."""
    bounded, rest = _split(select.args.get("where"))
    if bounded is None:
        return
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
