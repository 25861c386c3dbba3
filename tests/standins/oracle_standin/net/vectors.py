"""VECTOR as an image: magic byte, version, flags, format, dimensions, a norm and the values."""

from __future__ import annotations

import math
import struct

from oracle_standin.shapes import BINARY, FLOAT32, FLOAT64, INT8, Vector

from .values import (
    decode_binary_double,
    decode_binary_float,
    encode_binary_double,
    encode_binary_float,
)
from .wire import ProtocolError

_MAGIC, _HEAD = 0xDB, struct.Struct(">BBHBI")
_HAS_NORM, _HAS_ROOM, _IS_SPARSE = 0x02, 0x10, 0x20
_SIZES = {FLOAT32: 4, FLOAT64: 8, INT8: 1, BINARY: 1}
_NORM = 8


def encode(value: Vector) -> bytes:
    numbers = value.numbers
    if value.format == BINARY:
        head = _HEAD.pack(_MAGIC, 1, _HAS_ROOM, BINARY, len(numbers) * 8)
        return head + bytes(_NORM) + bytes(int(n) for n in numbers)
    head = _HEAD.pack(_MAGIC, 0, _HAS_ROOM | _HAS_NORM, value.format, len(numbers))
    norm = encode_binary_double(math.sqrt(sum(n * n for n in numbers)))
    if value.format == INT8:
        return head + norm + struct.pack(f"{len(numbers)}b", *map(int, numbers))
    one = encode_binary_float if value.format == FLOAT32 else encode_binary_double
    return head + norm + b"".join(map(one, numbers))


def decode(data: bytes) -> Vector:
    magic, _, flags, form, count = _HEAD.unpack_from(data)
    if magic != _MAGIC or form not in _SIZES:
        msg = f"vector image {data[:9].hex()}"
        raise ProtocolError(msg)
    if flags & _IS_SPARSE:
        msg = "sparse vectors"
        raise NotImplementedError(msg)
    at = _HEAD.size + (_NORM if flags & (_HAS_NORM | _HAS_ROOM) else 0)
    if form == BINARY:
        return Vector(form, [float(n) for n in data[at : at + count // 8]])
    if form == INT8:
        return Vector(form, [float(n) for n in struct.unpack_from(f"{count}b", data, at)])
    size = _SIZES[form]
    one = decode_binary_float if form == FLOAT32 else decode_binary_double
    return Vector(form, [one(data[k : k + size]) for k in range(at, at + count * size, size)])
