"""Make buffered records into rows ready to bind, by columns where possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_oracle.records.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_oracle.records.frames import Rows
    from target_oracle.records.shaping import Shaper


def rows_of(shaper: Shaper, piece: Frame | Sequence[bytes], step: int) -> Iterator[Rows]:
    """Make the rows of a piece: at once where the frame can, otherwise `step` records at a time."""
    if not isinstance(piece, Frame):
        yield shaper.rows(piece)
        return
    from target_oracle.records.arrow.shape import columns  # noqa: PLC0415 # needs the extra

    found = columns(shaper, piece)
    if found is not None:
        yield found
        return
    for start in range(0, len(piece), step):
        yield shaper.rows(piece.lines(start, step))
