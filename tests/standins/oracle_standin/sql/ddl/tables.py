"""CREATE TABLE: plain, temporary, and as a query's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.errors import OraError
from oracle_standin.sql.lexer import closing, quoted, split_commas
from oracle_standin.sql.messages import error

from .columns import Body
from .fitting import refit
from .options import read_options
from .partitions import make_partitions

if TYPE_CHECKING:
    from .options import TableOptions
    from .statement import Statement


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
    options = _options(s, i, end)
    if private:
        head = f"TEMP TABLE {quoted(name)}"
        keep = " ON COMMIT " + ("PRESERVE ROWS" if options.on_commit == "PRESERVE" else "DROP")
    if options.query is None:
        body = Body(s, schema, name)
        body.add(split_commas(s.tokens[i + 1 : end - 1]))
        _check_organization(options, body)
        items = ", ".join([col.sql for col in body.columns] + body.constraints)
        s.work.run(f"CREATE {head} ({items}){keep}")
        oid = s.relation(schema, name)
        body.save(oid, quoted(name) if private else s.qualified(schema, name))
    else:
        oid = _create_as_select(s, head + keep, schema, name, options.query)
    refit(s.work, oid, quoted(name) if private else s.qualified(schema, name))
    _save_options(s, oid, s.qualified(schema, name), options, is_global="GLOBAL" in prefixes)


def _check_organization(options: TableOptions, body: Body) -> None:
    if options.of_index and not any("PRIMARY KEY" in each for each in body.constraints):
        raise OraError(25175, "no PRIMARY KEY constraint found")


def _options(s: Statement, i: int, end: int) -> TableOptions:
    """What follows the columns, which are between the two indexes: columns or a query."""
    options = read_options(s, end)
    if end == i and options.query is None:
        raise error(906 if i >= len(s.tokens) else 922)
    if end > i and options.query is not None:
        raise error(1773)
    return options


def _save_options(
    s: Statement, oid: int, target: str, options: TableOptions, *, is_global: bool
) -> None:
    scope = None
    if is_global:
        scope = "SYS$SESSION" if options.on_commit == "PRESERVE" else "SYS$TRANSACTION"
    s.save(
        "INSERT INTO ora.tab (relid, gtt, compression, moves, iot) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        *(oid, scope, options.compression, options.row_movement, options.of_index),
    )
    if options.partitions:
        make_partitions(s, oid, target, options.partitions)


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
            if s.session.release.rules.not_null_of_queries:
                _keep_not_null(s, schema, name, k, (probe.ftable(k), probe.ftablecol(k)))
    return oid


def _keep_not_null(
    s: Statement, schema: str | None, name: str, k: int, source: tuple[int, int]
) -> None:
    """A column that is NOT NULL in its table, but by its primary key, is so in the new one."""
    column = s.work.value(
        "SELECT n.attname::text FROM pg_attribute a JOIN pg_attribute n ON n.attrelid = "
        "to_regclass(%s) AND n.attnum = %s WHERE a.attrelid = %s AND a.attnum = %s "
        "AND a.attnotnull AND NOT EXISTS (SELECT 1 FROM pg_constraint p "
        "WHERE p.conrelid = a.attrelid AND p.contype = 'p' AND a.attnum = ANY(p.conkey))",
        *(s.qualified(schema, name), k + 1, *source),
    )
    if column:
        s.work.run(
            f"ALTER TABLE {s.qualified(schema, name)} ALTER COLUMN {quoted(column)} SET NOT NULL"
        )
