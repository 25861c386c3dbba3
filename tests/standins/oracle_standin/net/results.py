"""What a PL/SQL block gives back: OUT binds, open cursors and implicit results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.errors import OraError
from oracle_standin.shapes import RefCursor

from . import responses
from .binds import IS_ARRAY
from .objects import write_value
from .state import Cursor
from .values import encoder
from .wire import Writer, enc_bytes, enc_uint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .requests import ColumnMeta
    from .session import Session

_IMPLICIT_RESULTS = 27


def write_cursor(s: Session, w: Writer, given: RefCursor) -> None:
    """Describe an open cursor and tell the number under which its rows are fetched."""
    number = next(s.ids)
    cursor = Cursor(number, "SELECT")
    cursor.columns, cursor.described, cursor.is_result = given.columns, True, True
    cursor.open(given.rows if given.is_open else ())
    s.cursors[number] = cursor
    responses.write_columns(w, given.columns, s.fv)
    w.uint(number)


def ref_cursor(s: Session, number: int | None) -> RefCursor | None:
    """The cursor that a client binds; its rows are those it has not fetched."""
    cursor = s.cursors.get(number or 0)
    if cursor is None:
        return None

    def rows() -> Iterator[Sequence[Any]]:
        while taken := cursor.take(1):
            yield taken[0]

    return RefCursor(cursor.columns, rows(), is_open=cursor.is_open)


def out_encoder(s: Session, meta: ColumnMeta) -> Callable[[Any], bytes]:
    """Return the encoder of the value of an OUT or RETURNING bind, with its indicator."""
    encode = _value_encoder(s, meta)
    return lambda v: encode(v) + b"\0"


def returning_encoder(s: Session, meta: ColumnMeta) -> Callable[[Any], bytes]:
    """Return the encoder of RETURNING, which cuts a text to the size of its variable.

    The client is told how many bytes there were.
    """
    encode = out_encoder(s, meta)
    if meta.ora_type not in c.STRING_TYPES:
        return encode
    as_bytes = encoder(meta.ora_type, meta.csfrm)

    def cut(value: Any) -> bytes:
        data = b"" if value is None else as_bytes(value)
        if len(data) <= meta.buffer_size:
            return encode(value)
        return enc_bytes(data[: meta.buffer_size]) + enc_uint(len(data))

    return cut


def column_encoders(s: Session) -> dict[int, Callable[[Any], bytes]]:
    """The encoders of the columns whose values need the session."""
    return {
        c.T_OBJECT: lambda v: write_value(v, s.lobs),
        c.T_CURSOR: lambda v: _cursor_value(s, v),
    }


def _value_encoder(s: Session, meta: ColumnMeta) -> Callable[[Any], bytes]:
    if meta.ora_type in c.LOB_TYPES:
        return responses.lob_maker(meta.ora_type, s.lobs)
    if meta.ora_type == c.T_OBJECT:
        return lambda v: write_value(v, s.lobs)
    if meta.ora_type == c.T_CURSOR:
        return lambda v: _cursor_value(s, v)
    image = responses.image_encoder(meta.ora_type)
    if image is not None:
        return image
    encode = encoder(meta.ora_type, meta.csfrm)
    return lambda v: b"\0" if v is None else enc_bytes(encode(v))


def _cursor_value(s: Session, value: RefCursor | None) -> bytes:
    w = Writer()
    w.ub1(1)
    write_cursor(s, w, value or RefCursor([], iter(()), is_open=False))
    return bytes(w.buf)


def check_arrays(metas: list[ColumnMeta], outs: list[dict[int, Any]]) -> None:
    """Raise ORA-06513 where an array of the client has no room for what a block assigned."""
    for out in outs:
        for i, value in out.items():
            if metas[i].flags & IS_ARRAY and len(value or ()) > metas[i].elements:
                text = "PL/SQL: index for PL/SQL table out of range for host language array"
                raise OraError(6513, text)


def write_out_binds(
    s: Session, w: Writer, metas: list[ColumnMeta], outs: list[dict[int, Any]]
) -> None:
    """Write the I/O vector of a PL/SQL block, then for each run the values of its OUT binds."""
    n = len(metas)
    assigned = sorted({i for out in outs for i in out})
    w.ub1(c.MSG_IO_VECTOR, 0).uint(n & 0xFF, n >> 8, 1, 0, 0, 0)
    for i in range(n):
        w.ub1(48 if i in assigned else 32)  # IN OUT or IN
    if not assigned:
        return
    encoders = {i: out_encoder(s, metas[i]) for i in assigned}
    for out in outs:
        w.ub1(c.MSG_ROW_DATA)
        for i in assigned:
            _write_out(w, metas[i], encoders[i], out.get(i))


def _write_out(w: Writer, meta: ColumnMeta, encode: Callable[[Any], bytes], value: Any) -> None:
    if not meta.flags & IS_ARRAY:
        w.raw(encode(value))
        return
    items = value or []
    w.uint(len(items))
    for item in items:
        w.raw(encode(item))


def write_implicit_results(s: Session, w: Writer, results: list[RefCursor]) -> None:
    """Write what DBMS_SQL.RETURN_RESULT was given."""
    if not results:
        return
    w.ub1(_IMPLICIT_RESULTS).uint(len(results))
    for each in results:
        w.ub1(0)
        write_cursor(s, w, each)
