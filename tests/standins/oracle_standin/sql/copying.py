"""Rows into a table by COPY, with the rows that fail found exactly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

from .lexer import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .work import Work

_BLOCK = 1000  # rows written at once
_FEW = 64  # rows copied at once behind a bad one: they seldom come alone


class Copy:
    """Rows in COPY's text format, bound for one table."""

    def __init__(
        self, work: Work, target: str, names: Sequence[str], texts: Sequence[Sequence[str]]
    ) -> None:
        self.work = work
        columns = ", ".join(map(quoted, names))
        self.statement = f"COPY {target} ({columns}) FROM STDIN"
        self.lines = ["\t".join(row) for row in zip(*texts, strict=True)]

    def all_good(self) -> Iterator[tuple[int, psycopg.Error]]:
        """Copy in order; yields each row that fails, when all before it are in.

        COPY checks constraints row by row, but unique keys only for a whole buffer: the first
        error reported is not always that of the first bad row.  So the rows before a bad one are
        copied again first, then the bad one by itself.
        """
        start, span = 0, len(self.lines)
        suspects: list[int] = []
        while start < len(self.lines):
            end = suspects[-1] if suspects else min(start + span, len(self.lines))
            failed = self.span(start, end) if end > start else None
            if failed is not None:
                suspects.append(failed[0])
                span = _FEW
                continue
            start = end
            span *= 2
            if suspects:
                start = suspects.pop()
                failed = self.span(start, start + 1)
                if failed is not None:
                    yield failed
                start += 1

    def span(self, start: int, end: int) -> tuple[int, psycopg.Error] | None:
        """Copy some rows, or none; gives the index of the row that failed and the error."""
        try:
            with (
                self.work.savepoint(),
                self.work.conn.cursor() as cursor,
                cursor.copy(self.statement) as copy,
            ):
                for i in range(start, end, _BLOCK):
                    copy.write("\n".join(self.lines[i : min(i + _BLOCK, end)]) + "\n")
        except psycopg.errors.QueryCanceled:
            raise
        except psycopg.Error as exc:
            found = re.search(r"COPY .*?, line (\d+)", exc.diag.context or "")
            return start + (int(found[1]) - 1 if found else 0), exc
        return None
