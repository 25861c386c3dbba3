"""What PostgreSQL would take and Oracle refuses.

* A condition that is a number or a text, as in `ON 1`: ORA-00920 (up to 21c; Error Messages).
* ROWID where several tables have one: ORA-00918. That of a subquery is not translated: ORA-03001.
* Branches of a CASE of different kinds: ORA-00932. "All of the return expressions must either have
  the same data type or must all have a numeric data type" (SQL Language Reference, CASE).
* ROWNUM in a condition that is no limit, and in SET: not translated, ORA-03001.
* LONG columns in expressions and conditions (but IS NULL), with DISTINCT, GROUP BY and ORDER BY, in
  set operations, in INSERT ... SELECT and in subqueries of an outer join: ORA-00997 (SQL Language
  Reference, LONG Data Type; that a subquery which is not joined may have one: [?]). UNION ALL
  takes them: SQLAlchemy reads the texts of views so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.errors import OraError
from oracle_standin.sql.lexer import tokenize
from oracle_standin.sql.messages import error
from oracle_standin.sql.types import parse_type

from .width import sources
from .writes import table_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .expressions import Expressions

LONGS = {
    **{f"{scope}_VIEWS": "TEXT" for scope in ("ALL", "USER", "DBA")},
    **{f"{scope}_TAB_COLUMNS": "DATA_DEFAULT" for scope in ("ALL", "USER", "DBA")},
    **{f"{scope}_TAB_COLS": "DATA_DEFAULT" for scope in ("ALL", "USER", "DBA")},
    **{f"{scope}_CONSTRAINTS": "SEARCH_CONDITION" for scope in ("ALL", "USER", "DBA")},
    **{f"{scope}_IND_EXPRESSIONS": "COLUMN_EXPRESSION" for scope in ("ALL", "USER", "DBA")},
}
"""The LONG columns of SYS's views (Database Reference)."""
_TEXTS = ("VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR")
_NUMBERS = ("NUMBER", "FLOAT", "BINARY_DOUBLE", "BINARY_FLOAT")
_KINDS = {
    **dict.fromkeys(_TEXTS, "CHAR"),
    **dict.fromkeys(_NUMBERS, "NUMBER"),
    "TO_CHAR": "CHAR",
    **dict.fromkeys(("TO_NUMBER", "LENGTH", "INSTR", "COUNT", "ROW_NUMBER"), "NUMBER"),
    **dict.fromkeys(("ORA_PSEUDO_SYSDATE", "ORA_PSEUDO_CURRENT_DATE"), "DATE"),
    **dict.fromkeys(("TO_DATE", "ORA_LITERAL_DATE", "ADD_MONTHS", "LAST_DAY"), "DATE"),
    **dict.fromkeys(("SYS_EXTRACT_UTC", "TO_TIMESTAMP"), "TIMESTAMP"),
    **dict.fromkeys(("ORA_PSEUDO_LOCALTIMESTAMP",), "TIMESTAMP"),
    **dict.fromkeys(("ORA_PSEUDO_SYSTIMESTAMP", "TO_TIMESTAMP_TZ"), "TIMESTAMP WITH TIME ZONE"),
    **dict.fromkeys(("ORA_PSEUDO_CURRENT_TIMESTAMP",), "TIMESTAMP WITH TIME ZONE"),
    **dict.fromkeys(("NCLOB", "TO_CLOB", "EMPTY_CLOB"), "CLOB"),
}
"""Types and functions -> the kind of their values, as far as CASE tells kinds apart."""
_OF_FIRST = frozenset(("NVL", "COALESCE", "MAX", "MIN", "LEAD", "LAG", "FIRST_VALUE", "LAST_VALUE"))
"""Functions whose value is of the kind of their first argument."""
_OF_TEXT = frozenset(("SUBSTR", "UPPER", "LOWER", "REPLACE", "LPAD", "RPAD", "LTRIM", "RTRIM"))
"""Functions whose value is a CLOB where their first argument is one, and else text."""
_COMPARISONS = (exp.Binary, exp.In, exp.Between, exp.Order, exp.Group)
_CONNECTORS = (exp.And, exp.Or)

