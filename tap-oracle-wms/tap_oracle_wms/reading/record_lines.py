"""Records that are encoded already, and what stands around one in the line of its message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class EncodedRows(list[Any]):
    """Rows with their records as blocks of lines of JSON; a part of them is a plain list."""

    def __init__(self, rows: Iterable[Any], blocks: Sequence[bytes]) -> None:
        super().__init__(rows)
        self.blocks = blocks


def around(stream: str, version: int | None, extracted: str) -> tuple[bytes, bytes]:
    """Return the text before a record, and that behind it, to the end of its message."""
    head = b'{"type":"RECORD","stream":%b,"record":' % msgspec.json.encode(stream)
    known = b"" if version is None else b',"version":%d' % version
    return head, b'%b,"time_extracted":"%b"}' % (known, extracted.encode())
