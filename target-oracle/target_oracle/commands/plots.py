"""Draw small plots for table cells as inline SVG, with the oldest run on the left."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, HEIGHT, PAD = 120, 24, 3
"""In pixels."""


def line(
    values: Sequence[float | None],
    states: Sequence[str],
    limit: float | None,
    label: str,
    shown: Callable[[float], str],
) -> str:
    """Draw a line from zero up to a limit at least, with dots for the newest and the bad."""
    highest = max((value for value in values if value is not None), default=0)
    top = max(highest, limit or 0)
    spots = [
        (x, _height(value, top), state)
        for x, value, state in zip(_places(len(values)), values, states, strict=True)
        if value is not None
    ]
    if not spots:
        return ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in spots)
    dots = "".join(
        f'<circle class="{_kind(state)}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
        for n, (x, y, state) in enumerate(spots)
        if n == len(spots) - 1 or state != "finished"
    )
    return _svg(
        f"{label}: at most {shown(highest)}",
        f'{_rule(limit, top)}<polyline points="{path}"/>{dots}',
    )


def _rule(limit: float | None, top: float) -> str:
    y = _height(limit or 0, top)
    return f'<path d="M{PAD} {y:.1f}H{WIDTH - PAD}"/>' if limit else ""


def bars(values: Sequence[float | None], states: Sequence[str], label: str) -> str:
    """Draw a bar a run, from zero up."""
    top = max((value or 0 for value in values), default=0)
    width = min(8.0, (WIDTH - 2 * PAD) / max(1, len(values)) - 1)
    drawn = "".join(
        f'<rect class="{_kind(state)}" x="{x - width / 2:.1f}" y="{y:.1f}" '
        f'width="{width:.1f}" height="{HEIGHT - PAD - y:.1f}"/>'
        for x, y, state in (
            (x, min(_height(value or 0, top), HEIGHT - PAD - 1), state)
            for x, value, state in zip(_places(len(values)), values, states, strict=True)
        )
    )
    return _svg(f"{label}: at most {top:,.0f}", drawn)


def _places(number: int) -> list[float]:
    """Return the middle of each bar; few runs are aligned to the right."""
    step = min(10.0, (WIDTH - 2 * PAD) / max(1, number))
    return [WIDTH - PAD - step * (number - n - 0.5) for n in range(number)]


def _height(value: float, top: float) -> float:
    return HEIGHT - PAD - (HEIGHT - 2 * PAD) * (max(0.0, value) / top if top > 0 else 0)


def _kind(state: str) -> str:
    return {"finished": "good", "late": "late"}.get(state, "bad")


def _svg(label: str, inner: str) -> str:
    return (
        f'<svg role="img" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"<title>{escape(label)}</title>{inner}</svg>"
    )
