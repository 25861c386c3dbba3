"""CREATE and DROP of procedures, functions, packages and types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.errors import OraError
from oracle_standin.shapes import Kind, Shape
from oracle_standin.sql.messages import error
from oracle_standin.sql.plsql import check_bodies, read_unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from .statement import Statement

CODE = ("PROCEDURE", "FUNCTION", "PACKAGE", "TYPE")


def creator(kind: str) -> Callable[[Statement, int, set[str]], None]:
    """Return what runs CREATE of a kind of code."""
    return lambda s, i, prefixes: _create(s, i, kind, prefixes)


def _create(s: Statement, i: int, kind: str, prefixes: set[str]) -> None:
    start = s.tokens[i - 1].start
    if s.word(i) == "BODY":
        kind, i = f"{kind} BODY", i + 1
    if kind == "TYPE BODY":
        raise error(3001, "CREATE TYPE BODY")
    schema, name, i = s.object_name(i)
    owner = s.owner(schema)
    s.session.access.require_create(owner, "TYPE" if kind == "TYPE" else "PROCEDURE")
    _make_room(s, schema, name, kind, is_replaced="REPLACE" in prefixes)
    end = s.tokens[-2 if s.tokens[-1].text == "/" else -1].end
    s.save("INSERT INTO ora.code VALUES (%s, %s, %s, %s)", owner, name, kind, s.sql[start:end])
    _compile(s, owner, name, kind)


def _make_room(
    s: Statement, schema: str | None, name: str, kind: str, *, is_replaced: bool
) -> None:
    """Remove what is replaced; ORA-00955 for a name that is taken."""
    owner = s.owner(schema)
    rows = s.work.rows("SELECT kind FROM ora.code WHERE owner = %s AND name = %s", owner, name)
    known = {row[0] for row in rows}
    if kind == "PACKAGE BODY":
        if "PACKAGE" not in known:
            raise OraError(4043, f"object {name} does not exist")
        is_taken = kind in known and not is_replaced
    elif kind in known:
        is_taken = not is_replaced
    else:
        is_taken = s.exists(schema, name)
    if is_taken:
        raise error(955)
    s.save("DELETE FROM ora.code WHERE owner = %s AND name = %s AND kind = %s", owner, name, kind)


def _compile(s: Statement, owner: str, name: str, kind: str) -> None:
    """Read the unit, whose types the dictionary then tells.

    Oracle would make an invalid object of text that does not compile; here it is refused, since it
    may only be beyond what is read.
    """
    sources = s.work.rows(
        "SELECT kind, source FROM ora.code WHERE owner = %s AND name = %s ORDER BY length(kind)",
        owner,
        name,
    )
    try:
        unit = read_unit(s.session, owner, name, sources)
        check_bodies(unit)
    except OraError as exc:
        if exc.code == 6550:
            raise OraError(3001, f"unimplemented feature: PL/SQL: {exc.text}") from None
        raise
    except IndexError:
        raise error(3001, f"PL/SQL of {kind} {name}") from None
    kinds = [unit] if isinstance(unit, Kind) else getattr(unit, "types", {}).values()
    _forget_types(s, owner, name)
    for each in kinds:
        if each.shape is not None:
            _save_shape(s, each.shape, name)


def _forget_types(s: Statement, owner: str, unit: str) -> None:
    for table in ("ora.typ", "ora.attr"):
        s.save(f"DELETE FROM {table} WHERE owner = %s AND of_unit = %s", owner, unit)


def _save_shape(s: Statement, shape: Shape, unit: str) -> None:
    element = _described(shape.element) if shape.element else (None,) * 6
    s.save(
        "INSERT INTO ora.typ VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        *(shape.owner, shape.package, shape.name, shape.form),
        *(*element, shape.limit, unit),
    )
    for number, (name, kind) in enumerate(shape.parts.items(), 1):
        s.save(
            "INSERT INTO ora.attr VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            *(shape.owner, shape.package, shape.name, name, number, *_described(kind), unit),
        )


def _described(kind: Kind) -> tuple[str | int | None, ...]:
    """Owner, package and name of a type, and its length, precision and scale."""
    if kind.shape is not None:
        return kind.shape.owner, kind.shape.package, kind.shape.name, None, None, None
    column = kind.column
    scale = column.scale if column.precision and column.scale != -127 else None
    return None, None, kind.name, column.chars or None, column.precision or None, scale


def drop_code(s: Statement, schema: str | None, name: str, kind: str, *, if_exists: bool) -> None:
    owner = s.owner(schema)
    privilege = "TYPE" if kind.startswith("TYPE") else "PROCEDURE"
    s.session.access.require_on(owner, name, "DROP", f"DROP ANY {privilege}")
    kinds = [kind, f"{kind} BODY"]
    found = s.work.run(
        "DELETE FROM ora.code WHERE owner = %s AND name = %s AND kind = ANY(%s)",
        [owner, name, kinds],
    )
    if not found and not if_exists:
        raise OraError(4043, f"object {s.dictionary.full(name)} does not exist")
    if not kind.endswith("BODY"):
        _forget_types(s, owner, name)
