"""What follows the columns of CREATE TABLE: only what a client can notice is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import closing
from oracle_standin.sql.messages import error

from .partitions import Partitions, read_partitions

if TYPE_CHECKING:
    from .statement import Statement

_NOTHING_TO_SEE = frozenset(
    """
    LOGGING NOLOGGING FILESYSTEM_LIKE_LOGGING CACHE NOCACHE NOPARALLEL MONITORING NOMONITORING
    ROWDEPENDENCIES NOROWDEPENDENCIES SEGMENT CREATION IMMEDIATE DEFERRED INMEMORY NO HEAP
    NOCOMPRESS
    """.split()  # noqa: SIM905 - a table of words
)
_WITH_A_WORD = frozenset(("TABLESPACE", "PCTFREE", "PCTUSED", "INITRANS", "MAXTRANS"))
_WITH_PARENTHESES = frozenset(("STORAGE", "RESULT_CACHE"))
_ENDS = frozenset(("SELECT", "WITH"))


@dataclass
class TableOptions:
    """The properties of a table beside its columns."""

    on_commit: str = ""  # DELETE, PRESERVE, DROP (a temporary table)
    compression: str | None = None  # BASIC or ADVANCED
    row_movement: bool = False
    of_index: bool = False  # ORGANIZATION INDEX
    partitions: Partitions | None = None
    query: int | None = None  # position in the text of the query of CREATE TABLE AS


def read_options(s: Statement, i: int) -> TableOptions:
    """Read the options from index i on; what is none raises ORA-00922."""
    out = TableOptions()
    while i < len(s.tokens):
        i = _option(s, i, out)
    return out


def _option(s: Statement, i: int, out: TableOptions) -> int:
    """Read one option; gives the index after it."""
    word = s.word(i)
    if word in _READERS:
        return _READERS[word](s, i, out)
    if word in _NOTHING_TO_SEE:
        return i + 1
    if word in _WITH_A_WORD:
        return i + 2
    if word in _WITH_PARENTHESES:
        return closing(s.tokens, i + 1) + 1
    raise error(922)


def _query(s: Statement, i: int, out: TableOptions) -> int:
    if s.word(i + 1) not in _ENDS and s.word(i + 1) != "(":
        raise error(922)
    out.query = s.tokens[i + 1].start
    return len(s.tokens)


def _on_commit(s: Statement, i: int, out: TableOptions) -> int:
    if s.word(i + 1) != "COMMIT":
        raise error(922)
    out.on_commit = s.word(i + 2)  # then ROWS or DEFINITION
    return i + 4


def _compress(s: Statement, i: int, out: TableOptions) -> int:
    """Read COMPRESS [BASIC | FOR OLTP | ...] or ROW STORE COMPRESS [BASIC | ADVANCED]."""
    i += 3 if s.word(i) == "ROW" else 1
    out.compression = "BASIC"
    if s.word(i) == "FOR":
        out.compression = "ADVANCED"
        return i + 2
    if s.word(i) in ("BASIC", "ADVANCED"):
        out.compression = s.word(i)
        return i + 1
    return i


def _row_movement(s: Statement, i: int, out: TableOptions) -> int:
    if (s.word(i + 1), s.word(i + 2)) != ("ROW", "MOVEMENT"):
        raise error(922)
    out.row_movement = s.word(i) == "ENABLE"
    return i + 3


def _parallel(s: Statement, i: int, _: TableOptions) -> int:
    return i + 2 if i + 1 < len(s.tokens) and s.tokens[i + 1].kind == "num" else i + 1


def _lob(s: Statement, i: int, _: TableOptions) -> int:
    """Read LOB (a, b) STORE AS [SECUREFILE | BASICFILE] [(...)]."""
    end = closing(s.tokens, i + 1) + 1
    if (s.word(end), s.word(end + 1)) != ("STORE", "AS"):
        raise error(922)
    end += 2
    if s.word(end) in ("SECUREFILE", "BASICFILE"):
        end += 1
    return closing(s.tokens, end) + 1 if s.word(end) == "(" else end


def _organization(s: Statement, i: int, out: TableOptions) -> int:
    """Read ORGANIZATION HEAP | INDEX."""
    if s.word(i + 1) not in ("HEAP", "INDEX"):
        raise error(922)
    out.of_index = s.word(i + 1) == "INDEX"
    return i + 2


def _json(s: Statement, i: int, _: TableOptions) -> int:
    """Read JSON (columns) STORE AS (..)."""
    end = closing(s.tokens, i + 1) + 1
    if (s.word(end), s.word(end + 1)) != ("STORE", "AS"):
        raise error(922)
    return closing(s.tokens, end + 2) + 1


def _nested_table(s: Statement, i: int, _: TableOptions) -> int:
    """Read NESTED TABLE column STORE AS name [(NESTED TABLE ..)]; nothing is stored by itself."""
    if (s.word(i + 1), s.word(i + 3), s.word(i + 4)) != ("TABLE", "STORE", "AS"):
        raise error(922)
    return closing(s.tokens, i + 6) + 1 if s.word(i + 6) == "(" else i + 6


def _partition(s: Statement, i: int, out: TableOptions) -> int:
    out.partitions, end = read_partitions(s, i)
    return end


_READERS = {
    "AS": _query,
    "ON": _on_commit,
    "COMPRESS": _compress,
    "ROW": _compress,
    "ENABLE": _row_movement,
    "DISABLE": _row_movement,
    "PARALLEL": _parallel,
    "LOB": _lob,
    "NESTED": _nested_table,
    "JSON": _json,
    "ORGANIZATION": _organization,
    "PARTITION": _partition,
}
