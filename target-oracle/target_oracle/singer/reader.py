"""Singer messages from bytes; RECORD lines are passed on undecoded."""

from __future__ import annotations

import os
import select
import sys
from collections import Counter
from io import UnsupportedOperation
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader, SingerMessageType
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

from target_oracle import json_text
from target_oracle.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 1 << 20
TICK = 1.0  # seconds after which a silent tap is not waited for any longer


class Envelope(msgspec.Struct, gc=False):
    """What of a message must be known to pass it on."""

    type: str
    stream: str = ""


_envelope = msgspec.json.Decoder(Envelope).decode
_message = msgspec.json.Decoder(dict[str, Any]).decode


class TruncatedInputError(TargetError):
    """The input ends within a line: what wrote it has died, and all lines before are whole."""


class MessageReader(GenericSingerReader[bytes]):
    """Reads lines; `record` gets RECORDs as (stream, line), `tick` is called when none come."""

    def __init__(self, record: Callable[[str, bytes], None], tick: Callable[[], None]) -> None:
        super().__init__()
        self._record = record
        self._tick = tick
        self._unfinished = False

    @property
    @override
    def default_input(self) -> IO[bytes]:
        return sys.stdin.buffer

    @override
    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        return _message(line)

    @override
    def process_lines(
        self,
        file_input: IO[bytes] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        counts: Counter[str] = Counter()
        for number, line in enumerate(self._lines(file_input or self.default_input), 1):
            if not line.strip():
                continue
            try:
                kind = self._dispatch(line, callbacks)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                if self._unfinished:
                    msg = (
                        f"The input ends in the middle of line {number}: the tap has died. What "
                        "came before is loaded; run again to go on from there."
                    )
                    raise TruncatedInputError(msg) from None
                msg = f"Line {number} is not a Singer message: {error}."
                raise InvalidInputLine(msg) from None
            counts[kind] += 1
        return counts

    def _dispatch(self, line: bytes, callbacks: dict[str, Callable[[dict[str, Any]], None]]) -> str:
        envelope = _envelope(line)
        kind = envelope.type
        if kind == SingerMessageType.RECORD:
            self._record(envelope.stream, line)
        elif callback := callbacks.get(kind):
            is_state = kind == SingerMessageType.STATE
            callback(json_text.decode(line) if is_state else self.deserialize_json(line))
        else:
            msg = f"Message type '{kind}' is unknown."
            raise InvalidInputLine(msg)
        return kind

    def _lines(self, source: Any) -> Iterator[bytes]:
        try:
            descriptor = source.fileno()
        except (AttributeError, UnsupportedOperation):
            for line in source:
                yield line if isinstance(line, bytes) else line.encode()
            return
        parts: list[bytes] = []  # of a line: joined once, however many there are
        for chunk in self._chunks(descriptor):
            end, *lines = chunk.split(b"\n")
            parts.append(end)
            if lines:
                yield b"".join(parts)
                yield from lines[:-1]
                parts = lines[-1:]
        self._unfinished = True
        yield b"".join(parts)

    def _chunks(self, descriptor: int) -> Iterator[bytes]:
        while True:
            while not select.select([descriptor], [], [], TICK)[0]:
                self._tick()
            if not (chunk := os.read(descriptor, CHUNK)):
                return
            yield chunk
            self._tick()
