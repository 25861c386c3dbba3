"""Singer messages on standard output, encoded once and written in large pieces."""

from __future__ import annotations

import os
import sys
from datetime import datetime  # noqa: TC003 - msgspec resolves it
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.messages import Message, RecordMessage
from typing_extensions import override

from tap_oracle_wms.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable

BUFFER = 1 << 16
"""Bytes that are gathered before they are written."""

_encoder = msgspec.json.Encoder(enc_hook=str, decimal_format="number")


class _Record(msgspec.Struct, tag_field="type", tag="RECORD", omit_defaults=True, gc=False):
    stream: str
    record: Any
    version: int | None = None
    time_extracted: datetime | None = None


class BufferedWriter(GenericSingerWriter[bytes, Message]):
    """Buffers RECORD lines; any other message flushes them and is written at once."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @override
    def serialize_message(self, message: Message) -> bytes:
        return _encoder.encode(message.to_dict()) + b"\n"

    @override
    def write_message(self, message: Message) -> None:
        self._buffer += self.format_message(message)
        if not isinstance(message, RecordMessage) or len(self._buffer) > BUFFER:
            self.flush()

    def write_records(
        self, stream: str, records: Iterable[Any], version: int | None, at: datetime
    ) -> None:
        """RECORD lines of one page, extracted `at`."""
        self._buffer += _encoder.encode_lines([_Record(stream, r, version, at) for r in records])
        if len(self._buffer) > BUFFER:
            self.flush()

    def write_lines(self, lines: memoryview) -> None:
        """RECORD lines that are encoded already."""
        self.flush()
        self._write(lines)

    def flush(self) -> None:
        """Write what is gathered.

        Raises:
            StoppedError: Nobody reads any more.
        """
        left, self._buffer = memoryview(self._buffer), bytearray()
        self._write(left)

    def _write(self, left: memoryview) -> None:
        """Write all of it.

        Unbuffered (PYTHONUNBUFFERED), a write is short when a signal comes while the pipe is full.

        Raises:
            StoppedError: Nobody reads any more, or the disk is full.
        """
        try:
            while left:
                left = left[sys.stdout.buffer.write(left) :]
            sys.stdout.flush()
        except OSError as error:
            close_output()
            is_pipe = isinstance(error, BrokenPipeError)
            said = "The target stopped reading." if is_pipe else unwritten(error)
            raise StoppedError(said) from None


def close_output() -> None:
    """Redirect standard output to nowhere, so that flushing it at exit cannot fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritten(error: OSError) -> str:
    """Return the sentence for a failed write."""
    return f"The output cannot be written: {error.strerror}."
