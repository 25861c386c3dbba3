from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib import StateMessage
from tap_oracle_wms.output.writer import BufferedWriter

from tests.tap.conftest import parsed

if TYPE_CHECKING:
    import pytest


class ShortWrites(io.BytesIO):
    """What unbuffered standard output is when signals come: not all of a piece is taken at once."""

    def write(self, piece: Any) -> int:
        return super().write(bytes(piece)[:100])


def test_short_writes_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = ShortWrites()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe))
    writer = BufferedWriter()
    records = [{"id": n, "text": "é" * n} for n in range(200)]

    writer.write_records("item", records, None, datetime.now(UTC))
    writer.write_message(StateMessage(value={"bookmarks": {}}))

    messages = parsed(pipe.getvalue().decode())
    assert [m["record"] for m in messages[:-1]] == records
    assert messages[-1] == {"type": "STATE", "value": {"bookmarks": {}}}
