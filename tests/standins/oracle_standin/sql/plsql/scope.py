"""Names of a block or subprogram, and the SQL that uses them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.backend import Binds, Result
from oracle_standin.shapes import DateValue
from oracle_standin.sql.lexer import Token, bind_name, closing, split_commas
from oracle_standin.sql.messages import error

from .kinds import converted

_LONGEST = 4000
"""Bytes of a text or RAW that is bound as it is."""

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.errors import OraError
    from oracle_standin.shapes import Kind, RefCursor
    from oracle_standin.sql.parts import SessionParts


@dataclass
class Expression:
    """A compiled expression.

    ``family`` is as `kinds.family` tells, None for what is not known; ``assign`` is set where it
    can be assigned to.
    """

    value: Callable[[], Any]
    family: int | None = None
    assign: Callable[[Any], None] | None = None


@dataclass
class Argument:
    """What is given in a call, by its place or by its name."""

    expression: Expression
    name: str = ""


@dataclass
class Parameter:
    """One parameter; ``default`` gives what is taken where no argument is."""

    name: str
    kind: Kind
    is_in: bool = True
    is_out: bool = False
    default: Callable[[Scope], Any] | None = None


@dataclass
class Subprogram:
    """A procedure, or a function where ``returns`` is set.

    ``prepare`` makes what runs the body in a scope; a mere declaration has none.
    """

    name: str
    home: Scope  # whose text it is in
    parameters: list[Parameter] = field(default_factory=list)
    returns: Kind | None = None
    prepare: Callable[[Scope], Callable[[], Any]] | None = None
    overloads: list[Subprogram] = field(default_factory=list)  # all of the name, where several

    def is_like(self, other: Subprogram) -> bool:
        """Whether both take the same."""
        return [(p.name, p.kind.name) for p in self.parameters] == [
            (p.name, p.kind.name) for p in other.parameters
        ]


class Scope:
    """The names of one run of a block, within those of ``parent``; binds have a colon in front."""

    def __init__(self, session: SessionParts, sql: str, parent: Scope | None = None) -> None:
        self.session = session
        self.sql = sql
        self.parent = parent
        self.variables: dict[str, Any] = {}
        self.kinds: dict[str, Kind] = {}
        self.constants: set[str] = set()
        self.types: dict[str, Kind] = {}
        self.subprograms: dict[str, Subprogram] = {}
        self.queries: dict[str, list[Token]] = {}  # of declared cursors
        self.exceptions: dict[str, int] = {}  # declared ones, with their codes
        self.public: set[str] = set()  # what a package's specification declares
        self.assigned: set[str] = parent.assigned if parent else set()
        self.results: list[RefCursor] = parent.results if parent else []
        self.handling: OraError | None = None  # the error an exception handler works on

    def inner(self, home: Scope) -> Scope:
        """A scope for a run of a subprogram whose text is in another scope's."""
        out = Scope(self.session, home.sql, home)
        out.results = self.results
        return out

    # --- names
    def holder(self, name: str) -> Scope | None:
        """The scope in which a variable is declared."""
        scope: Scope | None = self
        while scope is not None and name not in scope.variables:
            scope = scope.parent
        return scope

    def around(self) -> list[Scope]:
        """This scope and those around it."""
        out, scope = list[Scope](), self
        while scope is not None:
            out.append(scope)
            scope = scope.parent  # type: ignore[assignment]
        return out

    def subprogram(self, name: str) -> Subprogram | None:
        return next((s.subprograms[name] for s in self.around() if name in s.subprograms), None)

    def declared_type(self, name: str) -> Kind | None:
        return next((s.types[name] for s in self.around() if name in s.types), None)

    def exception(self, name: str) -> int | None:
        return next((s.exceptions[name] for s in self.around() if name in s.exceptions), None)

    def named_kind(self, part: list[Token]) -> tuple[Kind, int] | None:
        """Read the name of a declared type, or what %TYPE and %ROWTYPE are said of."""
        names, used = dotted(part, 0)
        if part[used : used + 1] and part[used].text == "%":
            kind = self._kind_of(names, part[used + 1].word)
            return kind, used + 2
        kind_ = self.declared_type(names[0]) if len(names) == 1 else None
        kind_ = kind_ or self.session.units.kind(names)
        return (kind_, used) if kind_ else None

    def _kind_of(self, names: list[str], attribute: str) -> Kind:
        holder = self.holder(names[0])
        if attribute == "TYPE" and len(names) == 1 and holder is not None:
            return holder.kinds[names[0]]
        return self.session.units.kind_of_table(names, attribute)

    # --- values
    def text(self, part: list[Token]) -> str:
        """Return the tokens as they are written."""
        return self.sql[part[0].start : part[-1].end]

    def declare(self, name: str, kind: Kind | None, value: Any) -> None:
        self.variables[name] = converted(self, value, kind) if kind else value
        if kind:
            self.kinds[name] = kind

    def set(self, name: str, value: Any) -> None:
        """Assign to a variable, which takes the value as its kind demands."""
        scope = self.holder(name)
        if scope is None:
            raise error(6550, name)
        kind = scope.kinds.get(name)
        scope.variables[name] = converted(self, value, kind) if kind else value
        self.assigned.add(name)

    def function(self, name: str, arguments: list[Any]) -> Any:
        """The value of a function of SQL."""
        marks = ", ".join(f":V{i}" for i in range(1, len(arguments) + 1))
        return self.operation(f"{name}({marks})" if arguments else name, arguments)

    def operation(self, text: str, operands: list[Any]) -> Any:
        """The value of an operation of SQL on values, which are V1 and so on."""
        result = self.session.execute(f"SELECT {text} FROM dual", row_binds(operands))
        return _only(result)

    # --- SQL
    def run_sql(self, part: list[Token], find: Callable[[list[Token], int], Any]) -> Result:
        """Run a statement of SQL; ``find`` gives the value at an index, as `_substituted` says."""
        sql, values = self.substituted(part, find)
        return self.session.execute(sql, row_binds(values))

    def evaluate_by_sql(
        self, part: list[Token], find: Callable[[list[Token], int], Any], *, boolean: bool
    ) -> Any:
        text, values = self.substituted(part, find)
        if boolean:
            text = f"CASE WHEN {text} THEN 1 ELSE 0 END"
        result = self.session.execute(f"SELECT {text} FROM dual", row_binds(values))
        value = _only(result)
        return bool(value) if boolean else value

    def substituted(
        self, part: list[Token], find: Callable[[list[Token], int], tuple[Any, int] | None]
    ) -> tuple[str, list[Any]]:
        """Return the text of a part with placeholders for PL/SQL variables, and their values.

        ``find`` is asked at each index. It returns a variable's value and how many tokens its name
        takes, or None where no variable stands.
        """
        text: list[str] = []
        values: list[Any] = []
        k = 0
        while k < len(part):
            found = find(part, k)
            if found is None:
                plain, used = self._plain(part, k)
                text.append(plain)
            else:
                value, used = found
                values.append(value)
                text.append(f":V{len(values)}")
            k += used
        return _joined(text), values

    def _plain(self, part: list[Token], k: int) -> tuple[str, int]:
        """Return the text of what is no variable, and the tokens it takes."""
        token = part[k]
        word = token.word if token.kind == "id" else ""
        if word in ("SQLCODE", "SQLERRM"):
            value = self.error_value(word)
            return str(value) if word == "SQLCODE" else "'" + value.replace("'", "''") + "'", 1
        return ("<>" if token.text in ("!=", "^=") else token.text), 1

    def error_value(self, name: str) -> Any:
        """SQLCODE or SQLERRM of the error that is being handled."""
        found = next((s.handling for s in self.around() if s.handling), None)
        if name == "SQLCODE":
            return -(found.code if found else 0)
        return found.text if found else "ORA-0000: normal, successful completion"


