"""SELECT * leaves INVISIBLE columns out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .width import sources
from .writes import table_columns

if TYPE_CHECKING:
    from .expressions import Expressions


def spell_stars(names: Expressions, tree: exp.Expr) -> None:
    """Replace * and t.* by the columns that are seen, where a table has others."""
    for select in tree.find_all(exp.Select):
        hiding = [source for source in sources(select) if _hides(names, source)]
        if hiding:
            items = [each for item in select.expressions for each in _spelled(names, select, item)]
            select.set("expressions", items)


def _hides(names: Expressions, source: exp.Expr) -> bool:
    return any(column.hidden for column in table_columns(names, source).values())


def _spelled(names: Expressions, select: exp.Select, item: exp.Expr) -> list[exp.Expr]:
    if isinstance(item, exp.Star):
        return [each for source in sources(select) for each in _seen(names, source)]
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        wanted = item.args["table"].name.upper()
        for source in sources(select):
            if source.alias_or_name.upper() == wanted and _hides(names, source):
                return _seen(names, source)
    return [item]


def _seen(names: Expressions, source: exp.Expr) -> list[exp.Expr]:
    label = source.args.get("alias") or source
    table = label.this.copy()
    if not _hides(names, source):
        return [exp.Column(this=exp.Star(), table=table)]
    return [
        exp.Column(
            this=exp.to_identifier(names.dictionary.full(name), quoted=True), table=table.copy()
        )
        for name, column in table_columns(names, source).items()
        if not column.hidden
    ]
