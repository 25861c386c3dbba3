from __future__ import annotations

import os
import threading
import time
from typing import IO, TYPE_CHECKING, Any, cast

import pytest
from singer_sdk.singerlib.exceptions import InvalidInputLine
from target_oracle.config.limits import Limits
from target_oracle.singer.reader import MessageReader, TruncatedInputError

if TYPE_CHECKING:
    from pathlib import Path


class Seen:
    """What a reader passes on."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes]] = []
        self.others: list[dict[str, Any]] = []
        self.ticks = 0
        self.reader = MessageReader(self)

    def take(self, stream: str, line: bytes) -> None:
        self.records.append((stream, line))

    def tick(self) -> None:
        self.ticks += 1

    def read(self, source: Any) -> dict[str, int]:
        callbacks = {"STATE": self.others.append, "SCHEMA": self.others.append}
        return dict(self.reader.process_lines(cast("IO[bytes]", source), callbacks))


@pytest.fixture
def seen() -> Seen:
    return Seen()


RECORD = b'{"type": "RECORD", "stream": "s", "record": {"id": 1}}'
STATE = b'{"type": "STATE", "value": {"a": 1.5}}'


def test_records_are_passed_on_as_they_came(seen: Seen) -> None:
    assert seen.read([RECORD + b"\n", STATE.decode() + "\n"]) == {"RECORD": 1, "STATE": 1}
    assert seen.records == [("s", RECORD + b"\n")]
    assert seen.others == [{"type": "STATE", "value": {"a": 1.5}}]


def test_lines_are_whole_however_they_arrive(seen: Seen, tmp_path: Path) -> None:
    long = b'{"type": "RECORD", "stream": "s", "record": {"v": "%s"}}' % (b"x" * 3_000_000)
    file = tmp_path / "input"
    file.write_bytes(b"\n".join([RECORD, long, b"", STATE]))
    with file.open("rb") as source:
        assert seen.read(source) == {"RECORD": 2, "STATE": 1}
    assert [line for _, line in seen.records] == [RECORD, long]


def test_the_time_that_a_line_takes_grows_with_its_length_alone(seen: Seen, tmp_path: Path) -> None:
    """Joined anew with each of its pieces, this one would be copied 20,000 times."""
    seen.reader = MessageReader(seen, Limits(chunk_bytes=100))
    file = tmp_path / "input"
    long = b'{"type": "RECORD", "stream": "s", "record": {"v": "%s"}}' % (b"x" * 4_000_000)
    file.write_bytes(long + b"\n" + STATE + b"\n")
    began = time.process_time()
    with file.open("rb") as source:
        seen.read(source)
    assert time.process_time() - began < 5
    assert (seen.records, len(seen.others)) == ([("s", long)], 1)


def test_a_silent_tap_lets_time_pass(seen: Seen) -> None:
    seen.reader = MessageReader(seen, Limits(silence=0.01))
    reading, writing = os.pipe()

    def write() -> None:
        os.write(writing, RECORD[:20])
        time.sleep(0.2)
        os.write(writing, RECORD[20:] + b"\n")
        os.close(writing)

    threading.Thread(target=write).start()
    with os.fdopen(reading, "rb") as source:
        assert seen.read(source) == {"RECORD": 1}
    assert seen.ticks > 3


def test_a_broken_line_is_named_by_its_number(seen: Seen) -> None:
    with pytest.raises(InvalidInputLine, match="Line 2 is not a Singer message"):
        seen.read([RECORD + b"\n", b'{"type": \n', STATE])


def test_an_unfinished_last_line_tells_of_a_dead_tap(seen: Seen, tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_bytes(RECORD + b"\n" + RECORD[:30])
    with (
        file.open("rb") as source,
        pytest.raises(TruncatedInputError, match="ends in the middle of line 2"),
    ):
        seen.read(source)
    assert len(seen.records) == 1
