"""The text of a statement before the parser, and the parser."""

from __future__ import annotations

import itertools
import logging
import re
from typing import TYPE_CHECKING, Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.oracle import Oracle
from sqlglot.parsers.oracle import OracleParser

from oracle_standin.sql.lexer import RESERVED, Token, literal, paren_step, string_value, tokenize
from oracle_standin.sql.messages import error

from .json import json_parser

if TYPE_CHECKING:
    from oracle_standin.errors import OraError

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
_TIMES = ("DATE", "TIMESTAMP")
# Written without parentheses in Oracle; the parser must see calls.
NO_PAREN = frozenset(
    (
        "SYSDATE",
        "SYSTIMESTAMP",
        "CURRENT_TIMESTAMP",
        "CURRENT_DATE",
        "LOCALTIMESTAMP",
        "DBTIMEZONE",
        "SESSIONTIMEZONE",
    )
)


class _Parser(OracleParser):
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: parser
        for name, parser in OracleParser.FUNCTION_PARSERS.items()
        if name in ("CAST", "EXTRACT", "TRIM")
    } | {name: json_parser(name) for name in ("JSON_VALUE", "JSON_QUERY")}


class _PlainOracle(Oracle):
    Parser = _Parser


_DIALECT = _PlainOracle()


def prepare(sql: str) -> tuple[str, int]:
    """Placeholders as :b0 ..., plain string literals, calls for parenthesis-less functions.

    Also gives the number of placeholders.
    """
    parts, last, binds = [], 0, 0
    tokens = tokenize(sql)
    counts = _row_counts(tokens)
    for i, token in enumerate(tokens):
        parts.append(sql[last : token.start] + counts.get(i, ""))
        last = token.end
        if token.kind == "bind":
            if token.text[1:].strip().upper() in RESERVED:
                raise error(1745)
            parts.append(f":b{binds}")
            binds += 1
        else:
            parts.append(_plain(token, tokens[i - 1] if i else None, tokens[i + 1 : i + 2]))
    return "".join(parts) + sql[last:], binds


def _row_counts(tokens: list[Token]) -> dict[int, str]:
    """Return parentheses around the number in FETCH FIRST ... ROWS, by the token behind each."""
    out: dict[int, str] = {}
    words = [token.word for token in tokens]
    for i, pair in enumerate(itertools.pairwise(words)):
        if pair not in (("FETCH", "FIRST"), ("FETCH", "NEXT")):
            continue
        ends = (k for k in range(i + 2, len(words)) if words[k] in ("ROW", "ROWS", "PERCENT"))
        end = next(ends, 0)
        if end > i + 3:
            out |= {i + 2: " (", end: ") "}
    return out


def _plain(token: Token, before: Token | None, after: list[Token]) -> str:
    """Return the text of a token for the parser."""
    if token.is_literal:
        value = literal(string_value(token.text))
        of_time = before is not None and before.kind == "id" and before.word in _TIMES
        return f"({value})" if of_time else value
    if token.kind == "hint":
        return " "
    return _word(token, before, after) if token.kind == "id" else token.text


def _word(token: Token, before: Token | None, after: list[Token]) -> str:
    """Return the text of a word: calls for what is written without parentheses."""
    if token.word in _TIMES and after and after[0].is_literal:
        return f"ora_literal_{token.word}"
    if token.word in NO_PAREN and not (before is not None and before.text == "."):
        return f"ora_pseudo_{token.word}()"
    if token.word == "REAL" and before is not None and before.word == "AS":
        return "FLOAT(63)"
    return token.text


def parse(sql: str) -> exp.Expr:
    """Parse one prepared statement."""
    try:
        trees = [tree for tree in _DIALECT.parse(sql) if tree]
    except sqlglot.errors.SqlglotError as exc:
        raise _syntax_error(sql, exc) from None
    if len(trees) != 1:
        raise error(933)
    return trees[0]


def generate(tree: exp.Expr, num_binds: int) -> str:
    """Write the text for PostgreSQL; with binds, a plain % is doubled."""
    text: str = tree.sql(dialect="postgres")
    return re.sub(r"%(?!\(b\d+\)s)", "%%", text) if num_binds else text


def cut_returning(sql: str, tokens: list[Token]) -> tuple[str, int]:
    """Split off RETURNING .. INTO ..; PostgreSQL's RETURNING has no INTO."""
    start = next(
        (i for i, t in enumerate(tokens) if t.word in ("RETURNING", "RETURN") and t.kind == "id"),
        None,
    )
    if start is None:
        return sql, 0
    into = next((i for i in range(start, len(tokens)) if tokens[i].word == "INTO"), None)
    if into is None:
        raise error(905)
    binds = sum(t.kind == "bind" for t in tokens[into:])
    listed = sql[tokens[start].end : tokens[into].start]
    return f"{sql[: tokens[start].start]} RETURNING {listed}", binds


def cut_merge_delete(sql: str, tokens: list[Token]) -> tuple[str, str | None]:
    """Split off the DELETE WHERE of a MERGE's update branch."""
    depth = 0
    for i, token in enumerate(tokens):
        depth += paren_step(token)
        follows = tokens[i + 1].word if i + 1 < len(tokens) else ""
        if (
            depth == 0
            and token.word == "DELETE"
            and follows == "WHERE"
            and tokens[i - 1].word != "THEN"
        ):
            end, inner = len(sql), 0
            for later in tokens[i + 2 :]:
                inner += paren_step(later)
                if inner == 0 and later.word == "WHEN":
                    end = later.start
                    break
            return sql[: token.start] + " " + sql[end:], sql[tokens[i + 1].end : end]
    return sql, None


def _syntax_error(sql: str, exc: Exception) -> OraError:
    """Return the most likely error of Oracle's, with where the parser stopped."""
    text = sql.lstrip().upper()
    offset = 0
    for detail in getattr(exc, "errors", None) or []:
        lines = sql.split("\n")
        line, col = detail.get("line") or 1, detail.get("col") or 1
        offset = sum(len(x) + 1 for x in lines[: line - 1]) + max(col - 1, 0)
        break
    names = "|".join(RESERVED)
    if re.match(rf"INSERT\s+INTO\s+\S+\s*\([^)]*\b({names})\b", re.sub(r'"[^"]*"', "q", text)):
        return error(928, offset=offset)
    if text.startswith("SELECT") and not re.search(r"\bFROM\b", text):
        return error(923, offset=offset)
    if text.startswith(("SELECT", "WITH", "DELETE", "UPDATE")):
        return error(933, offset=offset)
    return error(900, offset=offset)
