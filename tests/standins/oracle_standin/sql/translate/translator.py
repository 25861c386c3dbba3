"""A statement from Oracle's text to PostgreSQL's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from oracle_standin.sql.lexer import RESERVED, Token, tokenize
from oracle_standin.sql.messages import error

from . import refused, strict, writes
from .described import labels, told_types
from .expressions import Expressions
from .hidden import spell_stars
from .nodes import final, is_final
from .padding import pad_comparisons
from .result import Translation
from .rows import connect_by_level, rownum_limit, rownum_of_write
from .source import cut_merge_delete, cut_returning, generate, parse, prepare
from .width import check_inline_views

if TYPE_CHECKING:
    from .asked import Asked

_HINT = re.compile(r"\w+")
_FROM_DUAL = re.compile(r"SELECT\s+(\*|1)\s+FROM\s+DUAL\s*", re.IGNORECASE)


class Translator:
    """Translates a statement with what a session's dictionary answers."""

    def __init__(self, dictionary: Asked) -> None:
        self.dictionary = dictionary
        self.expressions = Expressions(dictionary)

    def translate(self, sql: str) -> Translation:
        text, num_binds = prepare(sql)
        tokens = tokenize(text)
        out = Translation(next((t.word for t in tokens if t.text != "("), ""))
        hints = {
            word
            for t in tokenize(sql)
            if t.kind == "hint"
            for word in _HINT.findall(t.text.upper())
        }
        second = tokens[1].word if len(tokens) > 1 else ""
        delete_where = None
        if out.head == "INSERT" and second in ("ALL", "FIRST"):
            out.texts = self._insert_all(text, tokens, out)
            out.num_binds = num_binds
            return out
        if out.head == "MERGE":
            text, delete_where = cut_merge_delete(text, tokens)
        elif out.head == "DELETE" and second not in ("FROM", ""):
            text = text[: tokens[0].end] + " FROM" + text[tokens[0].end :]
        if out.head in ("INSERT", "UPDATE", "DELETE"):
            text, out.num_returning = cut_returning(text, tokens)
        out.num_binds = num_binds - out.num_returning
        tree = self._checked(parse(text), out)
        if isinstance(tree, exp.Insert):
            of_values = isinstance(tree.expression, exp.Values)
            out.appends = ("APPEND_VALUES" if of_values else "APPEND") in hints
        out.parallel = not (
            isinstance(tree, exp.Insert) and isinstance(tree.expression, exp.Values)
        )
        out.told = told_types(tree, self.dictionary.release)
        out.labels = labels(tree, [t for t in tokenize(sql) if t.kind != "hint"])
        out.texts = [generate(self._rewrite(tree, out, delete_where), out.num_binds)]
        return out

    def _checked(self, tree: exp.Expr, out: Translation) -> exp.Expr:
        if isinstance(tree, exp.Command):
            raise error(900)
        if out.is_query and any(tree.find_all(exp.Limit)):
            raise error(933)  # LIMIT is no Oracle syntax; FETCH is exp.Fetch
        refused.check(tree)
        locking = [s for s in tree.find_all(exp.Select) if s.args.get("locks")]
        unlockable = ("distinct", "group", *(("limit",) if self._is_before_23 else ()))
        if any(s.args.get(part) for s in locking for part in unlockable):
            raise error(2014)
        out.locks = bool(locking)
        return tree

    @property
    def _is_before_23(self) -> bool:
        return self.dictionary.release.number < 23

    def expression(self, sql: str) -> str:
        """Translate one expression without binds: a DEFAULT, a CHECK condition, an index column."""
        tree = parse(prepare(f"SELECT {sql} FROM dual")[0])
        refused.check(tree)
        tree = self._rewrite(tree, Translation("SELECT"), None)
        text: str = tree.expressions[0].sql(dialect="postgres")
        return text

    def _insert_all(self, sql: str, tokens: list[Token], out: Translation) -> list[str]:
        """Translate INSERT ALL INTO .. INTO .. SELECT * FROM dual to an INSERT for each INTO."""
        parts, i = [], 2
        while tokens[i].word == "INTO":
            end = i + 1
            while tokens[end].word not in ("INTO", "SELECT", "WITH"):
                end += 1
            parts.append(sql[tokens[i].start : tokens[end].start])
            i = end
        if not _FROM_DUAL.fullmatch(sql[tokens[i].start :]):
            raise error(3001, "INSERT ALL with a subquery")
        trees = [self._rewrite(parse(f"INSERT {part}"), out, None) for part in parts]
        return [generate(tree, 1) for tree in trees]

    def _rewrite(self, tree: exp.Expr, out: Translation, delete_where: str | None) -> exp.Expr:
        if any(column.args.get("join_mark") for column in tree.find_all(exp.Column)):
            tree = sqlglot.transforms.eliminate_join_marks(tree)
        self._rewrite_selects(tree)
        self._resolve_tables(tree, out)
        strict.check(self.expressions, tree)
        pad_comparisons(self.expressions, tree)
        spell_stars(self.expressions, tree)
        if self.dictionary.release.rules.view_columns:
            check_inline_views(self.expressions, tree)
        _name_subqueries(tree)
        self._rewrite_write(tree, out, delete_where)
        tree = self.expressions.visit(tree)
        for identifier in list(tree.find_all(exp.Identifier)):
            if not is_final(identifier):
                identifier.args["this"] = self.expressions.name(identifier)
                identifier.args["quoted"] = True
        return tree

    def _rewrite_write(self, tree: exp.Expr, out: Translation, delete_where: str | None) -> None:
        if isinstance(tree, exp.Merge):
            writes.Merge(self.expressions, tree, out).rewrite(delete_where)
        elif isinstance(tree, exp.Update):
            writes.update(self.expressions, tree, out)
        elif isinstance(tree, exp.Insert):
            writes.insert(self.expressions, tree, out)

    def _rewrite_selects(self, tree: exp.Expr) -> None:
        if isinstance(tree, (exp.Update, exp.Delete)):
            rownum_of_write(tree)
        for clause in tree.find_all(exp.With):
            clause.args["recursive"] = True  # Oracle has no such word
        for select in list(tree.find_all(exp.Select)):
            if not select.args.get("from_") and self.dictionary.release.number < 23:
                raise error(923)
            rownum_limit(select)
            connect_by_level(select)

    def _resolve_tables(self, tree: exp.Expr, out: Translation) -> None:
        """Resolve synonyms and temporary tables, refuse reserved words, and note the uses."""
        written = writes.targets(tree)
        aliases = {cte.alias_or_name.upper() for cte in tree.find_all(exp.CTE)}
        for table in list(tree.find_all(exp.Table)):
            if not isinstance(table.this, exp.Identifier):
                continue
            self._resolve(table, aliases, out)
            name = self.expressions.name(table.this)
            schema = self.expressions.name(table.args["db"]) if table.args.get("db") else None
            if (schema or name not in aliases) and not table.meta.get("again"):
                actions = written.get(id(table), ("SELECT",))
                out.uses.update((schema, name, action) for action in actions)

    def _resolve(self, table: exp.Table, aliases: set[str], out: Translation) -> None:
        if not table.this.args.get("quoted") and table.this.this.upper() in RESERVED:
            raise error(903)
        name = self.expressions.name(table.this)
        given = self.expressions.name(table.args["db"]) if table.args.get("db") else None
        if given is None and name in aliases:
            return
        schema, found = self.dictionary.resolve(given, name)
        if (schema, found) != (given, name):
            table.set("db", exp.to_identifier(schema, quoted=True))
            table.set("this", exp.to_identifier(found, quoted=True))
        if given is None and self.dictionary.is_temporary(found):
            table.set("db", None)
            out.temporary.add(name)


def _name_subqueries(tree: exp.Expr) -> None:
    for n, subquery in enumerate(tree.find_all(exp.Subquery)):
        if isinstance(subquery.parent, (exp.From, exp.Join)) and not subquery.alias:
            subquery.set("alias", exp.TableAlias(this=final(f"_q{n}")))
