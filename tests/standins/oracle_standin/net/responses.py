"""Encoders of what a client expects.

Every function takes the negotiated ``fv`` (TTC field version) where the layout depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.backend import Column

from . import oson, values, vectors
from .lobs import CHUNK_SIZE, LOCATOR_LEN, LobStore
from .wire import Writer, enc_bytes, enc_uint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oracle_standin.errors import OraError

    from .requests import ColumnMeta


_IS_JSON = 0x100


def write_column_info(w: Writer, col: Column, position: int, fv: int) -> None:
    name = col.name.encode()
    w.ub1(col.ora_type, 0x81, col.precision & 0xFF, col.scale & 0xFF)
    w.uint(col.size, 0, 0)  # buffer size, array, cont flags
    w.bytes_with_length(col.oid)
    w.uint(0)  # version
    w.uint(c.CHARSET_UTF8 if col.csfrm == c.CS_IMPLICIT else c.CHARSET_UTF16 if col.csfrm else 0)
    w.ub1(col.csfrm)
    w.uint(col.chars)  # size in characters
    if fv >= c.FV_12_2:
        w.uint(0)
    w.ub1(1 if col.nullable else 0, min(len(name), 255))
    w.bytes_with_length(name)
    w.str_with_length(col.type_owner)
    w.str_with_length(col.type_name)
    w.uint(position, _IS_JSON if col.is_json else 0)  # column position, uds flags
    if fv >= c.FV_23_1:
        w.uint(0, 0)  # domain schema, name
    if fv >= c.FV_23_1_EXT3:
        w.uint(0)  # annotations
    if fv >= c.FV_23_4:
        w.uint(col.vector[0]).ub1(*col.vector[1:])


def write_describe(w: Writer, columns: list[Column], fv: int) -> None:
    w.ub1(c.MSG_DESCRIBE_INFO, 0)  # 0: a null byte string
    write_columns(w, columns, fv)


def write_columns(w: Writer, columns: list[Column], fv: int) -> None:
    w.uint(sum(col.size for col in columns) & 0x7FFFFFFF, len(columns))
    if columns:
        w.ub1(0)
    for i, col in enumerate(columns, 1):
        write_column_info(w, col, i, fv)
    w.uint(0, 0, 0, 0, 0, 0)  # date, flags ..., query cache key


def write_row_header(w: Writer, iterations: int = 0) -> None:
    w.ub1(c.MSG_ROW_HEADER, 2)
    w.uint(0, 0, iterations, 0, 0, 0)  # ..., bit vector, rxhrid


_LONG_TAIL = enc_uint(0) + enc_uint(0)  # null indicator, return code


def kept_strings(old: list[Column], new: list[Column]) -> list[Column] | None:
    """How columns go on that have become LOBs: strings as LONG, RAW as LONG RAW, with no define.

    The driver expects this of a query that it runs again (its `_adjust_metadata`).
    """
    out = list(new)
    for i, (before, column) in enumerate(zip(old, new, strict=False)):
        if column.ora_type == c.T_CLOB and before.ora_type in c.STRING_TYPES:
            out[i] = Column(column.name, c.T_LONG)
        elif column.ora_type == c.T_BLOB and before.ora_type in (c.T_RAW, c.T_LONG_RAW):
            out[i] = Column(column.name, c.T_LONG_RAW)
    waits = any(column.ora_type in c.NEED_DEFINE for column in out)
    return None if waits or out == new else out


def row_encoder(
    columns: list[Column],
    defines: Sequence[Column | ColumnMeta] | None,
    lobs: LobStore,
    encoders: dict[int, Callable[[Any], bytes]],
) -> Callable[[Sequence[Any]], bytes]:
    """Return a function from a row of Python values to its ROW_DATA bytes.

    ``encoders`` are those of the types whose values need the session.
    """
    makers: list[Callable[[Any], bytes]] = []
    for i, col in enumerate(columns):
        as_type = defines[i].ora_type if defines else col.ora_type
        made = encoders.get(as_type) or (
            image_encoder(as_type) if as_type == col.ora_type else None
        )
        if made is not None:
            makers.append(made)
        elif col.ora_type in c.LOB_TYPES and as_type in c.LOB_TYPES:
            makers.append(lob_maker(col.ora_type, lobs))
        elif col.ora_type in c.NEED_DEFINE:  # defined as LONG, LONG RAW
            t = c.T_LONG_RAW if col.ora_type == c.T_BLOB else c.T_LONG
            makers.append(_scalar_maker(values.encoder(t, col.csfrm), _LONG_TAIL))
        else:
            tail = _LONG_TAIL if col.ora_type in (c.T_LONG, c.T_LONG_RAW) else b""
            makers.append(_scalar_maker(values.encoder(col.ora_type, col.csfrm), tail))

    def encode(row: Sequence[Any]) -> bytes:
        return b"\x07" + b"".join([make(v) for make, v in zip(makers, row, strict=False)])

    return encode


_IMAGES: dict[int, Callable[[Any], bytes]] = {c.T_JSON: oson.encode, c.T_VECTOR: vectors.encode}
"""What makes the images that go with the row, without a LOB."""


def image_maker(image_of: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Return an encoder of length, size, chunk size, image and a locator that nobody uses."""

    def make(value: Any) -> bytes:
        if value is None:
            return b"\0"
        image, locator = image_of(value), bytes(LOCATOR_LEN)
        size = enc_uint(len(image))
        return enc_uint(LOCATOR_LEN) + size + enc_uint(0) + enc_bytes(image) + enc_bytes(locator)

    return make


