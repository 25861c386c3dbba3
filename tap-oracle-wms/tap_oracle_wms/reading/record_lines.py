"""What stands around a record in the line of its RECORD message."""

from __future__ import annotations

import msgspec


def around(stream: str, version: int | None, extracted: str) -> tuple[bytes, bytes]:
    """Return the text before a record, and that behind it, to the end of its message."""
    head = b'{"type":"RECORD","stream":%b,"record":' % msgspec.json.encode(stream)
    known = b"" if version is None else b',"version":%d' % version
    return head, b'%b,"time_extracted":"%b"}' % (known, extracted.encode())
