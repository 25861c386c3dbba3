"""Parse the CSV of extracts: quoted texts, with inner quotes escaped by a backslash or doubled.

Ambiguous text is refused: nothing tells whether a backslash before another one
or before a closing quote stands for itself.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

BLOCK = 1 << 22
"""Bytes that are taken apart at once."""

_CELL = re.compile(r'(?:"((?:[^"\\]|""|\\(?!\\).)*+)"|([^",\r\n]*))(,|\r?\n)', re.DOTALL)


class CsvError(ValueError):
    """The content is ambiguous or broken; the message completes a sentence about the file."""


def rows(file: BinaryIO) -> Iterator[list[list[str | None]]]:
    """Blocks of rows of cells; an empty cell without quotes is None.

    Raises:
        CsvError: The content cannot be read for certain, or ends within a row.
    """
    decode, rest, width = codecs.getincrementaldecoder("utf-8")().decode, "", 0
    while block := file.read(BLOCK):
        found, rest = _rows(rest + decode(block))
        if found:
            width = width or len(found[0])
            _check_width(found, width)
            yield found
        elif len(rest) > 8 * BLOCK:
            break
    if rest + decode(b"", final=True):
        _explain(rest)


def _check_width(found: list[list[str | None]], width: int) -> None:
    for row in found:
        if len(row) != width:
            msg = f"a row has {len(row)} cells where the first has {width}"
            raise CsvError(msg)


def _rows(text: str) -> tuple[list[list[str | None]], str]:
    """Whole rows, and what is left of the text."""
    found: list[list[str | None]] = []
    row: list[str | None] = []
    position = whole = 0
    while match := _CELL.match(text, position):
        quoted, bare, end = match.groups()
        row.append(_unescaped(quoted) if quoted is not None else bare or None)
        position = match.end()
        if end != ",":
            found.append(row)
            row, whole = [], position
    return found, text[whole:]


def _unescaped(quoted: str) -> str:
    if '"' not in quoted:
        return quoted
    return quoted.replace('\\"', '"').replace('""', '"')


def _explain(rest: str) -> None:
    if "\\\\" in rest or '\\"' in rest:
        msg = (
            "a text holds a backslash that can be read in two ways; set `extract_format` to parquet"
        )
        raise CsvError(msg)
    msg = "it ends within a row, or holds a quote that is not escaped"
    raise CsvError(msg)
