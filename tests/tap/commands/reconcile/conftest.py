"""Tables of Oracle made up from the stand-in's own rows, and comparisons with them."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.commands.reconcile import chunks, sweep
from tap_oracle_wms.tap import TapOracleWMS

from tests.tap.conftest import Message, config_for, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wms_standin import WmsStandin

Held = dict[int, Any]
"""Id -> when the row was changed, or None."""


def lines_of(stream: str, held: Held, *, block: int = 10_000, **head: Any) -> list[Message]:
    """What `target-oracle --keys` prints of one table."""
    ids = sorted(held)
    timed = head.get("replication_key", "mod_ts") is not None
    parts = [ids[n : n + block] for n in range(0, len(ids), block)]
    keys = {
        "type": "KEYS",
        "version": 1,
        "stream": stream,
        "table": f"WMS.{stream.upper()}",
        "key_properties": ["id"],
        "replication_key": "mod_ts",
        "rows": len(ids),
        "now": "2026-01-01T00:00:00Z",
    }
    blocks = [
        {"type": "BLOCK", "stream": stream, "keys": part}
        | ({"values": [_text(held[key]) for key in part]} if timed else {})
        for part in parts
    ]
    return [keys | head, *blocks, {"type": "END", "stream": stream, "rows": len(ids)}]


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def document(*streams: list[Message]) -> list[Message]:
    """The lines of some streams, to their end."""
    lines = [line for stream in streams for line in stream]
    return [*lines, {"type": "EOF", "streams": len(streams)}]


def encoded(lines: Iterable[Message]) -> bytes:
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


@dataclass
class Found:
    """What a comparison came to."""

    code: int
    report: Message
    messages: list[Message] = field(default_factory=list)

    def entity(self, name: str) -> Message:
        found: Message = self.report["entities"][name]
        return found

    def ids(self, name: str) -> dict[str, list[int]]:
        """The ids of each kind of difference that there is."""
        kinds = ("missing", "stale", "newer", "extra")
        entity = self.entity(name)
        assert all(len(entity[kind]["ids"]) == min(20, entity[kind]["rows"]) for kind in kinds)
        return {kind: entity[kind]["ids"] for kind in kinds if entity[kind]["rows"]}

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [
            m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream
        ]


@dataclass
class Judge:
    """Compares a stand-in with tables that were true a while ago."""

    wms: WmsStandin
    monkeypatch: pytest.MonkeyPatch
    config: dict[str, Any] = field(default_factory=dict)

    def copy(self, name: str) -> Held:
        """The table as a run has loaded it, from when on an hour passes."""
        held = {row["id"]: row.get("mod_ts") for row in self.wms.world.rows(name)}
        self.wms.clock.shift(timedelta(hours=1))
        return held

    def small(self, page: int = 20, keys: int = 17) -> None:
        """Let pages hold few rows, so that few rows take many."""
        self.monkeypatch.setattr(chunks, "ID_PAGE", page)
        self.monkeypatch.setattr(chunks.Chunks, "_size", page)
        self.monkeypatch.setattr(sweep, "ID_PAGE", page)
        self.monkeypatch.setattr(sweep, "KEYS", keys)

    def judge(self, lines: list[Message] | bytes, mode: Any = "report", **settings: Any) -> Found:
        """Compare; an error is raised."""
        names = (
            [n["stream"] for n in lines if n["type"] == "KEYS"]
            if isinstance(lines, list)
            else ["item"]
        )
        config = config_for(self.wms, entities=names) | self.config | settings
        text = lines if isinstance(lines, bytes) else encoded(lines)
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
        self.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        with redirect_stdout(out):
            tap = TapOracleWMS(config=config, setup_mapper=False)
            found = tap.reconcile(mode)
        out.seek(0)
        printed = parsed(out.read())
        if mode == "report":
            return Found(code=found, report=printed[-1])
        return Found(found, {}, printed)


@pytest.fixture
def judge(wms: WmsStandin, monkeypatch: pytest.MonkeyPatch) -> Judge:
    return Judge(wms, monkeypatch)
