"""Singer messages from bytes; RECORD lines are passed on undecoded."""

from __future__ import annotations

import json
import logging
import os
import re
import select
import sys
from collections import Counter
from io import UnsupportedOperation
from typing import IO, TYPE_CHECKING, Any, Protocol

import msgspec
from typing_extensions import override

from target_oracle import json_text
from target_oracle.config.limits import DEFAULT
from target_oracle.errors import TargetError
from target_oracle.sdk import GenericSingerReader, InvalidInputLine, SingerMessageType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_oracle.config.limits import Limits

logger = logging.getLogger("target-oracle")


class Envelope(msgspec.Struct, gc=False):
    """The fields of a message that are needed to pass it on."""

    type: str
    stream: str = ""


_envelope = msgspec.json.Decoder(Envelope).decode
_message = msgspec.json.Decoder(dict[str, Any]).decode


UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD = re.compile(rb'\s*\{\s*"type"\s*:\s*"RECORD"\s*,\s*"stream"\s*:\s*("(?:[^"\\\\]|\\\\.)*")')


class TruncatedInputError(TargetError):
    """The input ends within a line: what wrote it has died, and all lines before are whole."""


class Receiver(Protocol):
    """What takes RECORD messages."""

    def take(self, stream: str, line: bytes) -> None:
        """Take a RECORD message as its line."""

    def tick(self) -> None:
        """Look at the time: called between chunks, and when no message comes."""


class MessageReader(GenericSingerReader[bytes]):
    """Reads lines, and gives RECORDs to a receiver as they came."""

    def __init__(self, receiver: Receiver, limits: Limits = DEFAULT) -> None:
        super().__init__()
        self._receiver = receiver
        self._limits = limits
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
        for number, given in enumerate(self._lines(file_input or self.default_input), 1):
            line = given if number > 1 else _without_mark(given)
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
                kind = self._pass_on(line, number, error)
            counts[kind] += 1
        return counts

    def _dispatch(self, line: bytes, callbacks: dict[str, Callable[[dict[str, Any]], None]]) -> str:
        envelope = _envelope(line)
        kind = envelope.type
        if kind == SingerMessageType.RECORD:
            self._receiver.take(envelope.stream, line)
        elif callback := callbacks.get(kind):
            is_state = kind == SingerMessageType.STATE
            callback(json_text.decode(line) if is_state else self.deserialize_json(line))
        else:
            msg = f"Message type '{kind}' is unknown."
            raise InvalidInputLine(msg)
        return kind

    def _pass_on(self, line: bytes, number: int, error: Exception) -> str:
        """Pass on a RECORD that is not quite JSON: it is a bad one, of a stream that is known.

        Raises:
            InvalidInputLine: It is no RECORD in any reading.
        """
        stream = _stream_of_record(line)
        if stream is None:
            msg = f"Line {number} is not a Singer message: {error}."
            raise InvalidInputLine(msg) from None
        logger.warning(
            "Line %d: a record of stream '%s' is not quite JSON, and bad therefore", number, stream
        )
        self._receiver.take(stream, line)
        return SingerMessageType.RECORD

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
            while not select.select([descriptor], [], [], self._limits.silence)[0]:
                self._receiver.tick()
            if not (chunk := os.read(descriptor, self._limits.chunk_bytes)):
                return
            yield chunk
            self._receiver.tick()


def _without_mark(line: bytes) -> bytes:
    """Return the first line without a byte order mark.

    Raises:
        InvalidInputLine: when it is in UTF-16.
    """
    if line.startswith(UTF_16_MARKS):
        msg = (
            "The input is UTF-16; Singer messages are UTF-8. In PowerShell, pipe with "
            "`cmd /c`, or write files with `Out-File -Encoding utf8`."
        )
        raise InvalidInputLine(msg)
    return line.removeprefix(UTF_8_MARK)


def _stream_of_record(line: bytes) -> str | None:
    """Read the stream of a RECORD that Python reads, or that is only nested too deep; else None."""
    try:
        found = json.loads(line.decode("utf-8", "replace"))
    except RecursionError:
        head = _HEAD.match(line)
        return json.loads(head[1]) if head else None
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("type") != SingerMessageType.RECORD:
        return None
    stream = found.get("stream")
    return stream if isinstance(stream, str) else None
