"""Read stored procedures, functions and packages from their text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin import const as c
from oracle_standin.backend import Column
from oracle_standin.shapes import Kind
from oracle_standin.sql.lexer import tokenize, words
from oracle_standin.sql.messages import error

from .block import prepared
from .declarations import Declarations, read_head, read_shape
from .reader import TokenReader
from .scope import Scope, Subprogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oracle_standin.sql.parts import SessionParts


def read_unit(
    session: SessionParts, owner: str, name: str, sources: Sequence[tuple[str, str]]
) -> Subprogram | Scope | Kind:
    """Read a unit from its kinds and sources: a package's specification comes before its body."""
    scope = Scope(session, "\n".join(source for _, source in sources))
    reader = TokenReader(tokenize(scope.sql))
    kind = sources[0][0]
    if kind == "TYPE":
        said = reader.tokens[reader.until(0, "IS", "AS") + 1 :]
        if said and said[-1].text == ";":
            said = said[:-1]
        shape = read_shape(scope, said, owner, name, None)
        return Kind(name, Column("", c.T_OBJECT), shape)
    if kind == "PACKAGE":
        return _package(scope, reader, owner, name, has_body=len(sources) > 1)
    found, i = read_head(scope, reader, 0)
    while reader.word(i) not in ("IS", "AS"):  # AUTHID, DETERMINISTIC
        i = _past_option(reader, i)
    found.prepare = prepared(reader.tokens, i + 1)
    return found


def _past_option(reader: TokenReader, i: int) -> int:
    if words(reader.tokens[i : i + 2]) in (["AUTHID", "DEFINER"], ["AUTHID", "CURRENT_USER"]):
        return i + 2
    if reader.word(i) == "DETERMINISTIC":
        return i + 1
    raise error(3001, f"PL/SQL: {reader.word(i)}")


def _package(scope: Scope, reader: TokenReader, owner: str, name: str, *, has_body: bool) -> Scope:
    declarations = Declarations(scope, reader.tokens, prepared, owner, name)
    i = declarations.read(reader.until(0, "IS", "AS") + 1, "END")
    scope.public = {*scope.variables, *scope.subprograms}
    if has_body:
        start = reader.until(reader.until(i, ";"), "IS", "AS") + 1
        end = declarations.read(start, "END", "BEGIN")
        if reader.word(end) == "BEGIN":
            raise error(3001, "PL/SQL: statements of a package's body")
        scope.public &= {*scope.variables, *scope.subprograms}
    for assign in declarations.initial:
        assign()
    return scope


def check_bodies(unit: Subprogram | Scope | Kind) -> None:
    """Read all bodies once, as the compiler does."""
    if isinstance(unit, Kind):
        return
    found = [unit] if isinstance(unit, Subprogram) else list(unit.subprograms.values())
    for each in found:
        if each.prepare is not None:
            inner = each.home.inner(each.home)
            for parameter in each.parameters:
                inner.declare(parameter.name, parameter.kind, None)
            each.prepare(inner)
