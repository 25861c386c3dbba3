"""Declarations: variables, types, cursors, exceptions, procedures and functions."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.backend import Column
from oracle_standin.shapes import INDEXED, OBJECT, RECORD, VARRAY, Kind, Shape
from oracle_standin.sql.lexer import Token, closing, split_commas, words
from oracle_standin.sql.messages import error

from .expressions import compile_expression
from .kinds import read_kind
from .reader import TokenReader
from .scope import Parameter, Scope, Subprogram, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

USER_DEFINED = 6510  # what an exception of one's own without a code raises outside


class Declarations(TokenReader):
    """Reads what stands between IS or DECLARE and BEGIN or END.

    ``body`` gives what prepares a subprogram's run, from the tokens and where its declarations
    begin.
    """

    def __init__(
        self,
        scope: Scope,
        tokens: list[Token],
        body: Callable[[list[Token], int], Callable[[Scope], Callable[[], Any]]],
        owner: str = "",
        package: str | None = None,
    ) -> None:
        super().__init__(tokens)
        self.scope = scope
        self.body = body
        self.owner = owner
        self.package = package
        self.initial: list[Callable[[], None]] = []  # the values of the variables

    def read(self, i: int, *ends: str) -> int:
        """Read up to one of the words; gives its index."""
        while self.word(i) not in ends:
            i = self._one(i)
        return i

    def _one(self, i: int) -> int:
        word = self.word(i)
        if word in ("PROCEDURE", "FUNCTION"):
            return self._subprogram(i)
        end = self.until(i, ";")
        part = self.tokens[i:end]
        if len(part) == 1 or part[1].text == ":=":  # a statement where BEGIN is missing
            raise self.unexpected(i + len(part) - 1)
        if word == "TYPE":
            self._type(part)
        elif word == "CURSOR":
            self.scope.queries[name_of(part[1])] = part[3:]
            self.scope.declare(name_of(part[1]), None, None)
        elif not self._exception(part):
            self._variable(part)
        return end + 1

    def _exception(self, part: list[Token]) -> bool:
        """Keep what a declaration says of exceptions, if it is of one; an unknown PRAGMA is not."""
        said = words(part)
        if said[:3] == ["PRAGMA", "EXCEPTION_INIT", "("]:
            if said[3] not in self.scope.exceptions:
                raise error(6550, said[1])
            self.scope.exceptions[said[3]] = int(said[-2])
        elif said[1] == "EXCEPTION":
            self.scope.exceptions[said[0]] = USER_DEFINED
        return said[0] == "PRAGMA" or said[1] == "EXCEPTION"

    def _variable(self, part: list[Token]) -> None:
        name = name_of(part[0])
        marks = [k for k, t in enumerate(part) if t.text == ":=" or t.word == "DEFAULT"]
        written = part[1 : marks[0] if marks else len(part)]
        skipped = 1 if words(written[:1]) == ["CONSTANT"] else 0
        kind, _ = read_kind(self.scope, written[skipped:])
        self.scope.declare(name, kind, None)
        value = compile_expression(self.scope, part[marks[0] + 1 :]).value if marks else None
        scope = self.scope

        def assign() -> None:
            scope.declare(name, kind, value() if value else None)

        self.initial.append(assign)

    # --- types
    def _type(self, part: list[Token]) -> None:
        """Read TYPE name IS RECORD (..) | TABLE OF .. | VARRAY(n) OF .. | REF CURSOR."""
        name = name_of(part[1])
        said = part[3:]
        if words(said[:2]) == ["REF", "CURSOR"]:
            self.scope.types[name] = Kind("REF CURSOR", Column("", c.T_CURSOR))
            return
        shape = read_shape(self.scope, said, self.owner, name, self.package)
        self.scope.types[name] = Kind(name, Column("", c.T_OBJECT), shape)

    # --- subprograms
    def _subprogram(self, i: int) -> int:
        found, i = read_head(self.scope, self, i)
        known = self.scope.subprograms.get(found.name)
        alike = (
            [each for each in (known.overloads or [known]) if each.is_like(found)] if known else []
        )
        if known and not alike:
            known.overloads = [*(known.overloads or [known]), found]
        found = alike[0] if alike else found
        self.scope.subprograms.setdefault(found.name, found)
        if self.word(i) == ";":
            return i + 1
        if self.word(i) not in ("IS", "AS"):
            raise error(3001, f"PL/SQL: {self.word(i)}")
        found.prepare = self.body(self.tokens, i + 1)
        return self.behind_block(i + 1)


def read_head(scope: Scope, reader: TokenReader, i: int) -> tuple[Subprogram, int]:
    """Read PROCEDURE or FUNCTION name (parameters) [RETURN kind]; gives the index behind it."""
    is_function = reader.word(i) == "FUNCTION"
    while reader.tokens[i + 2].text == ".":
        i += 2
    out = Subprogram(name_of(reader.tokens[i + 1]), scope)
    i += 2
    if reader.word(i) == "(":
        end = closing(reader.tokens, i)
        listed = split_commas(reader.tokens[i + 1 : end])
        out.parameters = [_parameter(scope, each) for each in listed]
        i = end + 1
    if is_function:
        i = reader.expect(i, "RETURN")
        out.returns, used = read_kind(scope, reader.tokens[i : i + 12])
        i += used
    return out, i


def _parameter(scope: Scope, part: list[Token]) -> Parameter:
    """Read name [IN] [OUT] [NOCOPY] kind [DEFAULT value]."""
    k = 1
    while part[k].word in ("IN", "OUT", "NOCOPY"):
        k += 1
    modes = words(part[1:k])
    kind, used = read_kind(scope, part[k:])
    is_out = "OUT" in modes
    out = Parameter(name_of(part[0]), kind, "IN" in modes or not is_out, is_out)
    rest = part[k + used :]
    if rest:
        given = rest[1:]
        out.default = lambda inner: compile_expression(inner, given).value()
    return out


def read_shape(
    scope: Scope, said: list[Token], owner: str, name: str, package: str | None
) -> Shape:
    """Read RECORD (..) | OBJECT (..) | TABLE OF .. | VARRAY(n) OF .."""
    shape = Shape(said[0].word, owner, name, package)
    shape.oid = hashlib.md5(shape.full_name.encode(), usedforsecurity=False).digest()
    if shape.form in (RECORD, OBJECT):
        for each in split_commas(said[2 : closing(said, 1)]):
            shape.parts[name_of(each[0])] = _whole_kind(scope, each[1:])
        return shape
    if shape.form in ("VARRAY", "VARYING"):
        size = next(k for k, t in enumerate(said) if t.text == "(")
        shape.form, shape.limit = VARRAY, int(said[size + 1].text)
        shape.element = _whole_kind(scope, said[closing(said, size) + 2 :])
    elif words(said[:2]) == ["TABLE", "OF"]:
        _read_table(scope, shape, said[2:])
    else:
        raise error(3001, f"PL/SQL: {' '.join(words(said[:2]))}")
    return shape


def _whole_kind(scope: Scope, part: list[Token]) -> Kind:
    """Read a kind with nothing behind it but NOT NULL."""
    kind, used = read_kind(scope, part)
    rest = words(part[used:])
    if rest and rest != ["NOT", "NULL"]:
        raise error(3001, f"PL/SQL: {' '.join(rest)}")
    return kind


def _read_table(scope: Scope, shape: Shape, part: list[Token]) -> None:
    """Read the kind behind TABLE OF, and INDEX BY a whole number."""
    index = next((k for k, t in enumerate(part) if t.word == "INDEX"), len(part))
    shape.element = _whole_kind(scope, part[:index])
    if index < len(part):
        shape.form = INDEXED
        if part[-1].word not in ("BINARY_INTEGER", "PLS_INTEGER", "NATURAL", "POSITIVE"):
            raise error(3001, f"PL/SQL: {' '.join(words(part[index:]))}")