_NO_ROWNUM = (exp.Where, exp.Join, exp.Having, exp.Update, exp.Merge)
_AROUND_ROWNUM = (exp.Select, *_NO_ROWNUM)


def check(names: Expressions, tree: exp.Expr) -> None:
    """Refuse what Oracle refuses; tables are resolved already.

    Raises:
        OraError: the statement has such a thing.
    """
    for condition in _conditions(tree):
        _check_condition(condition, names.dictionary.release.number)
    for case in tree.find_all(exp.Case):
        _check_branches(names, case)
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Identifier):
            _check_column(names, tree, column)
    for star in tree.find_all(exp.Star):
        _check_star(names, star)


# Conditions


def _conditions(tree: exp.Expr) -> Iterator[exp.Expr]:
    for node in tree.find_all(exp.Join, exp.Merge, exp.Where, exp.Having, exp.Case):
        if isinstance(node, (exp.Join, exp.Merge)):
            found = [node.args.get("on")]
        elif isinstance(node, exp.Case):
            found = [] if node.this else [branch.this for branch in node.args["ifs"]]
        else:
            found = [node.this]
        yield from (each for each in found if each is not None)


def _check_condition(node: exp.Expr, release: int) -> None:
    if isinstance(node, (exp.Paren, exp.Not)):
        _check_condition(node.this, release)
    elif isinstance(node, _CONNECTORS):
        _check_condition(node.this, release)
        _check_condition(node.expression, release)
    elif isinstance(node, exp.Literal):
        raise error(920) if release < 23 else error(3001, "a literal as a condition")


# CASE


def _check_branches(names: Expressions, case: exp.Case) -> None:
    values = [*(branch.args["true"] for branch in case.args["ifs"]), case.args.get("default")]
    kinds = [kind for each in values if each is not None and (kind := _kind(names, each))]
    other = next((kind for kind in kinds if kind != kinds[0]), None)
    if other:
        raise OraError(932, f"inconsistent datatypes: expected {kinds[0]} got {other}")


def _kind(names: Expressions, node: exp.Expr) -> str | None:
    """Return the kind of an expression's values, or None where it is not known."""
    if isinstance(node, (exp.Paren, exp.Window)):
        return _kind(names, node.this)
    if isinstance(node, exp.Literal):
        return ("CHAR" if node.is_string else "NUMBER") if node.this else None
    if isinstance(node, exp.Cast):
        ctype, _ = parse_type(tokenize(node.args["to"].sql("oracle")), names.dictionary.release)
        return _plain(ctype.name)
    if isinstance(node, exp.Anonymous):
        return _kind_of_call(names, node)
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
        return _kind_of_column(names, node)
    return None


def _kind_of_call(names: Expressions, call: exp.Anonymous) -> str | None:
    name = str(call.this).upper()
    if name not in _OF_FIRST | _OF_TEXT or not call.expressions:
        return _KINDS.get(name)
    first = _kind(names, call.expressions[0])
    return "CHAR" if first and first != "CLOB" and name in _OF_TEXT else first


def _plain(declared: str) -> str | None:
    """Return the kind of a type, without its lengths and digits."""
    name = re.sub(r"\(\d*\)", "", declared)
    return _KINDS.get(name, name) or None


# Columns


def _query(column: exp.Expr) -> exp.Select | None:
    found = column.find_ancestor(exp.Select)
    return found if isinstance(found, exp.Select) else None


def _own_sources(column: exp.Column) -> list[exp.Expr]:
    """Return the sources of its query that a column may be of."""
    query = _query(column)
    found = sources(query) if query else []
    if table := column.args.get("table"):
        return [each for each in found if each.alias_or_name.upper() == table.name.upper()]
    return found


