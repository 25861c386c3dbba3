"""Calls of procedures and functions: what they take, and how they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.errors import OraError
from oracle_standin.shapes import copied

from .kinds import family

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scope import Argument, Parameter, Scope, Subprogram


class ReturnedError(Exception):
    """RETURN: ends the subprogram that runs."""

    def __init__(self, value: Any = None) -> None:
        super().__init__()
        self.value = value


def match(called: Subprogram, arguments: list[Argument]) -> list[Argument | None]:
    """The argument of each parameter, None for a default.

    Raises:
        OraError: ORA-06550 with PLS-00306, where number, names or types do not fit.
    """
    by_name = {each.name: each for each in arguments if each.name}
    by_place = [each for each in arguments if not each.name]
    if len(by_name) + len(by_place) != len(arguments) or len(by_place) > len(called.parameters):
        raise _misfit(called)
    out: list[Argument | None] = []
    for place, parameter in enumerate(called.parameters):
        given: Argument | None = by_place[place] if place < len(by_place) else None
        if given is None:
            given = by_name.pop(parameter.name, None)
        if not _fits(parameter, given):
            raise _misfit(called)
        out.append(given)
    if by_name:
        raise _misfit(called)
    return out


def _fits(parameter: Parameter, given: Argument | None) -> bool:
    if given is None:
        return parameter.default is not None
    if parameter.is_out and given.expression.assign is None:
        return False
    known, wanted = given.expression.family, family(parameter.kind)
    return known in (None, wanted) or {known, wanted} in _CONVERTED


_CONVERTED = ({0, c.T_CLOB}, {0, c.T_BLOB})
"""LOBs that are converted into text or RAW in a call, and these into LOBs."""


def _misfit(called: Subprogram) -> OraError:
    text = f"PLS-00306: wrong number or types of arguments in call to '{called.name}'"
    return OraError(6550, f"line 1, column 7:\n{text}")


def invoke(scope: Scope, called: Subprogram, arguments: list[Argument]) -> Any:
    """Run a subprogram; gives what a function returns."""
    called, matched = chosen(called, arguments)
    if called.prepare is None:
        raise OraError(4067, f"not executed, body of '{called.name}' does not exist")
    inner = scope.inner(called.home)
    for parameter, given in zip(called.parameters, matched, strict=True):
        _give(inner, parameter, given)
    value = _returned(called, called.prepare(inner))
    for parameter, given in zip(called.parameters, matched, strict=True):
        if parameter.is_out and given is not None and given.expression.assign is not None:
            given.expression.assign(copied(inner.variables[parameter.name]))
    return value


def _returned(called: Subprogram, action: Callable[[], Any]) -> Any:
    """Run a body to its RETURN."""
    try:
        action()
    except ReturnedError as returned:
        return returned.value if called.returns is not None else None
    if called.returns is not None:
        raise OraError(6503, "PL/SQL: Function returned without value")
    return None


def chosen(
    called: Subprogram, arguments: list[Argument]
) -> tuple[Subprogram, list[Argument | None]]:
    """The subprogram of a name that takes the arguments, and these as `match` says.

    Raises:
        OraError: ORA-06550 with PLS-00306, where none does.
    """
    *others, last = called.overloads or [called]
    for each in others:
        try:
            return each, match(each, arguments)
        except OraError:
            continue
    return last, match(last, arguments)


def _give(inner: Scope, parameter: Parameter, given: Argument | None) -> None:
    """Declare a parameter with its value; one that is only OUT begins as NULL."""
    value = None
    if given is None and parameter.default is not None:
        value = parameter.default(inner)
    elif given is not None and parameter.is_in:
        value = given.expression.value()
    inner.declare(parameter.name, parameter.kind, copied(value))
