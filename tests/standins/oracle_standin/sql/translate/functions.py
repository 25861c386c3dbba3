"""Functions: the same in PostgreSQL, our own, and those that need a form of PostgreSQL's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.sql.messages import error
from oracle_standin.sql.types import VECTOR_FORMATS

from .nodes import as_text, call, final, is_null, typed

if TYPE_CHECKING:
    from collections.abc import Callable

# Functions of schema ora, and functions that mean the same in PostgreSQL.
ORA_FUNCTIONS = frozenset(
    """
    JSON_EXISTS JSON_SERIALIZE TO_NCLOB TO_BLOB TO_DSINTERVAL TO_YMINTERVAL
    TO_CHAR TO_DATE TO_TIMESTAMP TO_TIMESTAMP_TZ TO_NUMBER TO_CLOB TO_NCHAR TRUNC ROUND LAST_DAY
    ADD_MONTHS SUBSTR MONTHS_BETWEEN INSTR LENGTH LENGTHB UPPER LOWER REPLACE REGEXP_REPLACE
    REGEXP_LIKE TRANSLATE LTRIM RTRIM RAWTOHEX HEXTORAW SYS_GUID ORA_HASH SYS_CONTEXT
    SYS_EXTRACT_UTC VECTOR_DIMENSION_COUNT
    BITAND BITOR BITXOR STANDARD_HASH TO_BINARY_DOUBLE MOD CHR LPAD RPAD UNISTR
    """.split()  # noqa: SIM905 - a table of words
)
SAME_FUNCTIONS = frozenset(
    """
    COUNT SUM AVG MAX MIN ABS CEIL FLOOR SIGN SQRT EXP LN LOG SIN COS TAN ROW_NUMBER RANK
    DENSE_RANK PERCENT_RANK CUME_DIST LAG LEAD FIRST_VALUE LAST_VALUE NTH_VALUE NTILE STDDEV
    STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP CORR COALESCE NULLIF INITCAP
    ASCII REVERSE REGEXP_SUBSTR REGEXP_COUNT REGEXP_INSTR
    """.split()  # noqa: SIM905 - a table of words
)


def _label(node: exp.Expr) -> str:
    """The name of a column: its alias, or its text."""
    return node.alias_or_name.upper() or node.sql("oracle").upper().replace(" ", "")


def nested_cursor(query: exp.Expr) -> exp.Expr:
    """Translate CURSOR(query) to JSON of its columns' names and types, and its rows."""
    if not isinstance(query, exp.Query) or query.is_star:
        raise error(3001, "CURSOR(..)")
    selects = query.selects
    names = [exp.Literal.string(_label(each)) for each in selects]
    columns = [final(f"c{n}") for n in range(len(selects))]
    types = [typed(call("pg_typeof", column.copy()), "text") for column in columns]
    all_types = typed(call("max", typed(call("json_build_array", *types), "text")), "json")
    cells = call("json_agg", call("json_build_array", *columns))
    value = call("ora.as_cursor", call("json_build_array", *names), all_types, cells)
    alias = exp.TableAlias(this=final("_c"), columns=[column.copy() for column in columns])
    source = exp.Subquery(this=query, alias=alias)
    return exp.Subquery(this=exp.Select(expressions=[value], from_=exp.From(this=source)))


def _nvl2(args: list[exp.Expr]) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=is_null(args[0]), true=args[2])], default=args[1])


def _decode(args: list[exp.Expr]) -> exp.Case:
    branches, i = [], 1
    while i + 1 < len(args):
        test = exp.NullSafeEQ(this=args[0].copy(), expression=args[i])
        branches.append(exp.If(this=test, true=args[i + 1]))
        i += 2
    return exp.Case(ifs=branches, default=args[i] if i < len(args) else None)


def _null_if_any(name: str) -> Callable[[list[exp.Expr]], exp.Expr]:
    """GREATEST and LEAST are null when any argument is (in PostgreSQL: when all are)."""

    def make(args: list[exp.Expr]) -> exp.Expr:
        any_null = exp.or_(*[is_null(a.copy()) for a in args])
        null = exp.If(this=any_null, true=exp.Null())
        return exp.Case(ifs=[null], default=call(name, *args))

    return make


def _interval(args: list[exp.Expr]) -> exp.Expr:
    unit = (args[1].this if isinstance(args[1], exp.Cast) else args[1]).name.lower()
    return exp.Mul(this=args[0], expression=exp.Var(this=f"interval '1 {unit}'"))


def _number(node: exp.Expr) -> exp.Expr:
    return typed(node, "numeric") if isinstance(node, exp.Literal) else node


def _to_vector(args: list[exp.Expr]) -> exp.Expr:
    """Translate TO_VECTOR(value [, dimensions [, format]])."""
    words = [each.sql().upper().strip('"') for each in args[1:]]
    dims, form, layout = (*words, *("*", "*", "DENSE")[len(words) :])[:3]
    if layout != "DENSE":
        raise error(3001, "sparse vectors")
    given = [exp.Var(this="0" if dims == "*" else dims)]
    if form != "*":
        given.append(exp.Var(this=str(VECTOR_FORMATS[form])))
    return call("ora.to_vector", args[0], *given)


def _distance(args: list[exp.Expr]) -> exp.Expr:
    metric = [exp.Literal.string(a.sql().upper().strip('"')) for a in args[2:]]
    return call("ora.vector_distance", *args[:2], *metric)


SPECIAL: dict[str, Callable[[list[exp.Expr]], exp.Expr]] = {
    "NVL": lambda args: exp.Coalesce(this=args[0], expressions=args[1:]),
    "NVL2": _nvl2,
    "TO_VECTOR": _to_vector,
    "VECTOR_DISTANCE": _distance,
    "DECODE": _decode,
    "GREATEST": _null_if_any("greatest"),
    "LEAST": _null_if_any("least"),
    "CONCAT": lambda args: call("ora.cat", *map(as_text, args)),
    "NUMTODSINTERVAL": _interval,
    "POWER": lambda args: call("ora.power", *map(_number, args)),
    "TRIM": lambda args: call("ora.ltrim", call("ora.rtrim", *args)),
}
