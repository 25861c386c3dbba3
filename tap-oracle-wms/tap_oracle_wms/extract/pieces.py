"""Columns of extracted rows on their way out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.extract.json_lines import json_lines
from tap_oracle_wms.reading.record_lines import around

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

LINES = 8_192
"""Rows that are encoded at once."""

Columns = dict[str, "pa.Array"]

_record = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@dataclass(frozen=True)
class Piece:
    """Some rows of a file, or its end; `numbers` names the columns that hold decimals."""

    columns: Columns
    numbers: set[str]
    is_milestone: bool = False
    """Whether this piece ends its file."""
    extracted: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def rows(self) -> int:
        """How many."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

    @property
    def pages(self) -> int:
        """1, or 0 for the end of a file."""
        return 1 if self.columns else 0

    def ids(self) -> Iterable[int]:
        """The ids of the rows."""
        ids: list[int] = self.columns["id"].to_pylist() if self.columns else []
        return ids

    def first(self, rows: int) -> Piece:
        """The first rows alone."""
        columns = {name: column.slice(0, rows) for name, column in self.columns.items()}
        return replace(self, columns=columns)

    def records(self) -> list[dict[str, Any]]:
        """Singer records."""
        if not self.columns:
            return []
        lines = bytes(json_lines(self.columns, self.numbers)).splitlines()
        return [_record.decode(line) for line in lines]

    def lines(self, stream: str, version: int | None) -> Iterator[memoryview]:
        """Lines of RECORD messages, some thousands at once."""
        for start in range(0, self.rows, LINES):
            part = {name: column.slice(start, LINES) for name, column in self.columns.items()}
            head, tail = around(stream, version, datetime.now(UTC).isoformat())
            yield json_lines(part, self.numbers, head, tail)
