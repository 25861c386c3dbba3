"""CREATE TABLE: plain, temporary, and as a query's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import closing, quoted, split_commas, words
from oracle_standin.sql.messages import error

from .columns import Body

if TYPE_CHECKING:
    from .statement import Statement

_QUERY_HEADS = frozenset(("SELECT", "WITH", "("))


def create_table(s: Statement, i: int, prefixes: set[str]) -> None:
    if_not_exists, i = s.if_clause(i)
    schema, name, i = s.object_name(i)
    s.session.access.require_create(s.owner(schema), "TABLE")
    private = "PRIVATE" in prefixes
    if private and not s.dictionary.full(name).startswith("ORA$PTT_"):
        raise error(903)
    if not private and s.exists(schema, name):
        if if_not_exists:
            return
        raise error(955)
    end = closing(s.tokens, i) + 1 if i < len(s.tokens) and s.tokens[i].text == "(" else i
    head, keep = "TABLE " + s.qualified(schema, name), ""
    on_commit = _on_commit(s, end)
    if private:
        head = f"TEMP TABLE {quoted(name)}"
        keep = " ON COMMIT " + ("PRESERVE ROWS" if on_commit == "PRESERVE" else "DROP")
    if end > i:
        body = Body(s, schema, name)
        body.add(split_commas(s.tokens[i + 1 : end - 1]))
        items = ", ".join([col.sql for col in body.columns] + body.constraints)
        s.work.run(f"CREATE {head} ({items}){keep}")
        oid = s.relation(schema, name)
        body.save(oid, quoted(name) if private else s.qualified(schema, name))
    else:
        oid = _create_as_select(s, head + keep, schema, name, _query_start(s, end))
    scope = None
    if "GLOBAL" in prefixes:
        scope = "SYS$SESSION" if on_commit == "PRESERVE" else "SYS$TRANSACTION"
    s.save("INSERT INTO ora.tab VALUES (%s, %s) ON CONFLICT DO NOTHING", oid, scope)


def _on_commit(s: Statement, end: int) -> str:
    tail = words(s.tokens[end:])
    return tail[tail.index("COMMIT") + 1] if "COMMIT" in tail else ""


def _query_start(s: Statement, end: int) -> int:
    """The position in the text of the query of CREATE TABLE AS."""
    for k in range(end, len(s.tokens) - 1):
        if s.word(k) == "AS" and s.word(k + 1) in _QUERY_HEADS:
            return s.tokens[k + 1].start
    raise error(922 if s.tokens[end:] else 906)


def _create_as_select(s: Statement, head: str, schema: str | None, name: str, start: int) -> int:
    """CREATE TABLE AS: columns that come straight from a table keep their Oracle type."""
    select = s.query(start)
    if s.work.run(f"CREATE {head} AS {select}"):
        s.session.access.require_space(s.owner(schema))
    oid = s.relation(schema, name)
    probe = s.work.conn.execute(f"SELECT * FROM ({select}) x LIMIT 0").pgresult
    for k in range(probe.nfields if probe else 0):
        if probe and probe.ftable(k):
            s.save(
                "INSERT INTO ora.col SELECT %s, %s, dtype, dlen, clen, cu, prec, scale "
                "FROM ora.col WHERE relid = %s AND attnum = %s",
                *(oid, k + 1, probe.ftable(k), probe.ftablecol(k)),
            )
    return oid
