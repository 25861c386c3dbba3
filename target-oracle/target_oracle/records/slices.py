"""Decoded records, with the problems that were found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from target_oracle.schema.metadata import DELETED_AT

if TYPE_CHECKING:
    from collections.abc import Sequence

Record = dict[str, Any]


class Message(msgspec.Struct, gc=False):
    """A RECORD message without its stream, which was read before."""

    record: Record
    time_extracted: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Problem:
    """Why a record cannot be loaded: a code, the property ('' for the record), the reason."""

    code: str
    source: str
    reason: str


@dataclass
class Slice:
    """The records that are decoded at once.

    Without `records` they were decoded into columns, and none has a deletion time.
    """

    messages: list[Message]
    records: list[Record]
    problems: dict[int, Problem] = field(default_factory=dict)
    """The first problem of each bad record, by its position."""
    times: Sequence[Any] | None = None
    """Each record's deletion time as a period ends by it, once that was asked for."""

    def refuse(self, index: int, code: str, source: str, reason: str) -> None:
        """Note a problem of a record, unless it has one."""
        self.problems.setdefault(index, Problem(code, source, reason))

    @property
    def deletions(self) -> list[Any]:
        """Each record's deletion time as the tap wrote it."""
        if not self.records:
            return [None] * len(self.messages)
        return [record.get(DELETED_AT) for record in self.records]
