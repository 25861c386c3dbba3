"""Decoders of what a client sends.

Every function takes the negotiated ``fv`` (TTC field version) where the layout depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin import const as c

if TYPE_CHECKING:
    from .wire import Reader


@dataclass
class ColumnMeta:
    """Type information of a bind or a define."""

    ora_type: int
    flags: int
    buffer_size: int
    csfrm: int
    oid: bytes = b""  # of an object type
    elements: int = 0  # that an array has room for


def read_column_meta(r: Reader, fv: int) -> ColumnMeta:
    ora_type, flags = r.ub1(), r.ub1()
    r.skip("11")  # precision, scale: always 0
    size = r.uint()
    elements = r.uint()
    r.uint()  # cont flags
    oid = r.bytes_with_length() or b""
    r.skip("nn")  # version, charset id
    csfrm = r.ub1()
    r.uint()  # LOB prefetch length
    if fv >= c.FV_12_2:
        r.uint()
    return ColumnMeta(ora_type, flags, size, csfrm, oid, elements)


@dataclass
class Execute:
    """Function 94, or 4/78 which re-run a known cursor."""

    options: int = 0
    cursor_id: int = 0
    sql: str | None = None
    iterations: int = 0  # rows to prefetch, of a query
    num_execs: int = 1
    flags: int = 0
    orientation: int = 0  # where a scrollable cursor goes
    position: int = 0
    binds: list[ColumnMeta] | None = None
    defines: list[ColumnMeta] | None = None


def read_execute(r: Reader, fv: int) -> Execute:
    """Read everything of an execute up to, but without, the bind rows."""
    e = Execute(options=r.uint(), cursor_id=r.uint())
    has_sql = r.ub1()
    r.skip("n1n11n")  # sql length ... prefetch size
    e.iterations = r.uint()
    r.uint()  # maximum long size
    r.ub1()
    num_binds = r.uint()
    r.skip("11111")
    r.ub1()
    num_defines = r.uint()
    r.skip("n111n1nn")  # registration id ... registration id
    r.skip("1n1")  # array DML row counts
    if fv >= c.FV_12_2:
        r.skip("1n1n1")
        if fv >= c.FV_12_2_EXT1:
            r.skip("1n")
    if has_sql:
        e.sql = (r.bytes_() or b"").decode()
    al8i4 = [r.uint() for _ in range(13)]
    e.num_execs, e.flags = al8i4[1], al8i4[9]
    e.orientation, e.position = al8i4[10], al8i4[11]
    if num_defines:
        e.defines = [read_column_meta(r, fv) for _ in range(num_defines)]
    elif num_binds:
        e.binds = [read_column_meta(r, fv) for _ in range(num_binds)]
    return e


def read_pairs(r: Reader, n: int) -> dict[str, str]:
    """Read the key and value pairs of authentication; contexts are (ctx.NAMESPACE.NAME)."""
    out: dict[str, str] = {}
    space = name = ""
    for _ in range(n):
        key = (r.bytes_with_length() or b"").decode().rstrip("\0")
        value = (r.bytes_with_length() or b"").decode()
        r.uint()
        if key == "AUTH_APPCTX_NSPACE":
            space = value
        elif key == "AUTH_APPCTX_ATTR":
            name = value
        elif key == "AUTH_APPCTX_VALUE":
            out[f"ctx.{space}.{name}"] = value
        else:
            out[key] = value
    return out
