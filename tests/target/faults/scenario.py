"""Inputs made from a seed, and what a table must hold after any part of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

METHODS = ("upsert", "append-only", "overwrite", "history")
COLUMNS = ("id", "version", "v", "extra")
DELETED_AT = "_sdc_deleted_at"
LONG_TEXT = 4001  # one character more than the column's 4,000: it becomes a CLOB
Row = tuple[Any, ...]
Message = dict[str, Any]


def fold(method: str, records: Sequence[Message], *, guarded: bool = False) -> Counter[Row]:
    """The rows that a table holds after these records; `guarded` by skip_older."""
    good = [each["record"] for each in records if not is_bad(each)]
    if method == "append-only":
        return Counter(map(_row, good))
    keys = 2 if method == "history" else 1
    held: dict[Row, Row] = {}
    for each in good:
        row = _row(each)
        if DELETED_AT in each:
            held.pop(row[:keys], None)
        elif not guarded or row[1] >= held.get(row[:keys], row)[1]:
            held[row[:keys]] = row
    return Counter(held.values())


def _row(record: Message) -> Row:
    return tuple(record.get(name) for name in COLUMNS)


def is_bad(message: Message) -> bool:
    """Whether a record breaks its schema, or lacks a version, which only the table forbids."""
    return isinstance(message["record"]["v"], dict) or message["record"]["version"] is None


def refused(records: Sequence[Message]) -> Counter[str]:
    """What the reject table holds of `v` after these records, at most."""
    return Counter(json.dumps(each["record"]["v"]) for each in records if is_bad(each))


def surely_refused(records: Sequence[Message], *, by_table: bool = True) -> Counter[str]:
    """What it holds at least: the database need not see a record that a later one beats."""
    last = {each["record"]["id"]: each for each in records}
    sure = [
        each
        for each in records
        if each["record"]["version"] or (by_table and last[each["record"]["id"]] is each)
    ]
    return refused(sure)


def _state(read: int) -> Message:
    return {"type": "STATE", "value": {"read": read}}


@dataclass
class Scenario:
    """One seed's streams, records, settings."""

    seed: int
    method: str = ""
    parallel: int = 1  # streams that are loaded at the same time
    wide: bool = True  # whether text may outgrow its column and columns may be added
    messages: list[Message] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.method = self.method or self.random.choice(METHODS)
        self.streams = ["a", "b", "c"][
            : self.random.choice((1, 1, 2) if self.parallel == 1 else (2, 3))
        ]
        self.settings = {
            "load_method": self.method,
            "load_path": self.random.choice(("auto", "direct", "array")),
            "batch_size_rows": self.random.choice((7, 25, 60, 1000)),
            "batch_size_bytes": self.random.choice((4_000, 2**20)),
            "max_retries": 3,
            "max_parallelism": self.parallel,
        }
        self.messages = list(self._made())
        self._twist(random.Random(~self.seed))

    def _twist(self, pick: random.Random) -> None:
        """Bad records, deletions, guarded updates."""
        if not self.wide:
            return
        if pick.random() < 0.4:
            self.settings["on_invalid"] = pick.choice(("reject", "reject", "skip"))
            self._spoil(pick)
        if self.method == "upsert":
            more: tuple[Message, ...]
            more = ({"hard_delete": True}, {"skip_older": True}, {"skip_unchanged": True}, {})
            self.settings |= pick.choice(more)
        if self.settings.get("hard_delete"):
            self._delete(pick)

    def _spoil(self, pick: random.Random) -> None:
        for each in self._all_records():
            if pick.random() < 0.05:
                each["v"] = {"not": f"text {each['v'][:10]}"}
            elif pick.random() < 0.05:
                each["version"] = None

    def _delete(self, pick: random.Random) -> None:
        for each in self._all_records():
            if pick.random() < 0.1 and each["version"] and isinstance(each["v"], str):
                each[DELETED_AT] = "2024-02-01T00:00:00Z"

    def _all_records(self) -> list[Message]:
        return [each["record"] for each in self.messages if each["type"] == "RECORD"]

    @property
    def is_guarded(self) -> bool:
        return bool(self.settings.get("skip_older"))

    def _made(self) -> Iterator[Message]:
        pick = self.random
        evolves = pick.randrange(60) if self.wide and pick.random() < 0.3 else -1
        long_at = pick.randrange(100) if self.wide and pick.random() < 0.3 else -1
        for stream in self.streams:
            yield self._schema(stream, extra=False)
        for n in range(pick.randint(30, 120)):
            stream = pick.choice(self.streams)
            if n == evolves:
                for each in self.streams:
                    yield self._schema(each, extra=True)
            v = "x" * LONG_TEXT if n == long_at else f"é{n}"
            more = {"extra": n} if 0 <= evolves <= n else {}
            row = {"id": pick.randint(1, 40), "version": pick.randint(1, 3), "v": v, **more}
            yield {"type": "RECORD", "stream": stream, "record": row}
            if pick.random() < 0.15:
                yield _state(n + 1)
        yield _state(n + 1)

    def _schema(self, stream: str, *, extra: bool) -> Message:
        properties = {
            "id": {"type": "integer"},
            "version": {"type": ["null", "integer"]},
            "v": {"type": ["null", "string"]},
            **({"extra": {"type": ["null", "integer"]}} if extra else {}),
        }
        return {
            "type": "SCHEMA",
            "stream": stream,
            "schema": {"type": "object", "properties": properties},
            "key_properties": [] if self.method == "append-only" else ["id"],
            "bookmark_properties": ["version"],
        }

    def evolve(self) -> None:
        """Send a schema with one more property in the middle of the input."""
        middle = len(self.messages) // 2
        self.messages[middle:middle] = [self._schema(each, extra=True) for each in self.streams]

    def lines(self, read: int = 0) -> list[str]:
        """The input of a run that goes on after `read` records: schemas first, as a tap does."""
        if self.method == "overwrite":
            read = 0  # a full table is always read from its start
        counts = accumulate(int(each["type"] == "RECORD") for each in self.messages)
        kept: list[Message] = []
        for position, each in zip(counts, self.messages, strict=True):
            is_old = position <= read and not (each["type"] == "SCHEMA" and position == read)
            if each["type"] == "SCHEMA" and is_old:
                kept = [k for k in kept if k["stream"] != each["stream"]]
            if each["type"] == "SCHEMA" or not is_old:
                kept.append(each)
        return [json.dumps(each) for each in kept]

    def records(self, stream: str, first: int = 0, last: int | None = None) -> list[Message]:
        every = [each for each in self.messages if each["type"] == "RECORD"][first:last]
        return [each for each in every if each["stream"] == stream]

    @property
    def total(self) -> int:
        return sum(each["type"] == "RECORD" for each in self.messages)
