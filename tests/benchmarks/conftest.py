"""Tables of what was measured, shown whether or not output is captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Prints a table: title, header, rows."""

    def show(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        lines = [[_text(cell) for cell in line] for line in (header, *rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        with capsys.disabled():
            print(f"\n\n{title}")
            for line in lines:
                print("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)))

    return show


def _text(cell: object) -> str:
    return f"{cell:,.2f}" if isinstance(cell, float) else str(cell)
