"""Open the readings of later streams early, so that idle threads can read ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tap_oracle_wms.errors import ConfigError, WmsError
from tap_oracle_wms.observing import logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_oracle_wms.reading.protocol import Reading


class Readable(Protocol):
    """A stream, as far as reading ahead knows it."""

    name: str

    @property
    def selected(self) -> bool:
        """Whether it is read."""

    def open_reading(self) -> Reading[Any]:
        """Begin a read."""


class ReadAhead:
    """The open readings of a run."""

    def __init__(self, most: int) -> None:
        """`most`: readings that are open before their turn."""
        self.line: Sequence[Readable] = ()
        """Streams in the order in which they are read."""
        self._most = most
        self._open: dict[str, Reading[Any]] = {}

    def reading_of(self, readable: Readable) -> Reading[Any]:
        """Return the reading of a stream whose turn it is, and open the ones after it.

        Raises:
            ConfigError: One of them cannot be opened for a mistake of the user.
            WmsError: It cannot be opened; errors of the others are raised at their turn.
        """
        for each in self._next(readable):
            if each.name in self._open:
                continue
            try:
                with logs.about(each.name):
                    self._open[each.name] = each.open_reading()
            except WmsError as error:
                if each is readable or isinstance(error, ConfigError):
                    raise
                break
        return self._open[readable.name]

    def _next(self, readable: Readable) -> list[Readable]:
        following = [each for each in self.line if each.selected]
        if readable not in following:
            return [readable]
        start = following.index(readable)
        return following[start : start + 1 + self._most]

    def close(self, readable: Readable) -> None:
        """Ask for nothing more of a reading."""
        if (reading := self._open.pop(readable.name, None)) is not None:
            reading.close()
