"""Decoders of bind rows: the fast way by column, and the slow way for LOBs and arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from oracle_standin import const as c

from . import values, vectors
from .columns import WireColumn
from .objects import ImageReader
from .oson import json_text
from .wire import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.shapes import Shape, Vector

    from .requests import ColumnMeta
    from .wire import Reader

SIMPLE_TYPES = frozenset(
    (
        c.T_VARCHAR,
        c.T_NUMBER,
        c.T_BINARY_INTEGER,
        c.T_LONG,
        c.T_ROWID,
        c.T_DATE,
        c.T_RAW,
        c.T_LONG_RAW,
        c.T_CHAR,
        c.T_BINARY_FLOAT,
        c.T_BINARY_DOUBLE,
        c.T_TIMESTAMP,
        c.T_TIMESTAMP_TZ,
        c.T_INTERVAL_DS,
        c.T_INTERVAL_YM,
        c.T_UROWID,
        c.T_TIMESTAMP_LTZ,
    )
)


_IN_PLACE = frozenset((c.T_JSON, c.T_VECTOR))
IS_ARRAY = 0x40  # flag of a PL/SQL index-by table


def wire_order(metas: list[ColumnMeta], max_string: int) -> list[int]:
    """Return the positions of SQL binds in row data: those over ``max_string`` bytes come last."""
    # JSON and VECTOR announce their largest size and are sent in their place all the same.
    late = [m.buffer_size > max_string and m.ora_type not in _IN_PLACE for m in metas]
    order = range(len(metas))
    return [i for i in order if not late[i]] + [i for i in order if late[i]]


def read_raw_columns(r: Reader, num_rows: int, num_cols: int) -> list[list[bytes]]:
    """Read columns of plain byte strings: the fast path of array DML.

    A row that runs over the end of what has arrived is read again from its start after more
    packets.  Values go into one flat list, which costs far fewer objects than a list per row.
    """
    flat: list[bytes] = []
    while len(flat) < num_rows * num_cols:
        r.pos = _take_rows(r.data, r.pos, flat, num_rows - len(flat) // num_cols, num_cols)
        if len(flat) < num_rows * num_cols:
            r.more()
    return [flat[i::num_cols] for i in range(num_cols)]


def _take_rows(data: bytes, pos: int, flat: list[bytes], num_rows: int, num_cols: int) -> int:
    """Append the values of the rows that are complete; gives the position behind them."""
    add, columns, size = flat.append, range(num_cols), len(data)
    done = len(flat)
    try:
        for _ in range(num_rows):
            end = _take_row(data, pos, size, columns, add)
            if end > size:
                break
            if data[pos] != c.MSG_ROW_DATA:
                _not_a_row(data[pos])
            pos = end
            done += num_cols
    except IndexError:
        pass  # the last row is not complete yet
    del flat[done:]
    return pos


def _take_row(
    data: bytes, pos: int, size: int, columns: range, add: Callable[[bytes], None]
) -> int:
    """Add the values of the row at ``pos``, which follow a byte 7; gives the position behind it.

    Raises:
        IndexError: If the data end before the row does; a last value that is cut off shows only
            in a position beyond ``size``.
    """
    p = pos + 1
    for _ in columns:
        n = data[p]
        p += 1
        if n < c.LONG_INDICATOR:
            end = p + n
            add(data[p:end])
            p = end
        elif n == c.NULL_INDICATOR:
            add(b"")
        else:
            p = _read_chunks(data, p, size, add)
    return p


def _not_a_row(kind: int) -> NoReturn:
    msg = f"message type {kind} instead of row data"
    raise ProtocolError(msg)


def _read_chunks(data: bytes, p: int, size: int, add: Callable[[bytes], None]) -> int:
    """Add a byte string over 252 bytes: chunks of ub4 length and bytes, ended by a length 0."""
    parts = []
    while k := data[p]:
        n = int.from_bytes(data[p + 1 : p + 1 + k], "big")
        p += 1 + k
        parts.append(data[p : p + n])
        p += n
        if p >= size:
            raise IndexError
    add(b"".join(parts))
    return p + 1


@dataclass
class Known:
    """What a session knows of the values that come by a number or an image."""

    lob: Callable[[bytes], Any]
    cursor: Callable[[int | None], Any]
    shape: Callable[[bytes], Shape]


def read_slow_rows(
    r: Reader, metas: list[ColumnMeta], order: list[int], num_rows: int, known: Known
) -> list[list[Any]]:
    """Read rows with LOB, BOOLEAN, array, object or cursor binds, and decode their values."""
    rows: list[list[Any]] = []
    for _ in range(num_rows):
        if (kind := r.ub1()) != c.MSG_ROW_DATA:
            _not_a_row(kind)
        row: list[Any] = [None] * len(metas)
        for i in order:
            m = metas[i]
            if m.flags & IS_ARRAY:
                row[i] = [read_value(r, m, known) for _ in range(r.uint())]
            else:
                row[i] = read_value(r, m, known)
        rows.append(row)
    return rows


def read_value(r: Reader, m: ColumnMeta, known: Known) -> Any:
    """Read and decode one bind value of any type."""
    if m.ora_type in c.LOB_TYPES or m.ora_type == c.T_BFILE:
        locator = r.bytes_with_length()
        return None if locator is None else known.lob(locator)
    if m.ora_type == c.T_CURSOR:
        return known.cursor(_read_cursor(r))
    if m.ora_type == c.T_OBJECT:
        return _read_object(r, m, known)
    if m.ora_type in _READERS:
        return _READERS[m.ora_type](r)
    b = r.bytes_()
    return None if b is None else values.decoder(m.ora_type, m.csfrm)(b)


def _read_json(r: Reader) -> str | None:
    if r.bytes_with_length() is None:  # a locator that says nothing
        return None
    return json_text(r.bytes_() or b"")


def _read_vector(r: Reader) -> Vector | None:
    if r.bytes_with_length() is None:
        return None
    return vectors.decode(r.bytes_() or b"")


def _read_boolean(r: Reader) -> bool | None:
    n = r.ub1()
    if n == 253:  # null is the escape 253, 1
        r.ub1()
        return None
    return bool(r.raw(n)[0]) if n else None


def _read_cursor(r: Reader) -> int | None:
    """Read the number of a cursor, behind a 1; the byte 0 behind its length stands for none."""
    r.ub1()
    return r.uint() if r.ub1() else None


def _read_object(r: Reader, m: ColumnMeta, known: Known) -> Any:
    r.bytes_with_length()  # type and extent
    r.bytes_with_length()  # object identifier
    r.skip("nn")  # snapshot, version
    size = r.uint()
    r.uint()  # flags
    if not size:
        return None
    return ImageReader(r.bytes_() or b"", known.lob).image(known.shape(m.oid))


_READERS: dict[int, Callable[[Reader], Any]] = {
    c.T_JSON: _read_json,
    c.T_VECTOR: _read_vector,
    c.T_BOOLEAN: _read_boolean,
}


def wire_columns(
    raw_columns: list[list[bytes]], metas: list[ColumnMeta], order: list[int]
) -> list[WireColumn]:
    """Bring raw columns from the order of the wire into that of the placeholders."""
    columns = {
        i: WireColumn(raw, metas[i].ora_type, metas[i].csfrm)
        for i, raw in zip(order, raw_columns, strict=True)
    }
    return [columns[i] for i in range(len(metas))]