def image_encoder(ora_type: int) -> Callable[[Any], bytes] | None:
    """The encoder of a value that is an image, or None."""
    return image_maker(_IMAGES[ora_type]) if ora_type in _IMAGES else None


def _scalar_maker(encode: Callable[[Any], bytes], tail: bytes) -> Callable[[Any], bytes]:
    null = b"\0" + tail

    def make(v: Any) -> bytes:
        if v is None:
            return null
        b = encode(v)
        n = len(b)
        return (bytes((n,)) + b if n <= c.MAX_SHORT else enc_bytes(b)) + tail

    return make


def lob_maker(ora_type: int, lobs: LobStore) -> Callable[[Any], bytes]:
    """Return an encoder that makes each value a LOB: length, size, chunk size and locator."""

    def make(v: Any) -> bytes:
        if v is None:
            return b"\0"
        lob = lobs.create(ora_type, v)
        return (
            enc_uint(len(lob.locator))
            + enc_uint(len(lob))
            + enc_uint(CHUNK_SIZE)
            + enc_bytes(lob.locator)
        )

    return make


def write_parameter(w: Writer, rowcounts: list[int] | None = None) -> None:
    """Write the return parameters of an execute; row counts come only when asked for."""
    w.ub1(c.MSG_PARAMETER)
    w.uint(0, 0, 0, 0)
    if rowcounts is not None:
        w.uint(len(rowcounts), *rowcounts)


@dataclass
class End:
    """The fields of the message that ends a response."""

    status: int = 0
    cursor_id: int = 0
    rowcount: int = 0
    code: int = 0
    text: str = ""
    offset: int = 0
    rowid: tuple[int, int, int, int] = (0, 0, 0, 0)
    errors: list[tuple[int, OraError]] = field(default_factory=list)  # batch errors by row


def write_end(w: Writer, end: End, fv: int) -> None:
    """Write the ERROR message that ends a response; code 0 means success."""
    w.ub1(c.MSG_ERROR)
    w.uint(
        end.status,
        0,
        min(end.rowcount, 0xFFFFFFFF),
        min(end.code, 0xFFFF),
        0,
        0,
        end.cursor_id,
        min(end.offset, 0x7FFF),
    )
    w.ub1(0, 0, 0, 0, 0, 0)  # sql type, fatal, flags, options, upi, flags
    w.uint(end.rowid[0], end.rowid[1]).ub1(0).uint(end.rowid[2], end.rowid[3])
    w.uint(0).ub1(0, 0).uint(0, 0, 0)  # OS error ... logical rowid
    _write_batch_errors(w, end.errors)
    w.uint(end.code, end.rowcount)
    if fv >= c.FV_20_1:
        w.uint(0, 0)  # sql type, server checksum
    if end.code:
        w.bytes_((end.text + "\n").encode())


def _write_batch_errors(w: Writer, errors: list[tuple[int, OraError]]) -> None:
    """Write the codes, the rows and the texts of batch errors, each list behind its length."""
    n = len(errors)
    if not n:
        w.uint(0, 0, 0)
        return
    w.uint(n).ub1(0)  # packed size; 254 would mean chunks
    w.uint(*[error.code for _, error in errors])
    w.uint(n).ub1(0)
    w.uint(*[row for row, _ in errors])
    w.uint(n).ub1(0)
    for _, error in errors:
        text = error.text.encode()
        w.uint(len(text)).bytes_(text).ub1(0, 0)


def write_status(w: Writer, status: int = 0) -> None:
    """Write the short message that ends a response without rows or counts."""
    w.ub1(c.MSG_STATUS).uint(status, 0)


def write_pairs(w: Writer, pairs: dict[str, str], flags: dict[str, int] | None = None) -> None:
    """Write the key and value pairs of authentication."""
    w.ub1(c.MSG_PARAMETER).uint(len(pairs))
    for key, value in pairs.items():
        w.str_with_length(key).str_with_length(value)
        w.uint((flags or {}).get(key, 0))
