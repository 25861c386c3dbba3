from __future__ import annotations

from typing import Any

import pytest
from tap_oracle_wms.errors import ConfigError, PermissionDeniedError, UnavailableError, WmsError
from tap_oracle_wms.reading.ahead import ReadAhead


class Opened:
    """A reading of which nothing is known but whether it is closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


class Stream:
    """What can be read; opening it may fail."""

    def __init__(self, name: str, *errors: WmsError, selected: bool = True) -> None:
        self.name, self.selected = name, selected
        self.errors = list(errors)
        self.opened: list[Any] = []

    def open_reading(self) -> Any:
        if self.errors:
            raise self.errors.pop(0)
        self.opened.append(Opened())
        return self.opened[-1]


def test_as_many_as_wanted_are_open_before_their_turn() -> None:
    line = [Stream("a"), Stream("b", selected=False), Stream("c"), Stream("d"), Stream("e")]
    ahead = ReadAhead(2)
    ahead.line = line

    ahead.reading_of(line[0])

    assert [stream.name for stream in line if stream.opened] == ["a", "c", "d"]
    ahead.close(line[0])
    assert line[0].opened[0].closed
    assert ahead.reading_of(line[2]) is line[2].opened[0]
    assert [len(stream.opened) for stream in line] == [1, 0, 1, 1, 1]


@pytest.mark.parametrize("error", [PermissionDeniedError("no"), UnavailableError("gone")])
def test_what_cannot_be_opened_ahead_fails_when_its_turn_has_come(error: WmsError) -> None:
    line = [Stream("a"), Stream("b", error, error), Stream("c")]
    ahead = ReadAhead(2)
    ahead.line = line

    ahead.reading_of(line[0])

    assert not line[2].opened
    with pytest.raises(type(error)):
        ahead.reading_of(line[1])
    assert ahead.reading_of(line[2]) is line[2].opened[0]


def test_a_mistake_of_the_user_ends_the_run_before_the_first_stream_is_read() -> None:
    line = [Stream("a"), Stream("b", ConfigError("wrong"))]
    ahead = ReadAhead(2)
    ahead.line = line

    with pytest.raises(ConfigError):
        ahead.reading_of(line[0])


def test_a_stream_that_is_in_no_line_is_opened_alone() -> None:
    line = [Stream("a"), Stream("b")]
    other = Stream("other")
    ahead = ReadAhead(2)
    ahead.line = line

    assert ahead.reading_of(other) is other.opened[0]
    assert not any(stream.opened for stream in line)
