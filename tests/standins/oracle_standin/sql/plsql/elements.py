"""The methods of collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError
from oracle_standin.shapes import INDEXED

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.shapes import Table


def _delete(table: Table, *bounds: Any) -> None:
    if not bounds:
        table.items.clear()
        return
    first, last = int(bounds[0]), int(bounds[-1])
    for key in [key for key in table.items if first <= key <= last]:
        del table.items[key]


def _extend(table: Table, count: Any = 1, copied_from: Any = None) -> None:
    if table.shape is not None and table.shape.form == INDEXED:
        raise OraError(6550, "PLS-00306: wrong number or types of arguments in call to 'EXTEND'")
    last = max(table.items, default=0)
    limit = table.shape.limit if table.shape else 0
    if limit and last + int(count) > limit:
        raise OraError(6532, "Subscript outside of limit")
    value = None if copied_from is None else table.items[int(copied_from)]
    for key in range(last + 1, last + int(count) + 1):
        table.items[key] = value


def _trim(table: Table, count: Any = 1) -> None:
    if int(count) > len(table.items):
        raise OraError(6533, "Subscript beyond count")
    for key in table.ordered_keys()[len(table.items) - int(count) :]:
        del table.items[key]


def _next(table: Table, index: Any) -> int | None:
    return min((key for key in table.items if key > index), default=None)


def _prior(table: Table, index: Any) -> int | None:
    return max((key for key in table.items if key < index), default=None)


METHODS: dict[str, tuple[Callable[..., Any], bool]] = {
    "COUNT": (lambda table: len(table.items), False),
    "FIRST": (lambda table: min(table.items, default=None), False),
    "LAST": (lambda table: max(table.items, default=None), False),
    "LIMIT": (lambda table: (table.shape.limit or None) if table.shape else None, False),
    "DELETE": (_delete, False),
    "EXTEND": (_extend, False),
    "TRIM": (_trim, False),
    "EXISTS": (lambda table, index: int(index) in table.items, True),
    "NEXT": (_next, True),
    "PRIOR": (_prior, True),
}
"""What they do, and whether they need arguments."""
