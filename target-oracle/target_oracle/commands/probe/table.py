"""The table of facts that a probe prints for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDEST = 40
"""Characters at which an expected answer is cut; others are shown whole."""


@dataclass(frozen=True)
class FactRow:
    """What the table says of one fact."""

    name: str
    seen: Any
    expected: Any
    as_expected: bool | None
    """None where nothing was seen, or nothing is expected."""
    was_asked: bool
    remarks: Sequence[str] = ()
    """Lines of their own, below the fact."""


def table(rows: Sequence[FactRow]) -> Iterator[str]:
    """Yield the lines: each fact, and what is to be said of it."""
    names = max(len(row.name) for row in rows)
    yield f"{'':8} {'fact':{names}}  {'seen':{WIDEST}}  expected"
    for row in rows:
        seen, expected = as_text(row.seen), "" if row.expected is None else as_text(row.expected)
        if row.as_expected:
            seen, expected = _cut(seen), _cut(expected)
        yield f"{_verdict(row):8} {row.name:{names}}  {seen:{WIDEST}}  {expected}".rstrip()
        for line in filter(None, row.remarks):
            yield f"{'':8} {'':{names}}  {line}"


def _verdict(row: FactRow) -> str:
    if row.as_expected is None:
        return "" if row.was_asked else "not seen"
    return "ok" if row.as_expected else "DIFFERS"


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def as_text(value: Any) -> str:
    """Write an answer for people."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key}: {each}" for key, each in value.items()) or "none"
        case list():
            return ", ".join(map(str, value)) or "none"
    return str(value)
