"""Clauses that the parser understands and the translation does not: refused, never skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.sql.messages import error

if TYPE_CHECKING:
    from collections.abc import Callable

# A node is refused where its test holds; the text says what is missing.
_REFUSED: dict[type[exp.Expr], tuple[tuple[str, Callable[[exp.Expr], object]], ...]] = {
    exp.Pivot: (("PIVOT and UNPIVOT", bool),),
    exp.IgnoreNulls: (("IGNORE NULLS", bool),),
    exp.MatchRecognize: (("MATCH_RECOGNIZE", bool),),
    exp.Version: (("flashback queries", bool),),
    exp.TableSample: (("SAMPLE", bool),),
    exp.Partition: (("PARTITION (name)", bool),),
    exp.Qualify: (("QUALIFY", bool),),
    exp.GroupConcat: (("LISTAGG with these options", bool),),
    exp.Prior: (("CONNECT BY", bool),),
    exp.Lateral: (("LATERAL and APPLY", lambda node: node.args.get("cross_apply") is not None),),
    exp.Window: (("KEEP", lambda node: str(node.args.get("over") or "").upper() == "KEEP"),),
    exp.LimitOptions: (("FETCH ... PERCENT", lambda node: node.args.get("percent")),),
    exp.Order: (("ORDER SIBLINGS BY", lambda node: node.args.get("siblings")),),
    exp.JSON: (("IS JSON with options", lambda node: node.this or node.args.get("unique")),),
}


def check(tree: exp.Expr) -> None:
    """Raise ORA-03001 for what would be answered wrongly.

    Raises:
        OraError: the statement has a clause that is not translated.
    """
    for node in tree.walk():
        for what, test in _REFUSED.get(type(node), ()):
            if test(node):
                raise error(3001, what)
