"""Columns of binds and loads as they came, decoded when and how they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from oracle_standin import const as c

from .values import decoder

if TYPE_CHECKING:
    from collections.abc import Callable

_SEPARATOR = b"\0"
_PAIRS = [f"{n:02d}" for n in range(100)]
_NEGATIVE = [""] * 2 + [_PAIRS[101 - d] for d in range(2, 102)]  # by byte


class WireColumn(Sequence[Any]):
    """A column of byte strings of one type; an empty one is null.

    As a sequence it has the Python values; ``texts`` gives them without making them, which is
    many times faster.  Equal values are converted once: columns of loads repeat values a lot.
    """

    def __init__(self, raw: list[bytes], ora_type: int, csfrm: int = c.CS_IMPLICIT) -> None:
        self.raw = raw
        self.ora_type = ora_type
        self.csfrm = csfrm
        self._values: list[Any] | None = None

    @property
    def longest(self) -> int:
        """Bytes of the longest value."""
        return max(map(len, self.raw), default=0)

    @property
    def values(self) -> list[Any]:
        if self._values is None:
            self._values = self._each(decoder(self.ora_type, self.csfrm))
        return self._values

    def texts(self) -> list[str | None] | None:
        """Strings, numbers as digits, times in ISO form; None for other types."""
        if self.ora_type in c.STRING_TYPES and self.csfrm != c.CS_NCHAR:
            return self._strings()
        make = _TEXTS.get(self.ora_type)
        return self._each(make) if make else None

    def _each(self, make: Callable[[bytes], Any]) -> list[Any]:
        memo: dict[bytes, Any] = {b: make(b) for b in set(self.raw) if b}
        memo[b""] = None
        return [memo[b] for b in self.raw]

    def _strings(self) -> list[str | None]:
        texts = _SEPARATOR.join(self.raw).decode().split("\0")
        if len(texts) == len(self.raw):
            return [text or None for text in texts]
        return [b.decode() or None for b in self.raw]  # there is a NUL in a value

    def __len__(self) -> int:
        return len(self.raw)

    @overload
    def __getitem__(self, i: int) -> Any: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Any]: ...
    def __getitem__(self, i: int | slice) -> Any:
        return self.values[i]


def number_text(b: bytes) -> str:
    """A NUMBER's digits, with a point or trailing zeros as its size demands."""
    first = b[0]
    if first & 0x80:
        sign, exponent, digits = "", first - 192, "".join([_PAIRS[d - 1] for d in b[1:]])
    else:
        end = -1 if b[-1] == 102 else len(b)
        sign, exponent, digits = "-", 63 - first, "".join([_NEGATIVE[d] for d in b[1:end]])
    if not digits:  # 0, or the value for minus infinity
        return "0" if first & 0x80 else "-1" + "0" * 126
    point = 2 * exponent  # digits in front of the point
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    if point > 0:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    return f"{sign}0.{'0' * -point}{digits}"


def time_text(b: bytes) -> str:
    """A DATE or TIMESTAMP without zone."""
    text = (
        f"{b[0] * 100 + b[1] - 10100:04d}-{_PAIRS[b[2]]}-{_PAIRS[b[3]]} "
        f"{_PAIRS[b[4] - 1]}:{_PAIRS[b[5] - 1]}:{_PAIRS[b[6] - 1]}"
    )
    if len(b) < 11:
        return text
    return f"{text}.{int.from_bytes(b[7:11], 'big') // 1000:06d}"


_TEXTS: dict[int, Callable[[bytes], str]] = {
    c.T_NUMBER: number_text,
    c.T_DATE: time_text,
    c.T_TIMESTAMP: time_text,
    c.T_TIMESTAMP_LTZ: time_text,
}
