"""Procedures and functions of Oracle's own packages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.backend import Column
from oracle_standin.errors import OraError
from oracle_standin.shapes import RefCursor

from .typeshape import attribute_rows, tds

if TYPE_CHECKING:
    from .scope import Argument, Expression, Scope

Builtin = Callable[["Scope", list["Argument"]], Any]


def _placed(arguments: list[Argument], *names: str, needed: int = -1) -> list[Expression | None]:
    """The arguments in the order of the parameters' names."""
    out: list[Expression | None] = [None] * len(names)
    for place, each in enumerate(arguments):
        if (each.name and each.name not in names) or place >= len(names):
            break
        out[names.index(each.name) if each.name else place] = each.expression
    else:
        if None not in out[: needed if needed >= 0 else len(names)]:
            return out
    text = "line 1, column 7:\nPLS-00306: wrong number or types of arguments in call"
    raise OraError(6550, text)


def _set(target: Expression | None, value: Any) -> None:
    if target is not None and target.assign is not None:
        target.assign(value)


def _value(argument: Expression | None, otherwise: Any = None) -> Any:
    return otherwise if argument is None else argument.value()


def _transaction_id(scope: Scope, arguments: list[Argument]) -> Any:
    for each in arguments:
        each.expression.value()
    return "1.1.1"


def _versions(scope: Scope, arguments: list[Argument]) -> None:
    """DBMS_UTILITY.DB_VERSION: the version and COMPATIBLE."""
    version, compatible = _placed(arguments, "VERSION", "COMPATIBILITY")
    _set(version, scope.session.release.version)
    _set(compatible, scope.session.release.compatible)


# --- DBMS_OUTPUT: lines that the session keeps until they are read
def _enable(scope: Scope, arguments: list[Argument]) -> None:
    if scope.session.output is None:
        scope.session.output = []


def _disable(scope: Scope, arguments: list[Argument]) -> None:
    scope.session.output = None


def _put_line(scope: Scope, arguments: list[Argument]) -> None:
    (line,) = _placed(arguments, "A")
    if scope.session.output is not None:
        scope.session.output.append(_value(line))


def _get_line(scope: Scope, arguments: list[Argument]) -> None:
    line, status = _placed(arguments, "LINE", "STATUS")
    found = bool(scope.session.output)
    _set(line, scope.session.output.pop(0) if found and scope.session.output else None)
    _set(status, 0 if found else 1)


def _return_result(scope: Scope, arguments: list[Argument]) -> None:
    cursor, _ = _placed(arguments, "RC", "TO_CLIENT", needed=1)
    given = _value(cursor)
    if not isinstance(given, RefCursor) or not given.is_open:
        raise OraError(1001, "invalid cursor")
    scope.results.append(given)


# --- DBMS_LOB on values
def _lob_copy(_: Scope, arguments: list[Argument]) -> None:
    names = ("DEST_LOB", "SRC_LOB", "AMOUNT", "DEST_OFFSET", "SRC_OFFSET")
    to, source, amount, to_offset, offset = _placed(arguments, *names, needed=3)
    start, begin = int(_value(offset, 1)) - 1, int(_value(to_offset, 1)) - 1
    piece = (_value(source) or "")[start : start + int(_value(amount))]
    old = _value(to) or piece[:0]
    blank: Any = b"\0" if isinstance(old, bytes) else " "
    gap = max(begin - len(old), 0) * blank
    _set(to, old[:begin] + gap + piece + old[begin + len(piece) :])


def _lob_length(_: Scope, arguments: list[Argument]) -> int | None:
    (lob,) = _placed(arguments, "LOB_LOC")
    value = _value(lob)
    return None if value is None else len(value)


def _lob_append(_: Scope, arguments: list[Argument]) -> None:
    """DBMS_LOB.WRITEAPPEND: text for a BLOB is hexadecimal, as all text for RAW is."""
    to, amount, buffer = _placed(arguments, "LOB_LOC", "AMOUNT", "BUFFER")
    piece, old = _value(buffer), _value(to)
    if isinstance(old, bytes) and isinstance(piece, str):
        piece = bytes.fromhex(piece)
    if not 0 < int(_value(amount)) <= len(piece):
        raise OraError(21560, "argument 2 is null, invalid, or out of range")
    piece = piece[: int(_value(amount))]
    _set(to, piece if old is None else old + piece)


# --- DBMS_PICKLER: what a driver asks of a type
_ATTRIBUTES = (
    *("CURSOR_VERSION", "ATTR_NAME", "ATTR_NO", "ATTR_TYPE_NAME", "ATTR_TYPE_OWNER"),
    *("ATTR_TYPE_PACKAGE", "ATTR_TYPE_OID", "INSTANTIABLE", "SUPER_TYPE_OWNER"),
    "SUPER_TYPE_NAME",
)
_ATTRIBUTE_TYPES = {
    "CURSOR_VERSION": c.T_NUMBER,
    "ATTR_NO": c.T_NUMBER,
    "ATTR_TYPE_OID": c.T_RAW,
}
_SHAPE = (
    *("FULL_NAME", "OID", "VERSION", "TDS", "INSTANTIABLE", "SUPER_TYPE_OWNER"),
    *("SUPER_TYPE_NAME", "ATTRS", "SUBTYPES"),
)
_NO_SUCH_TYPE = 1


def _type_shape(scope: Scope, arguments: list[Argument]) -> int:
    """DBMS_PICKLER.GET_TYPE_SHAPE, as the driver calls it: 0 for a type that the user sees."""
    name, oid, version, image, instantiable, owner, above, attributes, _ = _placed(
        arguments, *_SHAPE
    )
    shape = scope.session.units.seen_shape(str(_value(name)))
    if shape is None:
        return _NO_SUCH_TYPE
    if shape.name.endswith("%ROWTYPE"):
        _set(name, shape.full_name)
    columns = [
        Column(each, c.T_RAW if each.endswith("OID") else c.T_VARCHAR) for each in _ATTRIBUTES
    ]
    columns[0] = Column(_ATTRIBUTES[0], c.T_NUMBER)
    columns[2] = Column(_ATTRIBUTES[2], c.T_NUMBER)
    _set(oid, shape.oid)
    _set(version, 1)
    _set(image, tds(shape))
    _set(instantiable, "YES")
    _set(owner, None)
    _set(above, None)
    _set(attributes, RefCursor(columns, iter(attribute_rows(shape))))
    return 0


FUNCTIONS: dict[str, Builtin] = {
    "DBMS_TRANSACTION.LOCAL_TRANSACTION_ID": _transaction_id,
    "DBMS_UTILITY.DB_VERSION": _versions,
    "DBMS_OUTPUT.ENABLE": _enable,
    "DBMS_OUTPUT.DISABLE": _disable,
    "DBMS_OUTPUT.PUT_LINE": _put_line,
    "DBMS_OUTPUT.GET_LINE": _get_line,
    "DBMS_SQL.RETURN_RESULT": _return_result,
    "DBMS_LOB.GETLENGTH": _lob_length,
    "DBMS_LOB.COPY": _lob_copy,
    "DBMS_LOB.WRITEAPPEND": _lob_append,
    "DBMS_PICKLER.GET_TYPE_SHAPE": _type_shape,
}
