"""How many columns a query has: an inline view takes 1,000 at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.sql.messages import error

from .writes import table_columns

if TYPE_CHECKING:
    from .expressions import Expressions

MAX_COLUMNS = 1000


def check_inline_views(names: Expressions, tree: exp.Expr) -> None:
    """Raise ORA-01792 for an inline view that is too wide."""
    for subquery in tree.find_all(exp.Subquery):
        if isinstance(subquery.parent, (exp.From, exp.Join, exp.Merge)):
            query = subquery.this
            if isinstance(query, exp.Select) and _width(names, query) > MAX_COLUMNS:
                raise error(1792)


def _width(names: Expressions, query: exp.Expr) -> int:
    if not isinstance(query, exp.Select):
        return len(getattr(query, "expressions", ()))
    return sum(_item_width(names, query, item) for item in query.expressions)


def _item_width(names: Expressions, query: exp.Select, item: exp.Expr) -> int:
    if isinstance(item, exp.Star):
        return sum(_source_width(names, source) for source in sources(query))
    if not (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
        return 1
    wanted = item.args["table"].name.upper()
    return sum(
        _source_width(names, source)
        for source in sources(query)
        if source.alias_or_name.upper() == wanted
    )


def sources(query: exp.Select) -> list[exp.Expr]:
    """Return what stands in FROM."""
    first = query.args.get("from_")
    joins = [join.this for join in query.args.get("joins") or ()]
    return [first.this, *joins] if first else joins


def _source_width(names: Expressions, source: exp.Expr) -> int:
    if isinstance(source, exp.Subquery):
        return _width(names, source.this)
    return len(table_columns(names, source))
