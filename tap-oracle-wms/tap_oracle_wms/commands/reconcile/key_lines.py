"""Parse the lines that `target-oracle --keys` writes: what the tables hold, in key order.

`docs/reconcile.md` describes the lines. Whatever breaks their rules ends the command: a stream
counts as told only after its END, and the whole only after the EOF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import ge
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeAlias

import msgspec

from tap_oracle_wms.errors import KeysError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

VERSION = 1
LONGEST = 1 << 26
"""Bytes of a line, far above those of 10,000 rows."""

Moment: TypeAlias = datetime | None


class Keys(msgspec.Struct, tag_field="type", tag="KEYS", frozen=True):
    """The header of a stream's key lines: its table, keys and number of rows."""

    version: int
    stream: str
    table: str
    key_properties: list[str]
    replication_key: str | None = None
    rows: int | None = None
    loaded_until: datetime | None = None
    """Changes before it are loaded, as far as the load log knows."""
    load_method: str = "upsert"


class _Ids(msgspec.Struct, tag_field="type", tag="BLOCK", frozen=True):
    stream: str
    keys: list[int]
    values: list[datetime | None] | None = None


class _Other(msgspec.Struct, tag_field="type", tag="BLOCK", frozen=True):
    stream: str
    keys: list[msgspec.Raw]


class _End(msgspec.Struct, tag_field="type", tag="END", frozen=True):
    stream: str
    rows: int


class _Eof(msgspec.Struct, tag_field="type", tag="EOF", frozen=True):
    streams: int


class _Version(msgspec.Struct, frozen=True):
    version: Any = VERSION


_of_ids = msgspec.json.Decoder(Keys | _Ids | _End | _Eof)
_of_others = msgspec.json.Decoder(Keys | _Other | _End | _Eof)
_versions = msgspec.json.Decoder(_Version)


@dataclass(frozen=True)
class Block:
    """Ids in ascending order, and when each row was changed; None where that is not told."""

    ids: Sequence[int]
    times: Sequence[Moment] | None

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, start: int, end: int | None = None) -> Block:
        """The rows from one place on to before another."""
        times = None if self.times is None else self.times[start:end]
        return Block(self.ids[start:end], times)

    def joined(self, other: Block) -> Block:
        """These rows and then others."""
        if not self.ids:
            return other
        times = None if other.times is None else [*(self.times or ()), *other.times]
        return Block([*self.ids, *other.ids], times)

    def at(self, places: Sequence[int]) -> Block:
        """The rows at some places."""
        times = None if self.times is None else [self.times[n] for n in places]
        return Block([self.ids[n] for n in places], times)


@dataclass
class KeyLines:
    """The lines, stream by stream: each must be read to its end before the next one."""

    lines: IO[bytes]
    _number: int = 0
    _seen: set[str] = field(default_factory=set)

    def streams(self) -> Iterator[Keys]:
        """Yield the first line of each stream.

        Raises:
            KeysError: The lines are not whole.
        """
        while isinstance(line := self._next(_of_others), Keys):
            if line.stream in self._seen:
                self._refuse(f"stream {line.stream} begins a second time")
            self._seen.add(line.stream)
            yield line
        if not isinstance(line, _Eof):
            self._refuse("a stream must begin with KEYS")
        if line.streams != len(self._seen):
            self._refuse(f"it tells of {line.streams} streams, there were {len(self._seen)}")
        if self.lines.readline(1):
            self._refuse("something follows it")

    def blocks(self, keys: Keys) -> Iterator[Block]:
        """Yield the rows of the stream that has begun, whose keys are ids.

        Raises:
            KeysError: The lines are not whole, or not in order.
        """
        last: int | None = None
        for line in self._until_end(keys, _of_ids):
            block = self._block(keys, line, last)
            if block.ids:
                last = block.ids[-1]
                yield block

    def skip(self, keys: Keys) -> int:
        """Read a stream to its end and return how many rows it has.

        Raises:
            KeysError: The lines are not whole.
        """
        return sum(len(line.keys) for line in self._until_end(keys, _of_others))

    def _until_end(self, keys: Keys, decoder: msgspec.json.Decoder[Any]) -> Iterator[Any]:
        rows = 0
        while isinstance(line := self._next(decoder), _Ids | _Other):
            if line.stream != keys.stream:
                self._refuse(f"it is of another stream than {keys.stream}")
            rows += len(line.keys)
            yield line
        if not isinstance(line, _End) or line.stream != keys.stream:
            self._refuse(f"stream {keys.stream} has not ended")
        told = {line.rows, rows if keys.rows is None else keys.rows}
        if told != {rows}:
            self._refuse(f"stream {keys.stream} came with {rows} rows, it tells of {told}")

    def _block(self, keys: Keys, line: _Ids, last: int | None) -> Block:
        ids = line.keys
        if any(map(ge, ids, ids[1:])) or (ids and last is not None and ids[0] <= last):
            self._refuse("its keys do not ascend")
        if (line.values is None) != (keys.replication_key is None):
            self._refuse("values and `replication_key` go together")
        if line.values is not None and len(line.values) != len(ids):
            self._refuse("it has not as many values as keys")
        return Block(ids, line.values)

    def _next(self, decoder: msgspec.json.Decoder[Any]) -> Any:
        line = self.lines.readline(LONGEST)
        self._number += 1
        if not line.endswith(b"\n"):
            msg = (
                f"The keys broke off after {self._number - 1} lines: `target-oracle --keys` did "
                f"not come to its end, its log says why. Nothing can be said of the rest."
            )
            raise KeysError(msg)
        try:
            self._check_version(line)
            return decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._refuse(str(error))

    def _check_version(self, line: bytes) -> None:
        if line.startswith(b'{"type":"BLOCK"'):
            return
        version = _versions.decode(line).version
        if version != VERSION:
            self._refuse(
                f"its version is {version}, this tap knows {VERSION}; install plugins of one "
                f"release"
            )

    def _refuse(self, reason: str) -> NoReturn:
        """End the command.

        Raises:
            KeysError: The line at hand breaks a rule.
        """
        msg = f"Line {self._number} of the keys cannot be used: {reason}."
        raise KeysError(msg) from None


def regrouped(blocks: Iterable[Block], rows: int) -> Iterator[Block]:
    """Yield blocks of so many rows; the last one may have fewer."""
    left = Block([], None)
    for block in blocks:
        whole = left.joined(block)
        places = range(0, len(whole) - rows + 1, rows)
        yield from (whole.part(place, place + rows) for place in places)
        left = whole.part(len(places) * rows)
    if len(left):
        yield left


def aware(moment: Moment) -> Moment:
    """An instant with its zone: UTC where it names none."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
