"""Rows as Arrow columns, as read from a BATCH file and as ready to bind.

Nothing here imports pyarrow, which is an extra: what handles these has it, or made no frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = tuple[Any, ...]

_ALIKE = attrgetter("schema_text", "documents", "time_extracted", "version")


@dataclass(frozen=True)
class Frame:
    """Rows of a BATCH file. In the text columns `documents`, the text is the JSON of the value."""

    data: Any  # pyarrow.Table
    documents: frozenset[str] = frozenset()
    time_extracted: str | None = None
    version: int | None = None

    def __len__(self) -> int:
        return int(self.data.num_rows)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self.data.nbytes)

    @property
    def schema_text(self) -> str:
        """The columns' names and types."""
        return str(self.data.schema)

    def lines(self, start: int, rows: int) -> list[bytes]:
        """Return the RECORD lines that some of the rows stand for."""
        from target_oracle.records.arrow.values import lines  # noqa: PLC0415 # needs the extra

        head = {"time_extracted": self.time_extracted, "version": self.version}
        return lines(self.data.slice(start, rows), self.documents, head)


@dataclass(frozen=True)
class Columns:
    """Rows ready to bind, in the order of the table's columns."""

    data: Any  # pyarrow.Table

    def __len__(self) -> int:
        return int(self.data.num_rows)

    def __iter__(self) -> Iterator[Row]:
        return zip(*(column.to_pylist() for column in self.data.columns), strict=True)

    def numbered(self, name: str, start: int) -> Any:
        """Return the table with one more column, which counts the rows."""
        from target_oracle.records.arrow.values import counted  # noqa: PLC0415 # needs the extra

        return self.data.append_column(name, counted(start, len(self)))


Rows = list[Row] | Columns


def joined(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Join frames that follow one another and have the same columns."""
    for _, alike in groupby(frames, key=_ALIKE):
        first, *more = alike
        if more:
            from target_oracle.records.arrow.values import concatenated  # noqa: PLC0415 # the extra

            data = concatenated([first.data, *(each.data for each in more)])
            first = Frame(data, first.documents, first.time_extracted, first.version)
        yield first
