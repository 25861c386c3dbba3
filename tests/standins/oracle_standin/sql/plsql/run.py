"""Anonymous blocks: their binds go in, and what is assigned to them comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.backend import Binds, Column, Result
from oracle_standin.errors import OraError
from oracle_standin.shapes import INDEXED, DateValue, Kind, Shape, Table

from .block import read_block
from .scope import Scope

if TYPE_CHECKING:
    from oracle_standin.sql.parts import SessionParts

_TEXTS = frozenset((c.T_VARCHAR, c.T_CHAR, c.T_LONG))


def run_block(session: SessionParts, sql: str, binds: Binds) -> Result:
    """Run an anonymous block once per row of binds; gives what each run assigned to them."""
    outs: list[dict[int, Any]] = []
    results = []
    for number, row in enumerate(binds.rows or [()]):
        scope = Scope(session, sql)
        for i, name in enumerate(binds.names):
            value = row[i] if i < len(row) else None
            _declare(scope, ":" + name, value, binds, i)
        try:
            read_block(scope)()
        except OraError as exc:
            exc.row = number
            raise
        outs.append(_assigned(scope, binds))
        results = scope.results
    return Result(outs=outs, implicit=results)


def _declare(scope: Scope, key: str, value: Any, binds: Binds, i: int) -> None:
    ora_type = binds.types[i] if i < len(binds.types) else 0
    if isinstance(value, list):  # an array, which is an associative one
        element = Kind("", Column("", ora_type))
        if ora_type == c.T_DATE:
            value = [v if v is None else DateValue.of(v) for v in value]
        scope.kinds[key] = Kind("", shape=Shape(INDEXED, "", "", element=element))
        value = Table.of(value, scope.kinds[key].shape)
    elif ora_type in _FAMILIES or ora_type in _TEXTS or ora_type in (c.T_NUMBER, c.T_DATE):
        scope.kinds[key] = Kind("", Column("", ora_type))
        if ora_type == c.T_DATE and value is not None:
            value = DateValue.of(value)
    scope.variables[key] = value


_FAMILIES = frozenset((c.T_BOOLEAN, c.T_CURSOR, c.T_CLOB, c.T_BLOB))


def _assigned(scope: Scope, binds: Binds) -> dict[int, Any]:
    out: dict[int, Any] = {}
    for i, name in enumerate(binds.names):
        key = ":" + name
        if key in scope.assigned:
            value = scope.variables[key]
            is_array = isinstance(value, Table) and isinstance(binds.columns[i][0], list)
            out[i] = value.in_order() if is_array else value
    return out
