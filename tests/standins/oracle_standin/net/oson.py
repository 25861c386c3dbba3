"""OSON, the binary form in which JSON values travel.

FF 'J' 'Z', version, flags (2 bytes); for a container: number of field names, size of their
segment, [the same for long names], size of the tree, number of tiny nodes (2), the name segments
(hashes, offsets, length and text of each name), the tree; for a scalar: size of the tree, the tree.
Names are numbered from 1 in the order of their hash, length and text.  A node is a byte for its
type, which may hold a length, and its data; containers have offsets of their children within the
tree.
"""

from __future__ import annotations

import datetime as dt
import json
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError

from . import values

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"\xffJZ"
_SHORT_NAMES, _LONG_NAMES = 1, 3  # versions: names to 255 bytes, to 65535
_SHORT_NAME, _LONGEST_NAME = 255, 65535
_RELATIVE, _SCALAR = 0x01, 0x10
_NAMES_32, _NAMES_16, _NAME_SEGMENT_32 = 0x08, 0x0400, 0x0800
_TREE_32, _LONG_SEGMENT_16 = 0x1000, 0x0100
_USUAL = 0x06  # leaves in line, lengths in the type byte
_HASHES_OF_NAMES = 0x2100
_OBJECT, _ARRAY = 0x84, 0xC0
_CONSTANTS = {0x30: None, 0x31: True, 0x32: False}
_FIXED: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    0x3C: (7, values.decode_datetime),
    0x7D: (7, values.decode_datetime),
    0x39: (11, values.decode_datetime),
    0x7C: (13, values.decode_datetime),
    0x36: (8, values.decode_binary_double),
    0x7F: (4, values.decode_binary_float),
    0x3E: (11, values.decode_interval_ds),
}
# Types with a length in front of the data: bytes of the length, and what the data are.
_COUNTED: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    0x33: (1, bytes.decode),
    0x37: (2, bytes.decode),
    0x38: (4, bytes.decode),
    0x34: (1, values.decode_number),
    0x7E: (1, bytes),
    0x3A: (2, bytes),
    0x3B: (4, bytes),
}


def json_text(image: bytes) -> str:
    """Return the JSON text of a value in OSON."""
    return _dump(_Decoder(image).value())


MARK = "\ufdd1"
"""The name of the only member of an object that stands for a scalar which JSON has not.

Its value has the type's byte and the data in hexadecimal, and the text of the value.
"""


@dataclass
class _Extended:
    """A scalar that JSON has not: a time, an interval or bytes."""

    kind: int
    data: bytes
    value: Any

    def json(self) -> str:
        text = _TEXTS[type(self.value)](self.value)
        return json.dumps({MARK: [f"{self.kind:02x}{self.data.hex()}", text]})


def _dump(value: Any) -> str:
    """Write JSON with all digits of numbers, and what is none of JSON's scalars as `MARK` says."""
    if isinstance(value, _Extended):
        return value.json()
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_dump, value)) + "]"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return json.dumps(value)


_TEXTS: dict[type, Callable[[Any], str]] = {
    dt.datetime: dt.datetime.isoformat,
    bytes: bytes.hex,
    dt.timedelta: str,
}
"""The text of each type that JSON has no form for."""


def _scalar(kind: int, data: bytes, decode: Callable[[bytes], Any]) -> Any:
    value = decode(data)
    return _Extended(kind, data, value) if type(value) in _TEXTS else value


