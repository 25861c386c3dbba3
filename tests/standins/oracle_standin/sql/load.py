"""Direct path loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError

from .copying import Copy
from .copytext import NeedsInsertError, copy_as_sent, copy_column
from .ddl.room import make_room
from .describe import describe
from .lexer import fold, quoted
from .messages import error, invalid_identifier
from .settings import LOCK_PATIENCE
from .translate.writes import check_generated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oracle_standin.backend import Column

    from .dictionary import TableColumn
    from .parts import SessionParts


def load_columns(session: SessionParts, schema: str, table: str, names: list[str]) -> list[Column]:
    """Describe the columns of a load, with the table locked until its end (or ORA-00054)."""
    owner, known_table, oid = _find_table(session, schema, table)
    session.access.require_on(owner, known_table, "INSERT")
    session.access.require_space(owner)
    target = f"{quoted(owner)}.{quoted(known_table)}"
    try:
        session.work.changed = True
        # Not NOWAIT: a vacuum of PostgreSQL's own makes way only for those who wait for its lock.
        session.work.run(f"SET LOCAL lock_timeout = {LOCK_PATIENCE}")
        session.work.run(f"LOCK TABLE {target} IN EXCLUSIVE MODE")
        session.work.run("SET LOCAL lock_timeout = 0")
        return _describe(session, oid, session.dictionary.columns(owner, known_table), names)
    except BaseException:
        session.rollback()
        raise


def _describe(
    session: SessionParts, oid: int, known: dict[str, TableColumn], names: list[str]
) -> list[Column]:
    rows = session.work.rows(
        "SELECT attname::text, attnum FROM pg_attribute WHERE attrelid = %s "
        "AND attnum > 0 AND NOT attisdropped",
        oid,
    )
    found = {session.dictionary.full(name): number for name, number in rows}
    out = []
    for name in names:
        full = name if name in found else fold(name)
        declared = session.dictionary.declared(oid, found.get(full, 0))
        if declared is None:
            raise invalid_identifier(name)
        check_generated(known.get(session.dictionary.short(full)), None, inserting=True)
        out.append(describe(full, *declared))
    return out


def load_rows(
    session: SessionParts,
    schema: str,
    table: str,
    columns: list[Column],
    values: Sequence[Sequence[Any]],
) -> None:
    """Add rows; the first that fails undoes all of this call."""
    owner, name, oid = _find_table(session, schema, table)
    names = [session.dictionary.short(column.name) for column in columns]
    known = session.dictionary.columns(owner, name)
    unchecked = session.release.rules.direct_path_unchecked
    texts = _copy_texts(session, [known[n].postgres for n in names], values)
    session.work.changed = True
    target = f"{quoted(owner)}.{quoted(name)}"
    copy = Copy(session.work, target, names, texts)
    if unchecked:
        make_room(session.work, oid, target, dict(zip(names, texts, strict=True)))
        # Neither triggers nor foreign keys, as in Oracle.
        session.work.run("SET LOCAL session_replication_role = replica")
    failed = copy.span(0, len(copy.lines))
    if unchecked:
        session.work.run("SET LOCAL session_replication_role = origin")
    if failed is not None:
        mapped = session.mapped(failed[1], "INSERT", "")
        if isinstance(mapped, OraError):
            mapped.row = failed[0]
        raise mapped


def _copy_texts(
    session: SessionParts, types: list[str], values: Sequence[Sequence[Any]]
) -> list[list[str]]:
    """Write each column's values as COPY reads them."""
    unchecked = session.release.rules.direct_path_unchecked
    make = copy_as_sent if unchecked else copy_column
    try:
        texts = [make(column, of) for of, column in zip(types, values, strict=True)]
    except NeedsInsertError:
        raise error(932, "a value of another type") from None
    if unchecked and session.release.charset != "AL32UTF8":
        return [[session.release.misread(text) for text in column] for column in texts]
    return texts


def _find_table(session: SessionParts, schema: str, table: str) -> tuple[str, str, int]:
    """Return the schema, the name and the oid of a table.

    Unquoted names fold to upper case; a name that exists just as written is taken, too.
    """
    for owner in (schema, fold(schema)):
        for name in (table, fold(table)):
            short = session.dictionary.short(name)
            oid = session.work.value(
                "SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND "
                "relname = %s AND relkind = 'r'",
                quoted(owner),
                short,
            )
            if oid:
                return owner, short, oid
    raise error(942)
