"""Write Arrow columns as lines of JSON, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tap_oracle_wms.extract.conversion import digits

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPECIAL = r'["\\\x00-\x1f]'
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def json_lines(
    columns: Mapping[str, pa.Array], numbers: set[str], head: bytes = b"", tail: bytes = b""
) -> memoryview:
    """One line a row: `head`, an object of the columns, `tail`.

    Columns named in `numbers` hold decimals, be they decimals or text of digits.
    """
    pieces: list[pa.Array | pa.Scalar] = []
    before = head.decode() + "{"
    for name, column in columns.items():
        texts, opens, closes = _values(column, is_number=name in numbers)
        if texts.null_count:
            if opens:
                texts = pc.binary_join_element_wise(opens, texts, closes, "")
            texts, opens, closes = pc.fill_null(texts, "null"), "", ""
        pieces += [pa.scalar(f"{before}{msgspec.json.encode(name).decode()}:{opens}"), texts]
        before = f"{closes},"
    pieces.append(pa.scalar(before[:-1] + "}" + tail.decode() + "\n"))
    lines = pc.binary_join_element_wise(*pieces, "")
    return _content(lines)


def _content(lines: pa.Array) -> memoryview:
    """The bytes of all texts, one after the other."""
    if not len(lines):
        return memoryview(b"")
    _, offsets, data = lines.buffers()
    positions = memoryview(offsets).cast("i")
    return memoryview(data)[positions[lines.offset] : positions[lines.offset + len(lines)]]


def _values(column: pa.Array, *, is_number: bool) -> tuple[pa.Array, str, str]:
    """A column as text, and what opens and closes each value that is not null."""
    kind = column.type
    if is_number:
        return digits(column), "", ""
    if pa.types.is_timestamp(kind):
        plain = column.cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_replace_slice(plain, 10, 11, "T"), '"', '+00:00"'
    if pa.types.is_string(kind):
        return _escaped(column), '"', '"'
    if pa.types.is_date(kind):
        return column.cast(pa.string()), '"', '"'
    return column.cast(pa.string()), "", ""


def _escaped(column: pa.Array) -> pa.Array:
    """The inside of JSON strings."""
    if not pc.any(pc.match_substring_regex(column, _SPECIAL)).as_py():
        return column
    for char, escape in _ESCAPES.items():
        column = pc.replace_substring(column, char, escape)
    if pc.any(pc.match_substring_regex(column, r"[\x00-\x1f]")).as_py():
        return pa.array([text and _control(text) for text in column.to_pylist()], pa.string())
    return column


def _control(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if c < " " else c for c in text)
