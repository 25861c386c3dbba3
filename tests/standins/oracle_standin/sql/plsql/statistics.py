"""DBMS_STATS: what is gathered stands in the dictionary; the package's other parts are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError
from oracle_standin.sql.lexer import fold, quoted, split_commas
from oracle_standin.sql.messages import error

from .expressions import compile_expression

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.sql.lexer import Token

    from .scope import Scope

_POSITIONS = ("OWNNAME", "TABNAME")


def statistics_action(scope: Scope, part: list[Token]) -> Callable[[], Any]:
    """Run GATHER_TABLE_STATS or GATHER_SCHEMA_STATS, without sampling: all rows are counted."""
    name = part[2].word if len(part) > 2 else ""
    if name not in ("GATHER_TABLE_STATS", "GATHER_SCHEMA_STATS"):
        raise error(3001, f"DBMS_STATS.{name}")

    def run() -> None:
        given = _arguments(scope, part[4:-1])
        owner = _folded(given.get("OWNNAME")) or scope.session.settings.schema
        scope.session.commit()  # as DDL does
        if name == "GATHER_TABLE_STATS":
            _gather(scope, owner, _folded(given.get("TABNAME")))
        else:
            for (table,) in scope.session.work.rows(
                "SELECT relname::text FROM pg_class WHERE relkind = 'r' "
                "AND relnamespace = to_regnamespace(%s)",
                quoted(owner),
            ):
                _gather(scope, owner, table)
        scope.session.commit()

    return run


def _arguments(scope: Scope, part: list[Token]) -> dict[str, Any]:
    """Return the values by the names of the parameters."""
    out: dict[str, Any] = {}
    for position, each in enumerate(split_commas(part)):
        named = len(each) > 2 and each[1].text == "=>"
        name = each[0].word if named else "".join(_POSITIONS[position : position + 1])
        if name in _POSITIONS:  # the others are ways of gathering
            out[name] = compile_expression(scope, each[2:] if named else each).value()
    return out


def _folded(name: str | None) -> str:
    return fold(name) if name else ""


def _gather(scope: Scope, owner: str, table: str) -> None:
    relation = f"{quoted(owner)}.{quoted(scope.session.dictionary.short(table))}"
    if not scope.session.work.rows("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", relation):
        what = f'Unable to analyze TABLE "{owner}"."{table}"'
        raise OraError(20000, f"{what}, insufficient privileges or does not exist")
    with scope.session.work.savepoint():
        scope.session.work.changed = True
        scope.session.work.run("SELECT ora.gather(%s::regclass)", [relation])