class _Decoder:
    """A reader of one image."""

    def __init__(self, image: bytes) -> None:
        self.data = image
        self.pos = 6
        self.names: list[str] = []
        self.name_bytes = 1
        version, self.flags = struct.unpack_from(">BH", image, 3)
        if image[:3] != MAGIC or version not in (_SHORT_NAMES, _LONG_NAMES):
            raise OraError(40441, "JSON syntax error")
        if self.flags & _SCALAR:
            self._number(4 if self.flags & _TREE_32 else 2)
        else:
            self._header(has_long=version == _LONG_NAMES)
        self.tree = self.pos

    def value(self) -> Any:
        return self._node()

    def _number(self, size: int) -> int:
        self.pos += size
        return int.from_bytes(self.data[self.pos - size : self.pos], "big")

    def _take(self, size: int) -> bytes:
        self.pos += size
        return self.data[self.pos - size : self.pos]

    def _header(self, *, has_long: bool) -> None:
        flags = self.flags
        self.name_bytes = 4 if flags & _NAMES_32 else 2 if flags & _NAMES_16 else 1
        offset_bytes = 4 if flags & _NAME_SEGMENT_32 else 2
        segments = [(1, self._number(self.name_bytes), offset_bytes, self._number(offset_bytes))]
        if has_long:
            offset_bytes = 2 if self._number(2) & _LONG_SEGMENT_16 else 4
            segments.append((2, self._number(4), offset_bytes, self._number(4)))
        self._number(4 if flags & _TREE_32 else 2)
        self._number(2)
        for length_bytes, count, offset_bytes, size in segments:
            self._take(count * length_bytes)  # hashes
            offsets = [self._number(offset_bytes) for _ in range(count)]
            segment = self._take(size)
            for offset in offsets:
                start = offset + length_bytes
                length = int.from_bytes(segment[offset:start], "big")
                self.names.append(segment[start : start + length].decode())

    def _node(self) -> Any:
        kind = self._number(1)
        if kind & 0x80:
            return self._container(kind)
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind in _FIXED:
            size, decode = _FIXED[kind]
            return _scalar(kind, self._take(size), decode)
        if kind in _COUNTED:
            size, decode = _COUNTED[kind]
            return _scalar(kind, self._take(self._number(size)), decode)
        return self._short(kind)

    def _short(self, kind: int) -> Any:
        """A string or a number with its length in the type."""
        if kind & 0xE0 == 0:
            return self._take(kind).decode()
        if kind & 0xF0 in (0x20, 0x60):
            return values.decode_number(self._take((kind & 0x0F) + 1))
        if kind & 0xF0 in (0x40, 0x50):
            return values.decode_number(self._take(kind & 0x0F))
        raise OraError(3001, f"unimplemented feature: OSON node {kind:#x}")

    def _count(self, kind: int) -> int:
        return self._number({0x00: 1, 0x08: 2, 0x10: 4}[kind & 0x18])

    def _container(self, kind: int) -> Any:
        start = self.pos - 1 - self.tree
        offset_bytes = 4 if kind & 0x20 else 2
        names: list[str] | None = None
        if kind & 0x18 == 0x18:  # the names are those of another object
            other = self._number(offset_bytes)
            here, self.pos = self.pos, self.tree + other
            names = self._names(self._count(self._number(1)))
            self.pos, count = here, len(names)
        else:
            count = self._count(kind)
            names = self._names(count) if not kind & 0x40 else None
        offsets = [self._number(offset_bytes) for _ in range(count)]
        children = [self._child(offset, start) for offset in offsets]
        return children if names is None else dict(zip(names, children, strict=True))

    def _names(self, count: int) -> list[str]:
        return [self.names[self._number(self.name_bytes) - 1] for _ in range(count)]

    def _child(self, offset: int, start: int) -> Any:
        self.pos = self.tree + offset + (start if self.flags & _RELATIVE else 0)
        return self._node()


def encode(text: str) -> bytes:
    """The OSON image of a JSON text."""
    value = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    if not isinstance(value, (dict, list)) or _is_extended(value):
        tree = bytearray()
        _Encoder({}, 1).node(tree, value)
        head = struct.pack(">BH", _SHORT_NAMES, _USUAL | _SCALAR | _TREE_32)
        return MAGIC + head + struct.pack(">I", len(tree)) + bytes(tree)
    names = sorted(_field_names(value), key=_order)
    has_long = bool(names) and len(names[-1].encode()) > _SHORT_NAME
    name_bytes = 1 if len(names) < 256 else 2 if len(names) < 65536 else 4
    ids = {name: i for i, name in enumerate(names, 1)}
    tree = bytearray()
    _Encoder(ids, name_bytes).node(tree, value)
    flags = _USUAL | _HASHES_OF_NAMES | _TREE_32 | _NAME_SEGMENT_32
    flags |= {1: 0, 2: _NAMES_16, 4: _NAMES_32}[name_bytes]
    head = MAGIC + struct.pack(">BH", _LONG_NAMES if has_long else _SHORT_NAMES, flags)
    return head + _segments(names, name_bytes, tree, has_long=has_long)