def _joined(pieces: list[str]) -> str:
    """The pieces with blanks between them, but none around a dot."""
    out = ""
    for piece in pieces:
        glued = piece == "." or out.endswith(".") or not out
        out += piece if glued else f" {piece}"
    return out


def _only(result: Result) -> Any:
    """The one value of a result."""
    value = next(iter(result.rows))[0]
    is_date = bool(result.columns) and (result.columns or [])[0].ora_type == c.T_DATE
    return DateValue.of(value) if is_date and value is not None else value


def dotted(part: list[Token], k: int) -> tuple[list[str], int]:
    """The names with dots between them at an index, and the index behind them."""
    names = [name_of(part[k])]
    k += 1
    while k + 1 < len(part) and part[k].text == "." and part[k + 1].kind in ("id", "qid"):
        names.append(name_of(part[k + 1]))
        k += 2
    return names, k


def name_of(token: Token) -> str:
    return token.text[1:-1] if token.kind == "qid" else token.word


def key_of(token: Token) -> str:
    return ":" + bind_name(token.text) if token.kind == "bind" else name_of(token)


def arguments_at(part: list[Token], k: int) -> tuple[list[list[Token]], int]:
    """The arguments in the parentheses at an index, and the index behind them."""
    end = closing(part, k)
    inside = part[k + 1 : end]
    return (split_commas(inside) if inside else []), end + 1


def _bind_type(value: Any) -> int:
    """A text or RAW over the size of a VARCHAR2 is bound as a LOB."""
    is_long = isinstance(value, (str, bytes)) and len(value) > _LONGEST // 4
    if not is_long or (isinstance(value, str) and len(value.encode()) <= _LONGEST):
        return 0
    return c.T_CLOB if isinstance(value, str) else c.T_BLOB


def row_binds(values: list[Any]) -> Binds:
    """Name one row of binds V1, V2 and so on."""
    return Binds(
        names=[f"V{i}" for i in range(1, len(values) + 1)],
        types=[_bind_type(value) for value in values],
        columns=[[value] for value in values],
        num_rows=1,
    )
