"""Variables, fields, elements and calls: what is written with names, dots and parentheses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError
from oracle_standin.shapes import INDEXED, Instance, Kind, RefCursor, Table
from oracle_standin.sql.messages import error

from . import builtin
from .calls import chosen, invoke
from .elements import METHODS
from .kinds import converted, family, undeclared
from .scope import Argument, Subprogram, arguments_at, key_of, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.sql.lexer import Token

    from .scope import Expression, Scope

_PSEUDO = frozenset(("SQLCODE", "SQLERRM"))


@dataclass
class Step:
    """``.name``, ``(arguments)`` or ``%attribute``."""

    name: str = ""
    arguments: list[Argument] | None = None
    attribute: str = ""

    @property
    def index(self) -> int:
        """The index of an element."""
        return int((self.arguments or [])[0].expression.value())


@dataclass
class Path:
    """A name and the steps behind it; ``called`` is what it calls, after ``taken`` steps."""

    scope: Scope
    key: str
    steps: list[Step] = field(default_factory=list)
    called: Subprogram | Kind | builtin.Builtin | None = None
    taken: int = 0
    home: Scope | None = None  # of a package's variable

    # --- reading
    def value(self) -> Any:
        out = self._root()
        for step in self.steps[self.taken :]:
            if isinstance(out, _Method) and step.arguments is None:
                out = out.run()
            out = _stepped(out, step)
        return out.run() if isinstance(out, _Method) else out

    def _root(self) -> Any:
        if self.home is not None:
            return self.home.variables[self.key]
        holder = self.scope.holder(self.key)
        if holder is not None:
            return holder.variables[self.key]
        if self.key.startswith(":"):
            raise error(1008)
        return self._result()

    def _result(self) -> Any:
        """Call the unit with its arguments, and return its value."""
        arguments = self._arguments()
        if isinstance(self.called, Subprogram):
            return invoke(self.scope, self.called, arguments)
        if isinstance(self.called, Kind):
            return _constructed(self.scope, self.called, arguments)
        if self.called is not None:
            return self.called(self.scope, arguments)
        if self.key in _PSEUDO:
            return self.scope.error_value(self.key)
        if self.key == "SQL":
            return self.scope.session.row_count
        return self._function_of_sql(arguments)

    def _function_of_sql(self, arguments: list[Argument]) -> Any:
        name = ".".join([self.key, *(step.name for step in self.steps[: self.taken] if step.name)])
        try:
            return self.scope.function(name, [each.expression.value() for each in arguments])
        except OraError as exc:
            if exc.code == 904:
                raise undeclared(name) from None
            raise

    def _arguments(self) -> list[Argument]:
        last = self.steps[self.taken - 1] if self.taken else None
        return (last.arguments if last else None) or []

    @property
    def is_target(self) -> bool:
        """Whether it can be assigned to."""
        if self.home is not None or self.key.startswith(":"):
            return True
        return self.scope.holder(self.key) is not None

    def family(self) -> int | None:
        if isinstance(self.called, Subprogram):
            kind = self.called.returns
            return family(kind) if kind and not self.steps[self.taken :] else None
        holder = self.scope.holder(self.key)
        found = holder.kinds.get(self.key) if holder and not self.steps else None
        return family(found) if found else None

    # --- calling and assigning
    def run(self) -> None:
        """Run as a statement: a procedure, or a method of a collection."""
        if isinstance(self.called, Subprogram):
            if self.called.returns is not None:
                text = f"line 1, column 7:\nPLS-00221: '{self.called.name}' is not a procedure"
                raise OraError(6550, text)
            invoke(self.scope, self.called, self._arguments())
        else:
            self.value()

    def assign(self, value: Any) -> None:
        if self.home is not None:
            return self.home.set(self.key, value)
        if not self.steps:
            return self.scope.set(self.key, value)
        holder = self.scope.holder(self.key)
        if holder is None:
            raise error(6550, self.key)
        container = holder.variables[self.key]
        for step in self.steps[:-1]:
            container = _made(container, step)
        _put(self.scope, container, self.steps[-1], value)
        self.scope.assigned.add(self.key)
        return None

    # --- what it means, found when the text is read
    def resolve(self) -> None:
        """Find what is called.

        Raises:
            OraError: ORA-06550 where nothing has that name, or takes no such arguments.
        """
        if self.key.startswith(":") or self.scope.holder(self.key) is not None:
            return
        names = [self.key]
        for step in self.steps:
            if not step.name:
                break
            names.append(step.name)
        own = self.scope.subprogram(self.key)
        found = (own, 1) if own is not None else self._found(names)
        if found is None:
            self.taken = self._with_arguments(len(names))
            return
        self._bind(*found)

    def _found(self, names: list[str]) -> tuple[Any, int] | None:
        kind = self.scope.declared_type(names[0]) if len(names) == 1 else None
        kind = kind or self.scope.session.units.kind(names)
        if kind is not None and kind.shape is not None:
            return kind, len(names)
        member = self.scope.session.units.member(names)
        if member is not None:
            return member
        known = builtin.FUNCTIONS.get(".".join(names[:2]))
        return (known, 2) if known else None

    def _bind(self, found: Any, names: int) -> None:
        if isinstance(found, tuple):  # a package's scope and the name of its variable
            self.home, self.key = found
            self.taken = names - 1
            return
        self.called = found
        self.taken = self._with_arguments(names)
        if isinstance(found, Subprogram):
            chosen(found, self._arguments())

    def _with_arguments(self, names: int) -> int:
        taken = names - 1
        follows = taken < len(self.steps) and self.steps[taken].arguments is not None
        return taken + follows


def read_path(
    scope: Scope, part: list[Token], k: int, compiled: Callable[[list[Token]], Expression]
) -> tuple[Path, int]:
    """Read the path at an index; gives it and the index behind it."""
    path = Path(scope, key_of(part[k]))
    k += 1
    takes_call = _takes_call(scope, path.key)
    while k < len(part):
        text, following = part[k].text, part[k + 1 : k + 2]
        if text == "." and following and following[0].kind in ("id", "qid"):
            path.steps.append(Step(name_of(following[0])))
            k, takes_call = k + 2, True
        elif text == "(" and takes_call:
            listed, k = arguments_at(part, k)
            path.steps.append(Step(arguments=[_argument(each, compiled) for each in listed]))
        elif text == "%" and following and following[0].kind == "id":
            path.steps.append(Step(attribute=following[0].word))
            k += 2
        else:
            break
    path.resolve()
    return path, k


def _takes_call(scope: Scope, key: str) -> bool:
    """Whether parentheses behind a name belong to it: not behind a variable without elements."""
    holder = scope.holder(key)
    if holder is None:
        return True
    kind = holder.kinds.get(key)
    return kind is not None and kind.shape is not None and kind.shape.is_collection


def _argument(part: list[Token], compiled: Callable[[list[Token]], Expression]) -> Argument:
    if len(part) > 2 and part[1].text == "=>":
        return Argument(compiled(part[2:]), name_of(part[0]))
    return Argument(compiled(part))


def _stepped(value: Any, step: Step) -> Any:
    if step.attribute:
        return _attribute(value, step.attribute)
    if step.arguments is not None:
        return value(step) if callable(value) else _element(value, step.index)
    if isinstance(value, Table):
        return _method(value, step.name)
    if isinstance(value, Instance):
        if step.name not in value.values:
            raise OraError(6550, f"PLS-00302: component '{step.name}' must be declared")
        return value.values[step.name]
    raise OraError(6530, "Reference to uninitialized composite")


def _method(table: Table, name: str) -> Any:
    """The value of a method, or what takes its arguments."""
    if name not in METHODS:
        raise OraError(6550, f"PLS-00302: component '{name}' must be declared")
    method, needs = METHODS[name]
    if not needs:
        return _Method(lambda *given: method(table, *given))
    return lambda step: method(table, *(each.expression.value() for each in step.arguments))


class _Method:
    """A method that may be called without parentheses."""

    def __init__(self, run: Callable[..., Any]) -> None:
        self.run = run

    def __call__(self, step: Step) -> Any:
        return self.run(*(each.expression.value() for each in step.arguments or ()))


def _element(value: Any, index: int) -> Any:
    if not isinstance(value, Table):
        raise OraError(6531, "Reference to uninitialized collection")
    if index in value.items:
        return value.items[index]
    if value.shape is None or value.shape.form == INDEXED:
        raise error(1403)
    raise OraError(6533, "Subscript beyond count")


def _attribute(value: Any, name: str) -> Any:
    if isinstance(value, RefCursor):
        values = {
            "FOUND": value.found,
            "NOTFOUND": None if value.found is None else not value.found,
            "ISOPEN": value.is_open,
            "ROWCOUNT": value.fetched,
        }
        if name in values:
            return values[name]
    if name == "ISOPEN":
        return False
    if isinstance(value, int):  # SQL%..
        of_sql = {"ROWCOUNT": value, "FOUND": value > 0, "NOTFOUND": value == 0}
        if name in of_sql:
            return of_sql[name]
    raise OraError(1001, "invalid cursor")


def _made(container: Any, step: Step) -> Any:
    """Step into what is assigned to; an element of an associative array comes to be."""
    if step.arguments is not None and isinstance(container, Table) and container.shape:
        index, element = step.index, container.shape.element
        if container.shape.form == INDEXED and index not in container.items and element:
            container.items[index] = element.shape.empty() if element.shape else None
    return _stepped(container, step)


def _put(scope: Scope, container: Any, step: Step, value: Any) -> None:
    shape = container.shape if isinstance(container, (Instance, Table)) else None
    if isinstance(container, Table) and step.arguments is not None:
        index = step.index
        if shape and shape.form != INDEXED and index not in container.items:
            raise OraError(6533, "Subscript beyond count")
        element = shape.element if shape else None
        container.items[index] = converted(scope, value, element) if element else value
    elif isinstance(container, Instance) and step.name in container.values:
        kind = shape.parts[step.name] if shape else None
        container.values[step.name] = converted(scope, value, kind) if kind else value
    else:
        raise OraError(6530, "Reference to uninitialized composite")


def _constructed(scope: Scope, kind: Kind, arguments: list[Argument]) -> Any:
    """What a constructor makes."""
    shape = kind.shape
    if shape is None or (shape.form == INDEXED and arguments):
        raise undeclared(kind.name)
    values = [each.expression.value() for each in arguments]
    if shape.is_collection:
        element = shape.element or Kind("")
        if shape.limit and len(values) > shape.limit:
            raise OraError(6532, "Subscript outside of limit")
        return Table.of([converted(scope, value, element) for value in values], shape)
    if len(values) != len(shape.parts):
        raise OraError(6550, f"line 1, column 7:\nPLS-00306: wrong number in call to '{kind.name}'")
    pairs = zip(shape.parts.items(), values, strict=True)
    return Instance(shape, {name: converted(scope, value, each) for (name, each), value in pairs})
