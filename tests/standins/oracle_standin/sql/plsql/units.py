"""Stored procedures, functions, packages and types of a session's database."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError
from oracle_standin.shapes import RECORD, Kind, Shape
from oracle_standin.sql.describe import describe
from oracle_standin.sql.lexer import tokenize
from oracle_standin.sql.messages import error

from .kinds import undeclared
from .scope import Scope, Subprogram, dotted
from .stored import read_unit

if TYPE_CHECKING:
    from oracle_standin.sql.parts import SessionParts


class Units:
    """What is stored, read when it is asked for and kept until the next DDL.

    A package keeps its variables as long as the session does not read it again.
    """

    def __init__(self, session: SessionParts) -> None:
        self.session = session
        self._read: dict[tuple[str, str], Subprogram | Scope | Kind | None] = {}
        self._by_oid: dict[bytes, Shape] = {}
        self._version = -1

    def _unit(self, owner: str, name: str) -> Subprogram | Scope | Kind | None:
        if self._version != self.session.database.version:
            self._version = self.session.database.version
            self._read.clear()
        key = owner, name
        if key not in self._read:
            self._read[key] = None  # while it is read: a unit may name itself
            self._read[key] = self._stored(owner, name)
        return self._read[key]

    def _stored(self, owner: str, name: str) -> Subprogram | Scope | Kind | None:
        rows = self.session.work.rows(
            "SELECT kind, source FROM ora.code WHERE owner = %s AND name = %s "
            "ORDER BY length(kind)",
            owner,
            name,
        )
        return read_unit(self.session, owner, name, rows) if rows else None

    def _places(self, names: list[str]) -> list[tuple[str, list[str]]]:
        """The schemas that names can mean, with the names that are left."""
        own = self.session.settings.schema
        return [(own, names), *([(names[0], names[1:])] if len(names) > 1 else [])]

    def kind(self, names: list[str]) -> Kind | None:
        """The type of a schema or a package."""
        for owner, rest in self._places(names):
            unit = self._unit(owner, rest[0])
            if isinstance(unit, Kind) and len(rest) == 1:
                return unit
            if isinstance(unit, Scope) and len(rest) == 2 and rest[1] in unit.types:
                return unit.types[rest[1]]
        return None

    def member(self, names: list[str]) -> tuple[Any, int] | None:
        """A subprogram, or a package's variable as its scope and name, and the names it takes."""
        for owner, rest in self._places(names):
            if owner != self.session.user and "EXECUTE ANY PROCEDURE" not in self._granted():
                continue
            before = len(names) - len(rest)
            unit = self._unit(owner, rest[0])
            if isinstance(unit, Subprogram):
                return unit, before + 1
            if isinstance(unit, Scope) and len(rest) > 1:
                return self._of_package(unit, rest), before + 2
        return None

    def _of_package(self, package: Scope, names: list[str]) -> Any:
        name = names[1]
        if name in package.subprograms and name in package.public:
            return package.subprograms[name]
        if name in package.variables and name in package.public:
            return package, name
        raise undeclared(".".join(names))

    def kind_of_table(self, names: list[str], attribute: str) -> Kind:
        """What %TYPE says of a column, and %ROWTYPE of a table."""
        *rest, last = names
        columns = self.row_kind(names) if attribute == "ROWTYPE" else self.row_kind(rest)
        if attribute == "ROWTYPE":
            return columns
        shape = columns.shape
        if shape is None or last not in shape.parts:
            raise undeclared(".".join(names))
        return shape.parts[last]

    def seen_shape(self, full_name: str) -> Shape | None:
        """The shape of a type, or of a table's rows, that the session's user sees."""
        tokens = tokenize(full_name)
        if not tokens:
            return None
        names, used = dotted(tokens, 0)
        try:
            kind = self.kind(names) if used == len(tokens) else self.row_kind(names)
        except OraError:
            return None
        shape = kind.shape if kind else None
        if shape is None or not self.is_seen(shape):
            return None
        self._by_oid[shape.oid] = shape
        return shape

    def shape(self, oid: bytes) -> Shape:
        """The type of an object identifier; a driver keeps these after it has asked for a name."""
        found = self._by_oid.get(oid)
        if found is None or self._version != self.session.database.version:
            rows = self.session.work.rows(
                "SELECT concat_ws('.', owner, package, name) FROM ora.typ "
                "WHERE ora.type_oid(owner, package, name) = %s",
                oid,
            )
            found = self.seen_shape(rows[0][0]) if rows else found
        if found is None:
            raise error(902)
        return found

    def _granted(self) -> set[str]:
        return self.session.access.system

    def is_seen(self, shape: Shape) -> bool:
        """Whether the session's user may use a type."""
        return shape.owner == self.session.user or "EXECUTE ANY TYPE" in self._granted()

    def row_kind(self, names: list[str]) -> Kind:
        """A record with the columns of a table or view."""
        if not names:
            raise error(6550, "TYPE")
        *schema, table = names
        owner, table = self.session.dictionary.resolve(schema[0] if schema else None, table)
        owner = owner or self.session.settings.schema
        rows = self.session.work.rows(
            'SELECT "COLUMN_NAME", "DATA_TYPE", "DATA_LENGTH"::int, "CHAR_LENGTH"::int, '
            '"DATA_PRECISION"::int, "DATA_SCALE"::int, "CHAR_USED", "DATA_TYPE_OWNER" '
            'FROM "SYS"."ALL_TAB_COLUMNS" '
            'WHERE "OWNER" = %s AND "TABLE_NAME" = %s ORDER BY "COLUMN_ID"',
            owner,
            table,
        )
        if not rows:
            raise error(942)
        shape = Shape(RECORD, owner, f"{table}%ROWTYPE")
        shape.oid = hashlib.md5(shape.full_name.encode(), usedforsecurity=False).digest()
        for name, dtype, length, chars, precision, scale, used, type_owner in rows:
            inner = self.kind([type_owner, dtype]) if type_owner else None
            if inner is not None:
                shape.parts[name] = inner
                continue
            column = describe("", dtype, length, chars, precision, scale, char_used=used)
            shape.parts[name] = Kind(dtype, column, is_sized=bool(precision or chars))
        return Kind(shape.name, shape=shape)
