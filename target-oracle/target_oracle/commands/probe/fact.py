"""A question to a database, and the answer that the documentation leads to expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

UNKNOWN = "not documented"
"""How the source of a fact begins that only a real database can decide."""
YES, NO = True, False
MEASURED = None
"""What is expected of a value that is only measured."""


@dataclass(frozen=True)
class Server:
    """What the expected answers depend on."""

    release: tuple[int, ...]
    compatible: tuple[int, ...]
    """COMPATIBLE; the release where it is not known."""
    autonomous: bool


@dataclass(frozen=True, slots=True)
class Since:
    """An answer that is another one from a release on, or on an Autonomous Database."""

    release: tuple[int, ...]
    before: Any
    after: Any
    by_compatible: bool = False
    """Whether COMPATIBLE decides, and not the release itself."""

    def of(self, server: Server) -> Any:
        """Return the answer of a server."""
        decides = server.compatible if self.by_compatible else server.release
        return self.after if decides >= self.release else self.before


@dataclass(frozen=True, slots=True)
class Fact:
    """One question; `expected` is None where a value is only measured."""

    name: str
    asked: str
    expected: Any
    source: str
    consequence: str
    """What follows where the database answers otherwise, or what a measured value is for."""
    remedy: tuple[str, Any] | None = None
    """A setting, with its value, that goes round a database that answers otherwise."""
    autonomous: Any = None
    """What is expected of an Autonomous Database, where it is something else."""

    @property
    def is_open(self) -> bool:
        """Whether only a real database can decide it: no documentation does."""
        return self.source.startswith(UNKNOWN)

    def expected_of(self, server: Server) -> Any:
        """Return the answer that a server is expected to give."""
        if server.autonomous and self.autonomous is not None:
            return self.autonomous
        return self.expected.of(server) if isinstance(self.expected, Since) else self.expected

    def judged(self, seen: Any, server: Server) -> bool | None:
        """Whether an answer is as expected; None without an answer, and for what is measured.

        An answer that tells several things is judged by those that could be seen.
        """
        expected = self.expected_of(server)
        if seen is None or expected is None:
            return None
        if isinstance(seen, dict):
            return all(expected.get(key) == value for key, value in seen.items())
        return bool(seen == expected)
