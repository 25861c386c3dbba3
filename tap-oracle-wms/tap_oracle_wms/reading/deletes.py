"""Find deleted rows: the ids that were emitted, less the ids that WMS still has."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

from pyroaring import BitMap64

from tap_oracle_wms.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FEW = 20
"""Below this many ids, any share of them may be gone."""

_SHIFT = 1 << 63
"""Added to ids, which may be negative, as the bitmap's numbers may not."""

_FORM = "roaring:"
"""Begins packed ids; version 0.1.0 wrote another form, without it."""

_HEAD_0_1 = struct.Struct("<qI")
"""Number of a bitmap of 65,536 ids and its length in bytes, which follow."""


class IdSet:
    """Ids as a Roaring bitmap: about a bit an id where they are dense, else two bytes or more."""

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._ids = BitMap64()
        self.update(ids)

    def update(self, ids: Iterable[int]) -> None:
        """Take in ids."""
        self._ids.update([found + _SHIFT for found in ids])

    def __contains__(self, found: int) -> bool:
        return found + _SHIFT in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return (found - _SHIFT for found in self._ids)

    def take(self, others: IdSet) -> None:
        """Add the ids of another set."""
        self._ids |= others._ids

    @property
    def greatest(self) -> int | None:
        """Return the greatest id."""
        return self._ids.max() - _SHIFT if self._ids else None

    def number_to(self, highest: int) -> int:
        """Return how many ids are no greater than this one."""
        return int(self._ids.rank(highest + _SHIFT))

    def minus(self, others: IdSet) -> IdSet:
        """The ids that the others lack."""
        left = IdSet()
        left._ids = self._ids - others._ids
        return left

    def pack(self) -> str:
        """Return the ids as text, of about three characters an id at most."""
        self._ids.run_optimize()
        return _FORM + base64.b85encode(zlib.compress(self._ids.serialize())).decode()

    @classmethod
    def unpack(cls, text: str) -> IdSet:
        """Parse a text that `pack` made, of this or of an earlier version.

        Raises:
            ValueError: It is no such text.
        """
        ids = cls()
        try:
            content = zlib.decompress(base64.b85decode(text.removeprefix(_FORM)))
            if text.startswith(_FORM):
                ids._ids = BitMap64.deserialize(content)
            else:
                ids.update(_read_0_1(content))
        except (zlib.error, struct.error, IndexError) as error:
            raise ValueError(str(error)) from None
        return ids


def _read_0_1(content: bytes) -> Iterator[int]:
    """The ids of a text of version 0.1.0."""
    start = 0
    while start < len(content):
        number, length = _HEAD_0_1.unpack_from(content, start)
        start += _HEAD_0_1.size
        for first, byte in enumerate(content[start : start + length], number << 13):
            if byte:
                yield from (first * 8 + bit for bit in range(8) if byte >> bit & 1)
        start += length


def gone(stream: str, known: IdSet, present: IdSet, max_share: float) -> IdSet:
    """The known ids that are no longer present.

    Raises:
        DataError: So many are gone that a lost permission is the likelier cause.
    """
    missing = known.minus(present)
    check_share(stream, len(missing), len(known), max_share)
    return missing


def check_share(stream: str, missing: int, known: int, max_share: float) -> None:
    """Check that no more rows are gone than may be at once.

    Raises:
        DataError: So many are gone that a lost permission is the likelier cause.
    """
    if known >= FEW and missing > max_share * known:
        msg = (
            f"Stream {stream}: {missing} of {known} rows seem to be gone, more than "
            f"`max_deleted_share` allows; check that the user still sees all companies and "
            f"facilities, or set it to 1 for one run."
        )
        raise DataError(msg)
