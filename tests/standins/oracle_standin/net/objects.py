"""Objects and collections as images.

An image is flags, version, a length, for a collection a prefix, and the values: each behind its
length, an object within an object in its place, all else within or around a collection as an image
of its own.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.shapes import INDEXED, DateValue, Instance, Kind, Shape, Table

from . import values
from .wire import ProtocolError, enc_bytes, enc_uint

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lobs import LobStore

_IS_CURRENT, _IS_COLLECTION, _HAS_NO_PREFIX = 0x80, 0x08, 0x04
_LONG, _NULL, _NULL_OBJECT = 254, 255, 253
_MAX_SHORT = 245
_HAS_INDEXES = 0x10
_TOP_LEVEL = 1
_EXTENT = bytes.fromhex("00000000000000000000000000010001")


def _sized(data: bytes) -> bytes:
    if len(data) <= _MAX_SHORT:
        return bytes((len(data),)) + data
    return bytes((_LONG,)) + struct.pack(">I", len(data)) + data


def _count(number: int) -> bytes:
    if number <= _MAX_SHORT:
        return bytes((number,))
    return bytes((_LONG,)) + struct.pack(">I", number)


# --- out
def write_value(value: Instance | Table | None, lobs: LobStore) -> bytes:
    """A column's or bind's value: identity, length and image."""
    if value is None or value.shape is None:
        return enc_uint(0) * 5 + enc_uint(_TOP_LEVEL)
    toid = b"\0\x22\x02\x08" + value.shape.oid + _EXTENT
    image = encode_image(value, lobs)
    identity = enc_uint(len(toid)) + enc_bytes(toid) + enc_uint(0) * 3
    return identity + enc_uint(len(image)) + enc_uint(_TOP_LEVEL) + enc_bytes(image)


def encode_image(value: Instance | Table, lobs: LobStore) -> bytes:
    is_collection = isinstance(value, Table)
    flags = _IS_CURRENT | (_IS_COLLECTION if is_collection else _HAS_NO_PREFIX)
    body = (b"\1\1" if is_collection else b"") + _parts(value, lobs)
    return bytes((flags, 1, _LONG)) + struct.pack(">I", len(body) + 7) + body


def _parts(value: Instance | Table, lobs: LobStore) -> bytes:
    shape = value.shape
    if shape is None:
        msg = "a value without a type"
        raise NotImplementedError(msg)
    if isinstance(value, Instance):
        return b"".join(
            _encode(value.values[name], kind, lobs, within_collection=False)
            for name, kind in shape.parts.items()
        )
    is_indexed = shape.form == INDEXED
    out = [bytes((_HAS_INDEXES if is_indexed else 0,)), _count(len(value.items))]
    element = shape.element or Kind("")
    for key in value.ordered_keys():
        if is_indexed:
            out.append(struct.pack(">i", key))
        out.append(_encode(value.items[key], element, lobs, within_collection=True))
    return b"".join(out)


def _encode(value: Any, kind: Kind, lobs: LobStore, *, within_collection: bool) -> bytes:
    inner = kind.shape
    if value is None:
        is_object = inner is not None and not inner.is_collection
        return bytes((_NULL_OBJECT if is_object else _NULL,))
    if inner is not None:
        whole = within_collection or inner.is_collection
        return _sized(encode_image(value, lobs)) if whole else _parts(value, lobs)
    kind_ = kind.column.ora_type
    if kind_ in c.LOB_TYPES:
        return _sized(lobs.create(kind_, value).locator)
    if kind_ in (c.T_BOOLEAN, c.T_BINARY_INTEGER):
        return _sized(struct.pack(">i", int(value)))
    data = values.encoder(kind_, kind.column.csfrm)(value)
    return _sized(data) if data else bytes((_NULL,))


# --- in
class ImageReader:
    """Reads one image."""

    def __init__(self, data: bytes, read_lob: Callable[[bytes], Any]) -> None:
        self.data = data
        self.at = 0
        self.read_lob = read_lob

    def _take(self, size: int) -> bytes:
        out = self.data[self.at : self.at + size]
        if len(out) < size:
            msg = "an image ends too early"
            raise ProtocolError(msg)
        self.at += size
        return out

    def _length(self) -> int:
        size = self._take(1)[0]
        return int(struct.unpack(">I", self._take(4))[0]) if size == _LONG else size

    def _bytes(self) -> bytes | None:
        if self.data[self.at] == _NULL:
            self.at += 1
            return None
        return self._take(self._length())

    def image(self, shape: Shape) -> Instance | Table:
        flags = self._take(2)[0]
        self._length()
        if not flags & _HAS_NO_PREFIX:
            self._take(self._length())
        return self._value(shape)

    def _value(self, shape: Shape) -> Instance | Table:
        if not shape.is_collection:
            out = Instance(shape)
            for name, kind in shape.parts.items():
                out.values[name] = self._part(kind, within_collection=False)
            return out
        self._take(1)
        element = shape.element or Kind("")
        table = Table(shape)
        for number in range(1, self._length() + 1):
            is_indexed = shape.form == INDEXED
            key = struct.unpack(">i", self._take(4))[0] if is_indexed else number
            table.items[key] = self._part(element, within_collection=True)
        return table

    def _part(self, kind: Kind, *, within_collection: bool) -> Any:
        inner = kind.shape
        if inner is None:
            data = self._bytes()
            return None if not data else self._scalar(data, kind)
        if self.data[self.at] in (_NULL_OBJECT, _NULL):
            self.at += 1
            return None
        if within_collection or inner.is_collection:
            return ImageReader(self._bytes() or b"", self.read_lob).image(inner)
        return self._value(inner)

    def _scalar(self, data: bytes, kind: Kind) -> Any:
        ora_type = kind.column.ora_type
        if ora_type in c.LOB_TYPES:
            return self.read_lob(data)
        if ora_type == c.T_BOOLEAN:
            return data[-1] == 1
        if ora_type == c.T_BINARY_INTEGER:
            return struct.unpack(">i", data.rjust(4, b"\0"))[0]
        value = values.decoder(ora_type, kind.column.csfrm)(data)
        return DateValue.of(value) if ora_type == c.T_DATE else value
