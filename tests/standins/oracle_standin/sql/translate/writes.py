"""INSERT, UPDATE and MERGE: column lists, LOB binds, and Oracle's rules for MERGE."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.errors import OraError
from oracle_standin.sql.lexer import RESERVED
from oracle_standin.sql.messages import error

from .source import parse

if TYPE_CHECKING:
    from oracle_standin.sql.dictionary import TableColumn

    from .expressions import Expressions
    from .result import Translation

_LONG_TYPES = frozenset(("ora.clob", "ora.blob", "json"))


def targets(tree: exp.Expr) -> dict[int, tuple[str, ...]]:
    """Return what is done with the table that a statement writes, by the id of its node."""
    if isinstance(tree, exp.Merge):
        actions = {when.args["then"].key.upper() for when in tree.args["whens"].expressions}
        return {id(tree.this): tuple(actions & {"INSERT", "UPDATE"})}
    if isinstance(tree, (exp.Insert, exp.Update, exp.Delete)):
        into = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        return {id(into): (tree.key.upper(),)}
    return {}


def table_columns(names: Expressions, table: exp.Expr) -> dict[str, TableColumn]:
    """Return the columns of a table that a statement names, or none when it is not known."""
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        return {}
    schema = names.name(table.args["db"]) if table.args.get("db") else None
    return names.dictionary.columns(schema, names.name(table.this))


def note_long(value: exp.Expr, column: TableColumn | None, out: Translation) -> None:
    """Remember a bind that is the whole value of a LOB column: it may be of any length."""
    if isinstance(value, exp.Placeholder) and column and column.postgres in _LONG_TYPES:
        out.long_binds.add(int(value.this[1:]))


def insert(names: Expressions, tree: exp.Insert, out: Translation) -> None:
    source = tree.expression
    rows = [row.expressions for row in source.expressions] if isinstance(source, exp.Values) else []
    if len(rows) > 1 and names.dictionary.release.number < 23:
        raise error(933)
    if isinstance(tree.this, exp.Schema):
        columns = table_columns(names, tree.this.this)
        written = tree.this.expressions
        listed = [_listed(names, item) for item in written if isinstance(item, exp.Identifier)]
    else:
        columns = table_columns(names, tree.this)
        listed = _list_columns(names, tree, columns)
        _check_count(len(listed), source, rows)
    for row in rows or [[]]:
        for name, value in zip_longest(listed, row[: len(listed)]):
            check_generated(columns.get(name), value, inserting=True)
            if value is not None:
                note_long(value, columns.get(name), out)


def _list_columns(
    names: Expressions, tree: exp.Insert, columns: dict[str, TableColumn]
) -> list[str]:
    """Return the columns that an INSERT without a list means, and list them if some are hidden."""
    listed = [name for name, column in columns.items() if not column.hidden]
    if len(listed) < len(columns):
        seen = [exp.to_identifier(names.dictionary.full(name), quoted=True) for name in listed]
        tree.set("this", exp.Schema(this=tree.this.copy(), expressions=seen))
    return listed


def check_generated(column: TableColumn | None, value: exp.Expr | None, *, inserting: bool) -> None:
    """Refuse any value but DEFAULT for an identity GENERATED ALWAYS and a virtual column."""
    if column is None or (value is not None and value.name.upper() == "DEFAULT"):
        return
    if column.always:
        raise error(32795 if inserting else 32796)
    if column.virtual:
        raise error(54013 if inserting else 54017)


def _listed(names: Expressions, item: exp.Identifier) -> str:
    if not item.args.get("quoted") and item.this.upper() in RESERVED:
        raise error(928)
    return names.name(item)


def _check_count(columns: int, source: exp.Expr, rows: list[list[exp.Expr]]) -> None:
    """Refuse an INSERT without a column list that has not a value for each column."""
    counts = {len(row) for row in rows}
    if isinstance(source, exp.Select) and not source.find(exp.Star):
        counts = {len(source.expressions)}
    if columns and counts and min(counts) < columns:
        raise error(947)
    if columns and counts and max(counts) > columns:
        raise error(913)


def update(names: Expressions, tree: exp.Update, out: Translation) -> None:
    columns = table_columns(names, tree.this)
    for assignment in tree.expressions:
        if isinstance(assignment.this, exp.Column):  # PostgreSQL wants no alias here
            target = assignment.this.this
            column = columns.get(names.name(target))
            check_generated(column, assignment.expression, inserting=False)
            assignment.set("this", exp.column(target))
            note_long(assignment.expression, column, out)


class Merge:
    """A MERGE: WHERE clauses of the branches, DELETE WHERE, ORA-38104."""

    def __init__(self, names: Expressions, tree: exp.Merge, out: Translation) -> None:
        self.names = names
        self.tree = tree
        self.out = out
        target = tree.this
        self.alias = names.name((target.args.get("alias") or target).this)
        self.target_names = {self.alias, names.name(target.this)}
        self.columns = table_columns(names, target)
        if not isinstance(tree.args["on"], exp.Paren):
            raise error(969)
        self.in_on = {
            names.name(column.this)
            for column in tree.args["on"].find_all(exp.Column)
            if self._of_target(column)
        }

    def rewrite(self, delete_where: str | None) -> None:
        branches = []
        for when in self.tree.args["whens"].expressions:
            action = when.args["then"]
            where = action.args.get("where")
            condition = where.this if where else None
            action.set("where", None)
            if isinstance(action, exp.Update):
                assigned = self._update(action)
                if delete_where is not None:
                    branches.append(self._delete(delete_where, assigned, condition))
            elif isinstance(action, exp.Insert):
                self._insert(action)
            if condition is not None:
                when.set("condition", condition)
            branches.append(when)
        self.tree.args["whens"].set("expressions", branches)

    def _of_target(self, node: exp.Expr) -> bool:
        table = node.args.get("table")
        return table is not None and self.names.name(table) in self.target_names

    def _check(self, name: str) -> None:
        if self.columns and name not in self.columns:
            raise error(904, f'"{self.alias}"."{name}"')

    def _update(self, action: exp.Update) -> dict[str, exp.Expr]:
        """Return the assigned values by column."""
        if not action.expressions:
            raise error(927)  # the WHEN that follows is taken for a column
        assigned = {}
        for assignment in action.expressions:
            name = self.names.name(assignment.this.this)
            if name in self.in_on:
                raise OraError(
                    38104,
                    "Columns referenced in the ON Clause cannot be updated: "
                    f'"{self.alias}"."{name}"',
                )
            self._check(name)
            check_generated(self.columns.get(name), assignment.expression, inserting=False)
            assignment.set("this", exp.column(assignment.this.this))
            note_long(assignment.expression, self.columns.get(name), self.out)
            assigned[name] = assignment.expression
        return assigned

    def _delete(
        self, delete_where: str, assigned: dict[str, exp.Expr], condition: exp.Expr | None
    ) -> exp.When:
        """Make DELETE WHERE a branch of its own, tested on the row as it would be updated."""

        def updated(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column) and self._of_target(node):
                value = assigned.get(self.names.name(node.this))
                return exp.Paren(this=value.copy()) if value else node
            return node

        tree = parse(f"SELECT 1 FROM dual WHERE {delete_where}")
        test = tree.args["where"].this.transform(updated)
        if condition is not None:
            test = exp.and_(condition.copy(), test)
        return exp.When(matched=True, source=False, condition=test, then=exp.Var(this="DELETE"))

    def _insert(self, action: exp.Insert) -> None:
        targets = []
        if isinstance(action.this, exp.Tuple):
            for column in list(action.this.expressions):
                if isinstance(column, exp.Column):
                    name = self.names.name(column.this)
                    self._check(name)
                    targets.append(name)
                    column.replace(exp.column(column.this))
        if isinstance(action.expression, exp.Tuple):
            values = action.expression.expressions
            for name, value in zip(targets or self.columns, values, strict=False):
                check_generated(self.columns.get(name), value, inserting=True)
                note_long(value, self.columns.get(name), self.out)
