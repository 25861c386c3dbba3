"""Finding rows that are gone: the ids that were emitted, less the ids that there are. Pure."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

from tap_oracle_wms.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BITS = 1 << 16
_HEAD = struct.Struct("<qI")

FEW = 20
"""Below this many ids, any share of them may be gone."""


class IdSet:
    """Ids as bitmaps of 65,536: about a bit an id where they are dense, 8 kB a bitmap at most."""

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._maps: dict[int, bytearray] = {}
        self.update(ids)

    def update(self, ids: Iterable[int]) -> None:
        """Take in ids."""
        for found in ids:
            number, bit = divmod(found, _BITS)
            bitmap = self._maps.setdefault(number, bytearray())
            if len(bitmap) <= bit >> 3:
                bitmap.extend(bytes((bit >> 3) + 1 - len(bitmap)))
            bitmap[bit >> 3] |= 1 << (bit & 7)

    def __len__(self) -> int:
        return sum(int.from_bytes(bitmap, "little").bit_count() for bitmap in self._maps.values())

    def __iter__(self) -> Iterator[int]:
        for number in sorted(self._maps):
            for index, byte in enumerate(self._maps[number]):
                if byte:
                    first = number * _BITS + index * 8
                    yield from (first + bit for bit in range(8) if byte >> bit & 1)

    def minus(self, others: IdSet) -> IdSet:
        """The ids that the others lack."""
        left = IdSet()
        for number, bitmap in self._maps.items():
            other = int.from_bytes(others._maps.get(number, b""), "little")
            kept = int.from_bytes(bitmap, "little") & ~other
            if kept:
                left._maps[number] = bytearray(
                    kept.to_bytes((kept.bit_length() + 7) // 8, "little")
                )
        return left

    def pack(self) -> str:
        """The ids as text: one or two characters each in practice."""
        parts = (
            _HEAD.pack(number, len(bitmap)) + bitmap
            for number, bitmap in sorted(self._maps.items())
        )
        return base64.b85encode(zlib.compress(b"".join(parts))).decode()

    @classmethod
    def unpack(cls, text: str) -> IdSet:
        """The ids of a text that `pack` made.

        Raises:
            ValueError: when it is none.
        """
        try:
            content, ids, start = zlib.decompress(base64.b85decode(text)), cls(), 0
            while start < len(content):
                number, length = _HEAD.unpack_from(content, start)
                start += _HEAD.size
                ids._maps[number] = bytearray(content[start : start + length])
                start += length
        except (zlib.error, struct.error) as error:
            raise ValueError(str(error)) from None
        return ids


def gone(stream: str, known: IdSet, present: IdSet, max_share: float) -> IdSet:
    """The known ids that are no longer present.

    Raises:
        DataError: when so many are gone that a lost permission is the likelier cause.
    """
    missing = known.minus(present)
    if len(known) >= FEW and len(missing) > max_share * len(known):
        msg = (
            f"Stream {stream}: {len(missing)} of {len(known)} rows seem to be gone, more than "
            f"`max_deleted_share` allows; check that the user still sees all companies and "
            f"facilities."
        )
        raise DataError(msg)
    return missing
