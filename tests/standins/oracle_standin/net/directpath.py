"""Direct path loads: prepare, stream, finish or abort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.errors import OraError

from .columns import WireColumn
from .responses import write_column_info
from .state import DirectLoad
from .wire import Reader, Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oracle_standin.backend import Column

    from .session import Session

_SCHEMA, _TABLE, _COLUMN = 3, 1, 4  # indexes of the keywords of a prepare
_FINISH, _ABORT = 2, 1
# Bits of a piece's header.
_FIRST, _LAST, _GOES_ON, _FAST = 0x08, 0x04, 0x01, 0x10


def on_prepare(s: Session) -> None:
    schema, table, names = _read_prepare(s.r)
    load = DirectLoad(schema, table, [])
    with s.struck(f"DIRECT PATH PREPARE {load.name}"), s.watched():
        load.columns = s.backend.load_columns(schema, table, names)
    number = next(s.ids)
    s.loads[number] = load
    w = Writer().ub1(c.MSG_PARAMETER).uint(len(load.columns))
    for i, col in enumerate(load.columns, 1):
        write_column_info(w, col, i, s.fv)
    out = [0] * 14
    out[3] = number  # the cursor
    w.uint(0, len(out), *out)
    s.reply_end(w)


def _read_prepare(r: Reader) -> tuple[str, str, list[str]]:
    r.uint()  # operation: load
    r.ub1()
    keywords = r.uint()
    r.ub1()
    inputs = r.uint()
    r.skip("111111")
    found: dict[int, list[str]] = {_SCHEMA: [""], _TABLE: [""], _COLUMN: []}
    for _ in range(keywords):
        text = r.bytes_with_length()
        value = (r.bytes_with_length() or text or b"").decode()
        found.setdefault(r.uint(), []).append(value)
    for _ in range(inputs):
        r.uint()
    return found[_SCHEMA][-1], found[_TABLE][-1], found[_COLUMN]


def on_stream(s: Session) -> None:
    r = s.r
    number = r.uint()
    r.ub1()
    total = r.uint()
    r.skip("n1n11")
    data = r.raw(total)
    load = s.loads.get(number)
    if load is None:
        raise OraError(1001, "invalid cursor")
    if s.server.discarded is not None:
        s.server.discarded[load.name] += count_rows(data)
        return s.reply_end(Writer().ub1(c.MSG_PARAMETER).uint(0))
    take_pieces(load, data)
    count = len(load.columns)
    columns = [_column(col, load.values[i::count]) for i, col in enumerate(load.columns)]
    load.values = []
    with s.struck(f"DIRECT PATH STREAM {load.name}"), s.watched():
        s.backend.direct_load(load.schema, load.table, load.columns, columns)
    return s.reply_end(Writer().ub1(c.MSG_PARAMETER).uint(0))


def count_rows(data: bytes) -> int:
    """The complete rows in some pieces, whose values nobody wants."""
    scratch, pos, rows = DirectLoad("", "", []), 0, 0
    while pos < len(data):
        flags = data[pos]
        if flags & _FAST:
            pos += data[pos + 1] << 8 | data[pos + 2]
        else:
            pos = _take_segments(scratch, data, pos + 2, data[pos + 1])
        rows += bool(flags & _LAST)
    return rows


def take_pieces(load: DirectLoad, data: bytes) -> None:
    """Add the values of the complete rows; a row, and a value, may span pieces."""
    pos, end = 0, len(data)
    while pos < end:
        flags = data[pos]
        pos += 3 if flags & _FAST else 1  # fast: a 16-bit piece length follows
        if flags & _FIRST:
            load.row = []
        pos = _take_segments(load, data, pos + 1, data[pos])
        load.goes_on = bool(flags & _GOES_ON)
        if flags & _LAST:
            load.values += load.row


def _take_segments(load: DirectLoad, data: bytes, pos: int, count: int) -> int:
    row, goes_on = load.row, load.goes_on
    for _ in range(count):
        n = data[pos]
        pos += 1
        if n == c.NULL_INDICATOR:
            n = 0
        elif n == c.LONG_INDICATOR:
            n = data[pos] << 8 | data[pos + 1]
            pos += 2
        end = pos + n
        if goes_on:
            row[-1] += data[pos:end]
            goes_on = False
        else:
            row.append(data[pos:end])
        pos = end
    return pos


def _column(col: Column, raw: list[bytes]) -> Sequence[Any]:
    if col.ora_type == c.T_BLOB:
        return raw
    if col.ora_type == c.T_CLOB:
        return WireColumn(raw, c.T_LONG, c.CS_NCHAR)
    return WireColumn(raw, col.ora_type, col.csfrm)


def on_operation(s: Session) -> None:
    """Finish commits; abort, or a load that is not there, undoes."""
    r = s.r
    op = r.uint()
    load = s.loads.pop(r.uint(), None)
    r.skip("1n11")
    if op == _FINISH and load is not None:
        s.commit(f"DIRECT PATH FINISH {load.name}")
    elif op == _ABORT:
        s.backend.rollback()
    s.reply_end(Writer().ub1(c.MSG_PARAMETER).uint(0))
