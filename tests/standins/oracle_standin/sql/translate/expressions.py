"""Expressions: what each node of Oracle's SQL is in PostgreSQL's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.sql.lexer import RESERVED, quoted, tokenize
from oracle_standin.sql.messages import error, invalid_identifier
from oracle_standin.sql.types import decimal_digits, parse_type

from .functions import ORA_FUNCTIONS, SAME_FUNCTIONS, SPECIAL, nested_cursor
from .json import json_call
from .nodes import as_text, call, final, is_final, is_time_literal, time_literal, typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from .asked import Asked

_TYPE = exp.DataType.Type
_TIME_TYPES = frozenset((_TYPE.TIMESTAMP, _TYPE.TIMESTAMPTZ, _TYPE.TIMESTAMPLTZ, _TYPE.DATE))
_CAST_TYPES = {_TYPE.TIMESTAMPLTZ: "ora.ltz", _TYPE.DOUBLE: "float8"}
_NUMBER_PARENTS = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Alias, exp.Select, exp.Tuple)
PSEUDO_COLUMNS = {
    "SYSDATE": "ora.sysdate",
    "SYSTIMESTAMP": "ora.systimestamp",
    "CURRENT_TIMESTAMP": "ora.current_timestamp",
    "CURRENT_DATE": "ora.current_date",
    "LOCALTIMESTAMP": "ora.localtimestamp",
    "DBTIMEZONE": "ora.dbtimezone",
    "SESSIONTIMEZONE": "ora.sessiontimezone",
    "USER": "ora.cur_user",
    "SYS_GUID": "ora.sys_guid",
    "UID": "ora.uid",
}
_SESSION_VALUES = {
    "CURRENT_SESSION_ID": "ora.session_id",
    "CURRENT_SESSION_SERIAL": "ora.session_serial",
}
_CONSTANTS = {
    "BINARY_DOUBLE_INFINITY": "Infinity",
    "BINARY_FLOAT_INFINITY": "Infinity",
    "BINARY_DOUBLE_NAN": "NaN",
    "BINARY_FLOAT_NAN": "NaN",
}
_MONTHS = {"MONTH": 1, "YEAR": 12}


class Expressions:
    """Rewrites a tree bottom-up, with the names of one session."""

    def __init__(self, dictionary: Asked) -> None:
        self.dictionary = dictionary

    def name(self, identifier: exp.Expr) -> str:
        """Return the PostgreSQL name of an identifier."""
        name: str = identifier.this
        return self.dictionary.short(name if identifier.args.get("quoted") else name.upper())

    def visit(self, node: exp.Expr) -> exp.Expr:
        for key, value in list(node.args.items()):
            if isinstance(value, exp.Expr):
                new = self.visit(value)
                if new is not value:
                    node.set(key, new)
            elif isinstance(value, list):
                node.set(key, [self.visit(v) if isinstance(v, exp.Expr) else v for v in value])
        handler = _HANDLERS.get(type(node))
        return handler(self, node) if handler and not is_final(node) else node

    def literal(self, node: exp.Expr) -> exp.Expr:
        parent = node.parent
        if isinstance(node, exp.Literal) and node.is_string:
            if self._keeps_literals(parent):
                return node
            return typed(node.copy(), "text") if node.this else exp.Null()
        return typed(node.copy(), "numeric") if isinstance(parent, _NUMBER_PARENTS) else node

    @staticmethod
    def _keeps_literals(parent: exp.Expr | None) -> bool:
        if isinstance(parent, exp.Cast):
            return parent.args["to"].this in _TIME_TYPES
        return isinstance(parent, (exp.Interval, exp.DataTypeParam)) or is_time_literal(parent)

    def column(self, node: exp.Expr) -> exp.Expr:
        identifier, table = node.this, node.args.get("table")
        if not isinstance(identifier, exp.Identifier) or identifier.args.get("quoted"):
            return node
        word = identifier.this.upper()
        if word == "ROWID":
            return exp.Column(this=final("ctid"), table=table)
        if table is None:
            return self._bare_word(word) or node
        return self._of_another(node, word, table)

    def _of_another(self, node: exp.Expr, word: str, table: exp.Expr) -> exp.Expr:
        """What has a name in front that is no table's: a sequence's, or a package's."""
        if word in _SESSION_VALUES and self.name(table) == "DBMS_DEBUG_JDWP":
            return call(_SESSION_VALUES[word])
        if word not in ("NEXTVAL", "CURRVAL"):
            return node
        sequence = quoted(self.name(table))
        if node.args.get("db"):
            sequence = quoted(self.name(node.args["db"])) + "." + sequence
        return typed(call(word.lower(), exp.Literal.string(sequence)), "numeric")

    @staticmethod
    def _bare_word(word: str) -> exp.Expr | None:
        """Translate an unquoted word without a table; gives None for a column."""
        if word in PSEUDO_COLUMNS:
            return call(PSEUDO_COLUMNS[word])
        if word in _CONSTANTS:
            return typed(exp.Literal.string(_CONSTANTS[word]), "float8")
        if word == "ROWNUM":
            return exp.Var(this="CAST(row_number() OVER () AS numeric)")
        if word == "DEFAULT":
            return exp.Var(this=word)
        if word in RESERVED:
            raise error(936)
        return None

    def divide(self, node: exp.Expr) -> exp.Expr:
        """Divide; of two binds one is said to be a number, or PostgreSQL takes them for doubles."""
        both = isinstance(node.this, exp.Placeholder) and isinstance(
            node.expression, exp.Placeholder
        )
        divided = typed(node.this, "numeric") if both else node.this
        return call("ora.div", divided, node.expression)

    def concat(self, node: exp.Expr) -> exp.Expr:
        return call("ora.cat", as_text(node.this), as_text(node.expression))

    def cast(self, node: exp.Expr) -> exp.Expr:
        source, target = node.this, node.args["to"]
        literal = source if isinstance(source, exp.Literal) else None
        if literal and literal.is_string and target.this in _TIME_TYPES:
            return time_literal(source.this, is_date=target.this == _TYPE.DATE)
        if target.this in _CAST_TYPES:
            kind = exp.DataType.build(_CAST_TYPES[target.this], udt=True)
            return exp.Cast(this=source, to=kind)
        ctype, _ = parse_type(tokenize(target.sql("oracle")), self.dictionary.release)
        if ctype.name in ("VARCHAR2", "NVARCHAR2"):
            return call("left", as_text(source), exp.Literal.number(ctype.chars))
        if literal and not literal.is_string:
            source = typed(source, "numeric")
        if ctype.name == "FLOAT" and self.dictionary.release.rules.float_digits:
            digits = exp.Literal.number(decimal_digits(ctype.precision or 126))
            return call("ora.fit_float", typed(source, "numeric"), digits)
        return exp.Cast(this=source, to=exp.DataType.build(ctype.postgres, udt=True))

    def at_time_zone(self, node: exp.Expr) -> exp.Expr:
        zone = node.args["zone"]
        text = zone.this.name if isinstance(zone, exp.Cast) else ""
        kept = not isinstance(node.parent, exp.Cast)
        if kept and re.match(r"[A-Za-z]", text) and text.upper() not in ("UTC", "GMT"):
            raise error(3001, "time zone regions")  # the value would only have its offset
        return call("ora.at_tz", node.this, zone)

    def add(self, node: exp.Expr) -> exp.Expr:
        """Months and years are added as Oracle does: a day that is not there is ORA-01839."""
        interval = node.expression
        unit = interval.args.get("unit") if isinstance(interval, exp.Interval) else None
        months = _MONTHS.get(unit.name.upper() if unit else "")
        if months is None:
            return node
        count = typed(exp.Literal.string(interval.this.name), "int")
        sign = months if isinstance(node, exp.Add) else -months
        return call(
            "ora.add_ym", node.this, exp.Mul(this=count, expression=exp.Var(this=str(sign)))
        )

    def is_test(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node.expression, exp.JSON):
            return call("ora.is_json", node.this)
        if isinstance(node.this, exp.Placeholder):  # PostgreSQL cannot guess its type
            node.set("this", typed(node.this.copy(), "text"))
        return node

    def trim(self, node: exp.Expr) -> exp.Expr:
        return exp.func("NULLIF", node.copy(), exp.Literal.string(""))

    def dot(self, node: exp.Expr) -> exp.Expr:
        """Translate package.function(...)."""
        if not isinstance(node.expression, exp.Anonymous):
            return node
        name = node.sql(dialect="oracle").split("(")[0].upper().replace('"', "")
        if name.startswith(("DBMS_LOB.", "UTL_RAW.")):
            return call("ora." + name.lower().replace(".", "_"), *node.expression.expressions)
        raise invalid_identifier(name)

    def within_group(self, node: exp.Expr) -> exp.Expr:
        inner = node.this
        if not isinstance(inner, exp.Anonymous) or str(inner.this).upper() != "LISTAGG":
            return node
        value, *rest = inner.expressions
        separator = rest[0] if rest else exp.Literal.string("")
        ordered = exp.Order(this=separator, expressions=node.expression.expressions)
        return call("string_agg", as_text(value), ordered)

    def _constant(self, name: str, args: list[exp.Expr]) -> exp.Expr:
        """Translate a literal of a time, a function without parentheses, or an empty LOB."""
        if name.startswith("ORA_LITERAL_"):
            return time_literal(args[0].this, is_date=name == "ORA_LITERAL_DATE")
        if name.startswith("ORA_PSEUDO_"):
            return call(PSEUDO_COLUMNS[name[11:]])
        if name not in ("EMPTY_CLOB", "EMPTY_BLOB"):
            raise invalid_identifier(name)
        if not self.dictionary.release.rules.empty_lobs:
            return exp.Null()
        kind = exp.DataType.build("ora." + name.removeprefix("EMPTY_").lower(), udt=True)
        node = exp.Cast(this=exp.Literal.string(""), to=kind)
        node.meta["final"] = True
        return node

    def function(self, node: exp.Expr) -> exp.Expr:
        name = (node.this if isinstance(node.this, str) else node.name).upper()
        args = node.expressions
        if isinstance(node.parent, (exp.Dot, exp.WithinGroup)):
            return node  # the parent's business
        if name == "CURSOR" and len(args) == 1:
            return nested_cursor(args[0])
        if node.meta.get("json"):
            return json_call(node, self.dictionary.release)
        if name.startswith(("ORA_LITERAL_", "ORA_PSEUDO_", "EMPTY_")):
            return self._constant(name, args)
        return self._named(name, args)

    def _named(self, name: str, args: list[exp.Expr]) -> exp.Expr:
        if type_name := self.dictionary.type_name(name):
            parts = call("json_build_array", *args)
            return call("ora.construct", exp.Literal.string(type_name), parts)
        if name in ORA_FUNCTIONS:
            return call(f"ora.{name.lower()}", *args)
        if name in SAME_FUNCTIONS:
            return call(name.lower(), *args)
        if name in SPECIAL:
            return SPECIAL[name](args)
        raise invalid_identifier(name)


def _like(_: Expressions, node: exp.Expr) -> exp.Expr:
    """Without ESCAPE no character escapes; PostgreSQL then takes the backslash."""
    if isinstance(node.parent, exp.Escape):
        return node
    return exp.Escape(this=node.copy(), expression=exp.Literal.string(""))


def _escape(_: Expressions, node: exp.Expr) -> exp.Expr:
    like = node.this
    pattern = call("ora.escaped", like.expression.copy(), node.expression.copy())
    like.set("expression", pattern)
    return node


_HANDLERS: dict[type[exp.Expr], Callable[[Expressions, exp.Expr], exp.Expr]] = {
    exp.Literal: Expressions.literal,
    exp.Column: Expressions.column,
    exp.Div: Expressions.divide,
    exp.DPipe: Expressions.concat,
    exp.Cast: Expressions.cast,
    exp.AtTimeZone: Expressions.at_time_zone,
    exp.Add: Expressions.add,
    exp.Sub: Expressions.add,
    exp.Like: _like,
    exp.Escape: _escape,
    exp.Is: Expressions.is_test,
    exp.Trim: Expressions.trim,
    exp.Dot: Expressions.dot,
    exp.WithinGroup: Expressions.within_group,
    exp.Anonymous: Expressions.function,
}