def _segments(names: list[str], name_bytes: int, tree: bytearray, *, has_long: bool) -> bytes:
    """The names, those over 255 bytes by themselves behind the others, and the tree."""
    short = _Segment([name for name in names if len(name.encode()) <= _SHORT_NAME], 1)
    long = _Segment(names[len(short.names) :], 2)
    out = [len(short.names).to_bytes(name_bytes, "big"), struct.pack(">I", len(short.data))]
    if has_long:
        out.append(struct.pack(">HII", 0, len(long.names), len(long.data)))
    out.append(struct.pack(">IH", len(tree), 0))
    return b"".join((*out, short.image, long.image, bytes(tree)))


class _Segment:
    """Names with as many bytes for a hash as for a length."""

    def __init__(self, names: list[str], length_bytes: int) -> None:
        self.names = names
        self.data = bytearray()
        offsets = []
        for name in names:
            data = name.encode()
            if len(data) > _LONGEST_NAME:
                raise OraError(40763, f"field name longer than {_LONGEST_NAME} bytes")
            offsets.append(len(self.data))
            self.data += len(data).to_bytes(length_bytes, "big") + data
        hashes = b"".join(_hash(name, length_bytes) for name in names)
        self.image = hashes + struct.pack(f">{len(names)}I", *offsets) + bytes(self.data)


def _is_extended(value: Any) -> bool:
    return isinstance(value, dict) and MARK in value


def _field_names(value: Any) -> set[str]:
    if isinstance(value, dict) and not _is_extended(value):
        return set(value).union(*map(_field_names, value.values()))
    if isinstance(value, list):
        return set().union(*map(_field_names, value))
    return set()


def _hash(name: str, size: int = 1) -> bytes:
    """The last bytes of FNV-1a."""
    state = 0x811C9DC5
    for byte in name.encode():
        state = (state ^ byte) * 16777619 & 0xFFFFFFFF
    return state.to_bytes(4, "big")[4 - size :]


def _order(name: str) -> tuple[bool, bytes, int, bytes]:
    """Names over 255 bytes come last; else the order is that of hash, length and text."""
    data = name.encode()
    is_long = len(data) > _SHORT_NAME
    return is_long, _hash(name, 2 if is_long else 1), len(data), data


class _Encoder:
    """A writer of nodes, with the numbers of the field names."""

    def __init__(self, ids: dict[str, int], name_bytes: int) -> None:
        self.ids = ids
        self.name_bytes = name_bytes

    def node(self, tree: bytearray, value: Any) -> None:
        if _is_extended(value):
            self._extended(tree, bytes.fromhex(value[MARK][0]))
        elif isinstance(value, dict):
            ids = b"".join(self.ids[name].to_bytes(self.name_bytes, "big") for name in value)
            self._container(tree, _OBJECT, ids, list(value.values()))
        elif isinstance(value, list):
            self._container(tree, _ARRAY, b"", value)
        elif isinstance(value, Decimal):
            data = values.encode_number(value)
            tree += bytes((0x34, len(data))) + data
        elif isinstance(value, str):
            data = value.encode()
            tree += struct.pack(">BI", 0x38, len(data)) + data
        else:
            tree.append({None: 0x30, True: 0x31, False: 0x32}[value])

    @staticmethod
    def _extended(tree: bytearray, image: bytes) -> None:
        kind, data = image[0], image[1:]
        tree.append(kind)
        if kind in _COUNTED:
            tree += len(data).to_bytes(_COUNTED[kind][0], "big")
        tree += data

    def _container(self, tree: bytearray, kind: int, ids: bytes, children: list[Any]) -> None:
        tree += struct.pack(">BI", kind | 0x20 | 0x10, len(children)) + ids  # 32-bit offsets, count
        at = len(tree)
        tree += bytes(4 * len(children))
        for i, child in enumerate(children):
            struct.pack_into(">I", tree, at + 4 * i, len(tree))
            self.node(tree, child)
