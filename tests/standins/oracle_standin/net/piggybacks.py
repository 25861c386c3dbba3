"""Calls without an answer, which a client writes in front of another call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin import const as c
from oracle_standin.errors import OraError

from .lobs import LOCATOR_LEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from .session import Session


def close_cursors(s: Session) -> None:
    s.r.ub1()
    for _ in range(s.r.uint()):
        s.cursors.pop(s.r.uint(), None)


def set_schema(s: Session) -> None:
    s.r.ub1()
    s.backend.set_schema((s.r.bytes_with_length() or b"").decode())


def end_to_end(s: Session) -> None:
    r = s.r
    r.skip("11n")
    sizes, changes = {}, {}
    for name in ("client_identifier", "module", "action"):
        changes[name] = r.ub1()
        sizes[name] = r.uint()
    for name in ("client_info", "dbop"):
        r.skip("1n1n")
        changes[name] = r.ub1()
        sizes[name] = r.uint()
    given = {name: (r.bytes_() or b"").decode() for name, size in sizes.items() if size}
    s.attrs |= given
    _identify(s, {name: given.get(name) for name, is_changed in changes.items() if is_changed})


def key_value(s: Session) -> None:
    r = s.r
    r.skip("1n1")
    n = r.uint()
    r.skip("n1")
    namespace = (r.bytes_() or b"").decode()
    head = f"ctx.{namespace.upper()}."
    values: dict[str, str | None] = {}
    if not n:  # all are cleared
        values = {key: None for key in s.attrs if key.startswith(head)}
    for _ in range(n):
        key = (r.bytes_with_length() or b"").decode()
        values[head + key.upper()] = (r.bytes_with_length() or b"").decode()
        r.uint()
    s.attrs |= {key: value or "" for key, value in values.items()}
    _identify(s, values or {head: None})


def _identify(s: Session, values: dict[str, str | None]) -> None:
    """Tell the back end; what it does not take is an error of the call that follows."""
    try:
        s.backend.identify(values)
    except OraError as exc:
        s.late_error = exc


def free_lobs(s: Session) -> None:
    r = s.r
    r.ub1()
    total = r.uint()
    r.skip("1nnn111")
    op = r.uint()
    r.skip("1nnn11n1n1n")
    data = r.raw(total)
    if op & 0xFFF == c.LOB_FREE_TEMP:
        for i in range(0, total, LOCATOR_LEN):
            s.lobs.free(data[i : i + LOCATOR_LEN])


def session_state(s: Session) -> None:
    s.r.uint()


def session_release(s: Session) -> None:
    s.r.skip("11n")


HANDLERS: dict[int, Callable[[Session], None]] = {
    c.FN_CLOSE_CURSORS: close_cursors,
    c.FN_SET_SCHEMA: set_schema,
    c.FN_END_TO_END: end_to_end,
    c.FN_KEY_VALUE: key_value,
    c.FN_LOB_OP: free_lobs,
    c.FN_SESSION_STATE: session_state,
    c.FN_SESSION_RELEASE: session_release,
}