def _kind_of_column(names: Expressions, column: exp.Column) -> str | None:
    """Return the kind of a column, where a single source of its query has it."""
    name = names.name(column.this)
    kinds = [kind for each in _own_sources(column) if (kind := _kind_within(names, each, name))]
    return kinds[0] if len(kinds) == 1 else None


def _kind_within(names: Expressions, source: exp.Expr, name: str) -> str | None:
    if not isinstance(source, exp.Subquery):
        column = table_columns(names, source).get(name)
        return _plain(column.declared) if column else None
    items = source.this.expressions if isinstance(source.this, exp.Select) else []
    labels = [(each.args.get("alias") or each.this, each.unalias()) for each in items]
    found = [
        item
        for label, item in labels
        if isinstance(label, exp.Identifier) and names.name(label) == name
    ]
    return _kind(names, found[0]) if found else None


def _check_column(names: Expressions, tree: exp.Expr, column: exp.Column) -> None:
    word = "" if column.this.args.get("quoted") else column.name.upper()
    if word == "ROWID":
        _check_rowid(tree, _own_sources(column))
    elif word == "ROWNUM" and isinstance(column.find_ancestor(*_AROUND_ROWNUM), _NO_ROWNUM):
        raise error(3001, "ROWNUM here")
    elif any(_has_long(names, source, column) for source in _own_sources(column)):
        _check_long(column)


def _check_rowid(tree: exp.Expr, having: list[exp.Expr]) -> None:
    if len(having) > 1:
        raise error(918, "ROWID")
    named = {cte.alias_or_name.upper() for cte in tree.find_all(exp.CTE)}
    for source in having:
        if isinstance(source, exp.Subquery) or source.name.upper() in named:
            raise error(3001, "ROWID of a subquery")


def _longs(names: Expressions, source: exp.Expr) -> set[str]:
    """Return the names of a table's LONG columns."""
    columns = table_columns(names, source)
    found = {name for name, each in columns.items() if each.declared in ("LONG", "LONG RAW")}
    of_view = LONGS.get(source.name.upper()) if columns else None
    return found | ({of_view} & columns.keys() if of_view else set())


def _has_long(names: Expressions, source: exp.Expr, column: exp.Column) -> bool:
    return names.name(column.this) in _longs(names, source)


def _check_star(names: Expressions, star: exp.Star) -> None:
    item = star.parent if isinstance(star.parent, exp.Column) else star
    if isinstance(item.parent, exp.Select) and any(
        _longs(names, source) for source in sources(item.parent)
    ):
        _check_long(item)


def _check_long(item: exp.Expr) -> None:
    """Refuse a LONG column where it may not stand.

    Raises:
        OraError: it stands there.
    """
    node = item.parent
    while node is not None and not isinstance(node, exp.Select):
        if isinstance(node, (exp.Anonymous, exp.DPipe)):
            raise error(932, "LONG")
        if isinstance(node, _COMPARISONS) and not isinstance(node, (exp.Is, *_CONNECTORS)):
            raise error(997)
        if isinstance(node, (exp.Where, exp.Join, exp.Subquery)):
            return
        node = node.parent
    if node is not None and _is_copied(node):
        raise error(997)


def _is_copied(select: exp.Select) -> bool:
    """Whether the rows of a query go through something that takes no LONG."""
    if any(select.args.get(clause) for clause in ("distinct", "group")):
        return True
    around = select.parent
    if isinstance(around, exp.Insert):
        return True
    if isinstance(around, exp.SetOperation):
        return not isinstance(around, exp.Union) or bool(around.args.get("distinct"))
    return isinstance(around, exp.Subquery) and _is_of_outer_join(around)


def _is_of_outer_join(subquery: exp.Subquery) -> bool:
    query = _query(subquery)
    joins = (query.args.get("joins") or ()) if query else ()
    return isinstance(subquery.parent, (exp.From, exp.Join)) and any(
        {join.args.get("side"), join.args.get("kind")} & {"LEFT", "RIGHT", "FULL"} for join in joins
    )
