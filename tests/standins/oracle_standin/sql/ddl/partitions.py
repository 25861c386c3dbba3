"""Partitions: which one a row belongs to, and what may not happen to their keys.

A partitioned table is a plain one here, with a trigger that finds the partition of each row, also
in direct path loads.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import closing, quoted, split_commas, words
from oracle_standin.sql.messages import error

if TYPE_CHECKING:
    from oracle_standin.sql.lexer import Token

    from .statement import Statement

_METHODS = ("RANGE", "LIST", "HASH")


@dataclass
class Partitions:
    """How a table is partitioned; ``bounds`` are conditions on the key in PostgreSQL's SQL."""

    method: str
    columns: list[str]
    names: list[str] = field(default_factory=list)
    bounds: list[str] = field(default_factory=list)
    interval: bool = False  # rows beyond the last partition make new ones


def read_partitions(s: Statement, i: int) -> tuple[Partitions, int]:
    """Parse PARTITION BY ... at index i; gives it and the index after it."""
    method = s.word(i + 2)
    if s.word(i + 1) != "BY" or method not in _METHODS or s.word(i + 3) != "(":
        raise error(3001, f"PARTITION BY {method}")
    end = closing(s.tokens, i + 3)
    out = Partitions(method, s.name_list(s.tokens[i + 4 : end]))
    i = end + 1
    if s.word(i) == "INTERVAL":
        out.interval = True
        i = closing(s.tokens, i + 1) + 1
    if method == "HASH":
        return out, _hash_end(s, i)
    if s.word(i) != "(":
        raise error(3001, f"PARTITION BY {method} .. {s.word(i)}")
    end = closing(s.tokens, i)
    for part in split_commas(s.tokens[i + 1 : end]):
        _read_partition(s, part, out)
    return out, end + 1


def _hash_end(s: Statement, i: int) -> int:
    """Any row has a place in PARTITIONS n, or in a list of names."""
    if s.word(i) == "PARTITIONS":
        return i + 2
    return closing(s.tokens, i) + 1


def _read_partition(s: Statement, part: list[Token], out: Partitions) -> None:
    """Parse PARTITION [name] VALUES LESS THAN (..) or VALUES (..)."""
    given = words(part)
    if given[0] != "PARTITION" or "VALUES" not in given:
        raise error(3001, " ".join(given[:2]))
    at = given.index("VALUES")
    out.names.append(s.identifier(part[1]) if at > 1 else f"SYS_P{len(out.names) + 1}")
    start = given.index("(", at)
    values = split_commas(part[start + 1 : closing(part, start)])
    made = _below if out.method == "RANGE" else _among
    out.bounds.append(made(s, out.columns, values))


def _below(s: Statement, columns: list[str], values: list[list[Token]]) -> str:
    """The key is less than the bounds; NULL is above all values, MAXVALUE above NULL."""
    condition = "false"
    for column, value in reversed(list(zip(columns, values, strict=True))):
        key = f"NEW.{quoted(column)}"
        if words(value) == ["MAXVALUE"]:
            condition = "true"
            continue
        bound = s.expression(value)
        less = f"{key} < {bound}"
        if condition != "false":
            less += f" OR ({key} = {bound} AND {condition})"
        condition = f"coalesce({less}, false)"
    return condition


def _among(s: Statement, columns: list[str], values: list[list[Token]]) -> str:
    if len(columns) > 1:
        raise error(3001, "PARTITION BY LIST of several columns")
    key = f"NEW.{quoted(columns[0])}"
    if [words(value) for value in values] == [["DEFAULT"]]:
        return "true"
    tests = [
        f"{key} IS NULL" if words(value) == ["NULL"] else f"{key} = {s.expression(value)}"
        for value in values
    ]
    return f"coalesce({' OR '.join(tests)}, false)"


def make_partitions(s: Statement, oid: int, target: str, partitions: Partitions) -> None:
    """Keep the partitions, and have each row checked."""
    s.save("UPDATE ora.tab SET parts = %s WHERE relid = %s", json.dumps(asdict(partitions)), oid)
    if not partitions.bounds:
        return
    cases = " ".join(f"WHEN {test} THEN {n}" for n, test in enumerate(partitions.bounds, 1))
    last = len(partitions.bounds) + 1 if partitions.interval else "NULL"
    found = f"CASE {cases} ELSE {last} END"
    before = found.replace("NEW.", "OLD.")
    s.work.run(
        f'CREATE FUNCTION ora."part_{oid}"() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN '
        f"IF ora.ruled('partitions') AND ({found}) IS NULL THEN "
        "PERFORM ora.raise(14400, 'inserted partition key does not map to any partition'); END IF; "
        "IF TG_OP = 'UPDATE' AND ora.ruled('partitions') THEN "
        f"IF ({found}) <> ({before}) AND NOT (SELECT moves FROM ora.tab WHERE relid = {oid}) THEN "
        "PERFORM ora.raise(14402, 'updating partition key column would cause a partition change');"
        " END IF; END IF; RETURN NEW; END $body$"
    )
    s.work.run(
        f'CREATE TRIGGER "ORA$PART" BEFORE INSERT OR UPDATE ON {target} FOR EACH ROW '
        f'EXECUTE FUNCTION ora."part_{oid}"()'
    )
    s.work.run(f'ALTER TABLE {target} ENABLE ALWAYS TRIGGER "ORA$PART"')


def key_columns(s: Statement, oid: int) -> list[str]:
    """Return the columns by which a table is partitioned."""
    if not s.session.release.rules.partitions:
        return []
    kept = s.work.value("SELECT parts FROM ora.tab WHERE relid = %s", oid)
    return list(json.loads(kept)["columns"]) if kept else []
