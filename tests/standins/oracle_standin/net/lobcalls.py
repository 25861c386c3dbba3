"""LOB operations: create, read, write, trim, measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin import const as c
from oracle_standin.errors import OraError

from .lobs import CHUNK_SIZE
from .wire import ProtocolError, Writer

if TYPE_CHECKING:
    from .lobs import Lob
    from .session import Session


def on_lob(s: Session) -> None:
    """Run one operation; only a write brings data, and only some bring an amount."""
    r = s.r
    r.ub1()
    size = r.uint()
    r.ub1()
    r.skip("nnn111")  # destination length ... flags
    op = r.uint()
    r.skip("11")
    offset, dest_offset = r.uint(), r.uint()
    has_amount = bool(r.ub1())
    r.raw(6)
    locator = r.raw(size) if size else b""
    if op == c.LOB_CREATE_TEMP:
        r.uint()  # character set
        return _create(s, dest_offset)
    data = _written(s) if op == c.LOB_WRITE else b""
    amount = r.uint() if has_amount else 0
    lob = s.lobs.get(locator)
    if lob is None:
        raise OraError(22275, "invalid LOB locator specified")
    w = Writer()
    answer = _read(w, lob, offset, amount) if op == c.LOB_READ else _do(op, lob, amount)
    if data:
        lob.write(offset, data)
    w.ub1(c.MSG_PARAMETER).raw(locator)
    if has_amount:
        w.uint(answer)
    if op == c.LOB_IS_OPEN:
        w.ub1(1 if lob.is_open else 0)
    return s.reply_end(w)


def _create(s: Session, ora_type: int) -> None:
    lob = s.lobs.create(ora_type)
    w = Writer().ub1(c.MSG_PARAMETER).raw(lob.locator).uint(c.CHARSET_UTF8).ub1(0)
    s.reply_end(w)


def _written(s: Session) -> bytes:
    if s.r.ub1() != c.MSG_LOB_DATA:
        msg = "LOB write without data"
        raise ProtocolError(msg)
    return s.r.bytes_() or b""


def _read(w: Writer, lob: Lob, offset: int, amount: int) -> int:
    out = lob.read(offset, amount)
    if out:
        w.ub1(c.MSG_LOB_DATA).bytes_(out)
    return len(out) // lob.unit


def _open(lob: Lob, *, opens: bool) -> None:
    if lob.is_open and opens:
        raise OraError(22293, "LOB already opened in the same transaction")
    if not lob.is_open and not opens:
        raise OraError(22289, "cannot perform LOBCLOSE operation on an unopened file or LOB")
    lob.is_open = opens


def _do(op: int, lob: Lob, amount: int) -> int:
    """Run an operation without data; gives the amount of the answer."""
    if op == c.LOB_GET_LENGTH:
        return len(lob)
    if op == c.LOB_GET_CHUNK_SIZE:
        return CHUNK_SIZE
    if op == c.LOB_TRIM:
        lob.trim(amount)
        return amount
    if op in (c.LOB_OPEN, c.LOB_CLOSE):
        _open(lob, opens=op == c.LOB_OPEN)
    elif op not in (c.LOB_IS_OPEN, c.LOB_WRITE):
        raise OraError(3115, f"unsupported LOB operation {op:#x}")
    return 0
