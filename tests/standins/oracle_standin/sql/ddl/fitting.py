"""What PostgreSQL's types do not do to a value by themselves: a trigger of the table's does.

FLOAT(n) is rounded to its digits; a column that a direct path load has left with values beyond its
declaration (see ``load``) still rounds what comes by INSERT, UPDATE and MERGE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin.sql.lexer import quoted
from oracle_standin.sql.types import decimal_digits

if TYPE_CHECKING:
    from oracle_standin.sql.work import Work


def refit(work: Work, oid: int, target: str) -> None:
    """Make the trigger of a table anew, or none where no column needs one."""
    rows = work.rows(
        "SELECT a.attname::text, m.dtype, m.prec, m.scale FROM ora.col m JOIN pg_attribute a "
        "ON a.attrelid = m.relid AND a.attnum = m.attnum WHERE m.relid = %s AND a.atttypmod = -1 "
        "AND NOT m.virt IS TRUE AND (m.dtype IN ('FLOAT', 'VECTOR') OR (m.dtype = 'NUMBER' "
        "AND m.scale IS NOT NULL) OR (m.dtype LIKE 'TIMESTAMP%%' "
        "AND m.dtype NOT LIKE '%%WITH TIME ZONE'))",
        oid,
    )
    work.run(f'DROP TRIGGER IF EXISTS "ORA$FIT" ON {target}')
    if not rows:
        return
    body = " ".join(_assignment(quoted(name), *declared) for name, *declared in rows)
    work.run(
        f'CREATE OR REPLACE FUNCTION ora."fit_{oid}"() RETURNS trigger LANGUAGE plpgsql AS $body$ '
        f"BEGIN {body} RETURN NEW; END $body$"
    )
    work.run(
        f'CREATE TRIGGER "ORA$FIT" BEFORE INSERT OR UPDATE ON {target} FOR EACH ROW '
        f'EXECUTE FUNCTION ora."fit_{oid}"()'
    )


def _assignment(column: str, dtype: str, precision: int | None, scale: int | None) -> str:
    if dtype == "FLOAT":
        value = f"ora.fit_float(NEW.{column}, {decimal_digits(precision or 126)})"
        return f"IF ora.ruled('float_digits') THEN NEW.{column} := {value}; END IF;"
    if dtype == "VECTOR":
        return f"NEW.{column} := ora.fit_vector(NEW.{column}, {precision or 0}, {scale or 0});"
    return f"NEW.{column} := NEW.{column}::{stored_type(dtype, precision, scale)};"


def stored_type(dtype: str, precision: Any, scale: Any) -> str:
    """Return PostgreSQL's type of a NUMBER or TIMESTAMP as it is declared."""
    if dtype == "NUMBER":
        return f"numeric({precision or 38},{scale})"
    local = "ora.ltz" if dtype.endswith("LOCAL TIME ZONE") else "timestamp"
    return f"{local}({min(scale, 6)})"
