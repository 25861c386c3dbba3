"""Read the files of BATCH messages, in parts that fit into memory.

All files of a message are looked at before a record of the first is taken: what is missing, or is
no such file, fails while nothing of the message is loaded.
"""

from __future__ import annotations

import gzip
import re
import zlib
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from upath import UPath

from target_oracle.schema.types import json_types
from target_oracle.sdk import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_oracle.records.frames import Frame

LINES = 1_000
"""Lines of a JSONL file in one part."""

_encode = msgspec.json.encode


class Encoding(msgspec.Struct):
    """How the files are written."""

    format: Literal["jsonl", "parquet"]
    compression: str | None = None


class BatchMessage(msgspec.Struct):
    """A BATCH message."""

    stream: str
    encoding: Encoding
    manifest: list[str]
    time_extracted: str | None = None
    version: int | None = None

    @classmethod
    def parse(cls, message: Mapping[str, Any]) -> BatchMessage:
        """Parse a BATCH message.

        Raises:
            InvalidInputLine: It is no BATCH message, or its encoding is not supported.
        """
        try:
            found = msgspec.convert(message, cls)
        except msgspec.ValidationError as error:
            msg = f"A BATCH message cannot be read: {error}."
            raise InvalidInputLine(msg) from None
        encoding = found.encoding
        if encoding.format == "jsonl" and encoding.compression not in {"gzip", "none", None}:
            msg = (
                f"Stream '{found.stream}': BATCH files with the compression "
                f"'{encoding.compression}' cannot be read: write jsonl with gzip or none."
            )
            raise InvalidInputLine(msg)
        return found

    def parts(
        self, properties: Mapping[str, Any], storage: Mapping[str, Any] | None, rows: int
    ) -> Iterator[list[bytes] | Frame]:
        """Return the records in order, as RECORD lines or as frames of at most so many rows."""
        places = [_place(path, storage) for path in self.manifest]
        if self.encoding.format == "jsonl":
            yield from self._lines(places)
        else:
            yield from self._frames(places, properties, rows)

    def _lines(self, places: list[UPath]) -> Iterator[list[bytes]]:
        head = _encode({"time_extracted": self.time_extracted, "version": self.version})[:-1]
        for place in places:
            with _opened(place):
                pass
        for place in places:
            with _opened(place) as file:
                packed = self.encoding.compression == "gzip"
                lines = _whole(gzip.GzipFile(fileobj=file) if packed else file)
                while part := [b'%b,"record":%b}' % (head, line) for line in islice(lines, LINES)]:
                    yield part

    def _frames(
        self, places: list[UPath], properties: Mapping[str, Any], rows: int
    ) -> Iterator[Frame]:
        try:
            from target_oracle.records.arrow import files  # noqa: PLC0415 # an extra
        except ImportError as error:
            msg = "BATCH files in Parquet need the extra: target-oracle[parquet]."
            raise InvalidInputLine(msg) from error
        documents = frozenset(name for name, each in properties.items() if _is_no_text(each))
        for place in places:
            with _opened(place) as file:
                files.look_at(file)
        for place in places:
            with _opened(place) as file:
                yield from files.frames(file, rows, documents, self.time_extracted, self.version)


def _is_no_text(schema: Mapping[str, Any]) -> bool:
    """Whether text in a file stands for something else: an object, or digits no decimal holds."""
    kinds = json_types(schema)
    return bool(kinds) and "string" not in kinds


def _place(path: str, storage: Mapping[str, Any] | None) -> UPath:
    try:
        if not storage:
            return UPath(path)
        root = UPath(storage["root"], **storage.get("params", {}))
        return UPath(root, UPath(path).name)
    except (ValueError, ImportError) as error:
        msg = f"The BATCH file {_shown(path)} cannot be reached: {_reason(error)}."
        raise InvalidInputLine(msg) from error


@contextmanager
def _opened(place: UPath) -> Iterator[Any]:
    """Open a file; errors name it.

    Raises:
        InvalidInputLine: It is not there, or what is read from it makes no sense.
    """
    try:
        with place.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        msg = f"The BATCH file {_shown(place)} is not there."
        raise InvalidInputLine(msg) from error
    except (OSError, EOFError, zlib.error, ValueError, NotImplementedError) as error:
        # gzip's and pyarrow's own are among them
        msg = f"The BATCH file {_shown(place)} cannot be read: {_reason(error)}."
        raise InvalidInputLine(msg) from error


def _shown(place: object) -> str:
    """Return an address without the password that it may have."""
    return re.sub(r"//[^/]*@", "//***@", str(place))


def _reason(error: Exception) -> str:
    return re.sub(r"//[^/]*@", "//***@", str(error)).strip().rstrip(".")


def _whole(file: Any) -> Iterator[bytes]:
    """Yield the lines that are not blank.

    Raises:
        ValueError: A line is cut off.
    """
    for number, line in enumerate(file, 1):
        if text := line.strip():
            if not text.endswith(b"}"):
                msg = f"line {number} is cut off or no object"
                raise ValueError(msg)
            yield text
