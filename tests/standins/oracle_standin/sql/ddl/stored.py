"""A column as PostgreSQL gets it, and what only our own tables can keep of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import literal, quoted
from oracle_standin.sql.messages import error
from oracle_standin.sql.types import ColumnType, parse_type

if TYPE_CHECKING:
    from oracle_standin.sql.lexer import Token

    from .statement import Statement

_MAX_NAMED = 50  # bytes of a column's name in that of its check; longer ones are hashed


@dataclass
class ColumnDef:
    """A column, ready for PostgreSQL."""

    name: str
    ctype: ColumnType
    text: str = ""  # everything after the type
    default: str | None = None  # DATA_DEFAULT, as written
    default_sql: str = ""
    not_null: bool = False
    on_null: bool = False  # DEFAULT ON NULL
    virtual_sql: str = ""  # the expression of a virtual column
    typed: bool = True  # False: its type is that of its expression
    identity: str | None = None  # ALWAYS or BY DEFAULT
    identity_options: str | None = None
    sequence: str | None = None
    hidden: bool = False  # INVISIBLE

    @property
    def sql(self) -> str:
        return f"{quoted(self.name)} {self.ctype.postgres}{self.text}"


def column_type(s: Statement, part: list[Token]) -> tuple[ColumnType, int]:
    """Parse the type of a column, which may be one of the schema's."""
    names = [t.text[1:-1] if t.kind == "qid" else t.word for t in part[:3:2]]
    is_dotted = len(part) > 2 and part[1].text == "."
    for given in [names] if is_dotted else [names[:1]]:
        kind = s.session.units.kind(given)
        if kind is not None and kind.shape is not None and kind.shape.package is None:
            return ColumnType(kind.shape.full_name, "ora.udt", 2000), 2 * len(given) - 1
    return parse_type(part, s.session.release)


def save_json(s: Statement, oid: int, columns: set[str]) -> None:
    """Keep which columns a check has to be JSON."""
    if columns:
        s.save(
            "UPDATE ora.col SET is_json = true WHERE relid = %s AND attnum IN (SELECT attnum "
            "FROM pg_attribute WHERE attrelid = %s AND attname = ANY(%s))",
            *(oid, oid, sorted(columns)),
        )


def length_check(s: Statement, schema: str | None, table: str, name: str, ctype: ColumnType) -> str:
    """Return a CHECK that raises ORA-12899 with the column, its length and the maximum."""
    if not (ctype.char_used and ctype.is_checked) and ctype.name != "RAW":
        return ""
    measure = "char_length" if ctype.char_used == "C" else "octet_length"
    value = quoted(name) if ctype.name == "RAW" else f"{quoted(name)}::text"
    charset = s.session.release.postgres_charset
    if charset and measure == "octet_length" and ctype.name != "RAW":
        value = f"convert_to({value}, '{charset}')"
    limit = ctype.length if ctype.name == "RAW" else ctype.chars
    full = s.dictionary.full
    where = f'"{s.owner(schema)}"."{full(table)}"."{full(name)}"'
    return (
        f" CONSTRAINT {length_check_name(name)} CHECK (CASE WHEN "
        f"{measure}({value}) > {limit} THEN ora.too_long({literal(where)}, "
        f"{measure}({value}), {limit}) ELSE true END)"
    )


def length_check_name(column: str) -> str:
    if len(column.encode()) > _MAX_NAMED:
        column = hashlib.sha256(column.encode()).hexdigest()[:_MAX_NAMED]
    return quoted("ORA$LEN_" + column)


def rename_checks(s: Statement, schema: str | None, table: str, oid: int) -> None:
    """Have the messages of a table's length checks say its present names."""
    rows = s.work.rows(
        "SELECT k.conname::text, a.attname::text, m.dtype, m.dlen, m.clen, m.cu, "
        "ora.type_name(a.atttypid) FROM pg_constraint k "
        "JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] "
        "JOIN ora.col m ON m.relid = a.attrelid AND m.attnum = a.attnum "
        "WHERE k.conrelid = %s AND k.conname LIKE 'ORA$LEN%%'",
        oid,
    )
    target = s.qualified(schema, table)
    for constraint, column, dtype, length, chars, used, stored in rows:
        ctype = ColumnType(dtype, stored, length, chars, used)
        check = length_check(s, schema, table, column, ctype)
        s.work.run(f"ALTER TABLE {target} DROP CONSTRAINT {quoted(constraint)}")
        s.work.run(f"ALTER TABLE {target} ADD {check} NOT VALID")


def save_columns(s: Statement, oid: int, columns: list[ColumnDef], target: str) -> None:
    """Keep the declared Oracle types, identities and defaults."""
    numbers: dict[str, int] = dict(
        s.work.rows(
            "SELECT attname::text, attnum FROM pg_attribute WHERE attrelid = %s AND attnum > 0", oid
        )
    )
    for col in columns:
        ctype, number = col.ctype, numbers[col.name]
        s.save(
            "INSERT INTO ora.col VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (relid, attnum) DO UPDATE SET dtype = excluded.dtype, "
            "dlen = excluded.dlen, clen = excluded.clen, cu = excluded.cu, "
            "prec = excluded.prec, scale = excluded.scale, "
            "dflt = coalesce(excluded.dflt, ora.col.dflt)",
            *(oid, number, ctype.name, ctype.length, ctype.chars, ctype.char_used),
            *(ctype.precision, ctype.scale, col.identity, col.identity_options, col.default),
            *(col.on_null, bool(col.virtual_sql)),
        )
        if col.hidden:
            hide_column(s, oid, number, hidden=True)
        if col.sequence:
            s.work.run(f"ALTER SEQUENCE {col.sequence} OWNED BY {target}.{quoted(col.name)}")
        if col.on_null and col.default is not None:
            _default_on_null(s, oid, number, col, target)


def hide_column(s: Statement, oid: int, number: int, *, hidden: bool) -> None:
    """Make a column INVISIBLE or VISIBLE; some column must be seen."""
    s.save("UPDATE ora.col SET hidden = %s WHERE relid = %s AND attnum = %s", hidden, oid, number)
    if not s.work.value(
        "SELECT 1 FROM pg_attribute a LEFT JOIN ora.col m ON m.relid = a.attrelid "
        "AND m.attnum = a.attnum WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped "
        "AND m.hidden IS NOT TRUE LIMIT 1",
        oid,
    ):
        raise error(54039)


def _default_on_null(s: Statement, oid: int, number: int, col: ColumnDef, target: str) -> None:
    function, name = f'ora."on_null_{oid}_{number}"', quoted(col.name)
    s.work.run(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN "
        f"IF NEW.{name} IS NULL THEN NEW.{name} := {col.default_sql}; END IF; "
        "RETURN NEW; END $body$"
    )
    s.work.run(
        f"CREATE TRIGGER on_null_{number} BEFORE INSERT ON {target} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
