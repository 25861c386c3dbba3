"""Room for what a direct path load stores beyond a column's declaration.

Oracle's server takes the driver's bytes as they are: NUMBER(5,2) then holds 1.2345, TIMESTAMP(3)
holds microseconds.  PostgreSQL's types would round or refuse: so the column loses its modifier when
such a value comes, and a trigger sees to what comes by other ways (see ``fitting``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import quoted

from .fitting import refit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oracle_standin.sql.work import Work


def make_room(work: Work, oid: int, target: str, texts: Mapping[str, Sequence[str]]) -> None:
    """Take the modifier from the columns whose values do not fit; ``texts`` are as for COPY."""
    rows = work.rows(
        "SELECT a.attname::text, m.dtype, m.prec, m.scale FROM ora.col m JOIN pg_attribute a "
        "ON a.attrelid = m.relid AND a.attnum = m.attnum WHERE m.relid = %s AND a.atttypmod <> -1 "
        "AND a.attname = ANY(%s) AND ((m.dtype = 'NUMBER' AND m.scale IS NOT NULL) "
        "OR (m.dtype LIKE 'TIMESTAMP%%' AND m.dtype NOT LIKE '%%) WITH TIME ZONE'))",
        *(oid, list(texts)),
    )
    loose = [
        (name, "numeric" if dtype == "NUMBER" else "ora.ltz" if "LOCAL" in dtype else "timestamp")
        for name, dtype, precision, scale in rows
        if _misfit(dtype, precision or 38, scale).search("\n".join(texts[name]))
    ]
    for name, plain in loose:
        work.run(f"ALTER TABLE {target} ALTER COLUMN {quoted(name)} TYPE {plain}")
    if loose:
        refit(work, oid, target)


def _misfit(dtype: str, precision: int, scale: int) -> re.Pattern[str]:
    """Return the pattern of a value with more digits than declared."""
    if dtype != "NUMBER":
        return re.compile(rf"\.\d{{{scale}}}\d*[1-9]")
    if scale < 0:
        rounded = rf"[1-9]\d{{0,{-scale - 1}}}$|\."
        return re.compile(rf"\d{{{precision - scale + 1},}}|{rounded}", re.MULTILINE)
    whole = rf"(?<![\d.])(?!0(?:\.|$))\d{{{max(precision - scale, 0) + 1},}}(?!\d)"
    return re.compile(rf"{whole}|\.\d{{{scale}}}\d*[1-9]")
