"""Queries: run, and described in Oracle's types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.backend import Binds, Column, Result

from .describe import describe
from .nested import CURSOR, with_parts
from .objects import ObjectText, type_of
from .writes import check_long_binds, parameters

if TYPE_CHECKING:
    import psycopg

    from .parts import SessionParts
    from .translate.result import Translation
    from .types import ColumnType

# Types of expressions, by PostgreSQL type oid; those of schema ora are added per database.
PLAIN_TYPES = {
    25: "VARCHAR2",
    1043: "VARCHAR2",
    705: "VARCHAR2",
    1042: "CHAR",
    19: "VARCHAR2",
    27: "ROWID",
    1700: "NUMBER",
    23: "NUMBER",
    20: "NUMBER",
    21: "NUMBER",
    701: "BINARY_DOUBLE",
    700: "BINARY_FLOAT",
    17: "RAW",
    1114: "TIMESTAMP",
    16: "BOOLEAN",
    114: "JSON",
    1186: "INTERVAL DAY",
}


def expression_types(oids: dict[str, int]) -> dict[int, str]:
    """Return Oracle's type of an expression by the oid of its PostgreSQL type."""
    return PLAIN_TYPES | {
        oids["clob"]: "CLOB",
        oids["blob"]: "BLOB",
        oids["date"]: "DATE",
        oids["tstz"]: "TIMESTAMP(6) WITH TIME ZONE",
        oids["ltz"]: "TIMESTAMP(6) WITH LOCAL TIME ZONE",
        oids["fixed"]: "CHAR",
        oids["vector"]: "VECTOR",
        oids["udt"]: OBJECT,
        oids["cursor"]: CURSOR,
        oids["ym"]: "INTERVAL YEAR",
    }


OBJECT = "OBJECT"


def run_query(
    session: SessionParts, translation: Translation, binds: Binds, *, describe_only: bool
) -> Result:
    text = translation.texts[0]
    if describe_only:
        if not translation.locks:
            text = f"SELECT * FROM ({text}) q LIMIT 0"
        params: dict[str, Any] = {f"b{i}": None for i in range(translation.num_binds)}
    else:
        check_long_binds(translation, binds, session.release.max_varchar)
        params = next(parameters(translation, binds))
    with session.work.reading():
        # Of tables nothing is prepared: another session's ALTER TABLE would break the plan.
        of_dictionary = {schema for schema, _, _ in translation.uses} == {"SYS"}
        cursor = session.work.conn.execute(text, params or None, prepare=of_dictionary)
        rows = cursor.fetchall()
        columns = _columns(session, cursor, rows, translation)
    if any(column.ora_type in (c.T_OBJECT, c.T_CURSOR) for column in columns):
        rows = with_parts(rows, session.units.seen_shape)
    session.work.changed |= translation.locks
    return Result(columns=columns, rows=rows, rowcount=len(rows))


def _columns(
    session: SessionParts,
    cursor: psycopg.Cursor[Any],
    rows: list[tuple[Any, ...]],
    translation: Translation,
) -> list[Column]:
    """Columns taken straight from a table have their declared type, others a plain one."""
    out, told = [], translation.told
    result = cursor.pgresult
    for i, item in enumerate(cursor.description or ()):
        name = translation.labels.get(i) or session.dictionary.full(item.name)
        declared = result and session.dictionary.declared(result.ftable(i), result.ftablecol(i))
        if session.expression_types.get(item.type_code) == OBJECT:
            texts = [row[i] for row in rows]
            out.append(_object_column(session, name, declared[0] if declared else "", texts))
            continue
        declared = declared or (_told(told[i]) if i in told else None)
        if declared:
            out.append(describe(name, *declared))
            continue
        dtype = session.expression_types.get(item.type_code, "VARCHAR2")
        if dtype == "BOOLEAN" and session.release.number < 23:
            dtype = "NUMBER"
        out.append(describe(name, dtype))
        if dtype == "VECTOR":
            _share_format(out[-1], [row[i] for row in rows])
    return out


def _told(ctype: ColumnType) -> tuple[Any, ...]:
    """A type as `describe` takes it."""
    sizes = (ctype.length, ctype.chars, ctype.precision, ctype.scale)
    return ctype.name, *sizes, True, ctype.char_used


def _object_column(
    session: SessionParts, name: str, declared: str, texts: list[ObjectText | None]
) -> Column:
    """An expression's object is described by its first value."""
    full_name = declared or next((type_of(text) for text in texts if text is not None), "")
    shape = session.units.seen_shape(full_name) if full_name else None
    out = Column(name, c.T_OBJECT)
    if shape is not None:
        out.type_owner, out.type_name, out.oid = shape.owner, shape.name, shape.oid
    return out


def _share_format(column: Column, values: list[Any]) -> None:
    """An expression's VECTOR has the format that its values share, where they do."""
    formats = {value.format for value in values if value is not None}
    if len(formats) == 1:
        column.vector = (column.vector[0], *formats, column.vector[2])
