"""Show how a run moves, on a terminal alone: a line for each moving stream and one for the run."""

from __future__ import annotations

import io
import logging
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeGuard

    from tqdm import tqdm

PER_SECOND = 4
"""How often what is shown is renewed."""


@dataclass(frozen=True)
class Moving:
    """A stream that moves; `total` is the number of rows to come, where it is known."""

    stream: str
    rows: int
    seconds: float
    total: int | None = None

    @property
    def pace(self) -> float:
        """Rows per second."""
        return self.rows / max(0.001, self.seconds)

    @property
    def share(self) -> float | None:
        """The part of the rows that is read, from 0 to 1."""
        return min(1.0, self.rows / self.total) if self.total else None

    @property
    def left(self) -> float | None:
        """Seconds that the rest takes at this pace."""
        if not self.total or not self.rows:
            return None
        return max(0, self.total - self.rows) / self.pace


@dataclass(frozen=True)
class Scene:
    """What is shown at a moment."""

    run: str
    """A sentence about the run."""
    moving: Sequence[Moving] = ()


def is_terminal() -> bool:
    """Whether standard error is a terminal that can be drawn on."""
    return bool(sys.stderr and sys.stderr.isatty())


@contextmanager
def shown(scene: Callable[[], Scene], *, wanted: bool = True) -> Iterator[None]:
    """Show a scene while the block runs, and remove it at the end; log lines pass above it."""
    if not (wanted and is_terminal()):
        yield
        return
    terminal = sys.stderr
    handlers = [each for each in logging.getLogger().handlers if _writes_to(each, terminal)]
    screen = _Screen(scene)
    for each in handlers:
        each.setStream(_Above(terminal))
    try:
        with screen.moving():
            yield
    finally:
        for each in handlers:
            each.setStream(terminal)


def _writes_to(handler: logging.Handler, stream: TextIO) -> TypeGuard[logging.StreamHandler[Any]]:
    return isinstance(handler, logging.StreamHandler) and handler.stream is stream


class _Above(io.TextIOBase):
    """Writes what is logged above the bars."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal

    @override
    def write(self, text: str) -> int:
        from tqdm import tqdm  # noqa: PLC0415 - for terminals alone

        with tqdm.external_write_mode(file=self._terminal):
            return self._terminal.write(text)

    @override
    def flush(self) -> None:
        self._terminal.flush()


class _Screen:
    """Draws scenes: a bar for each stream that moves, below the sentence about the run."""

    def __init__(self, scene: Callable[[], Scene]) -> None:
        from tqdm import tqdm  # noqa: PLC0415 - see above

        tqdm.monitor_interval = 0  # the scene is renewed here
        tqdm.set_lock(threading.RLock())
        self._new_bar = partial(tqdm, file=sys.stderr, leave=False, dynamic_ncols=True)
        self._scene = scene
        self._bars: dict[str, tqdm[NoReturn]] = {}
        self._ended = threading.Event()

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Renew the picture from a thread of its own while the block runs."""
        thread = threading.Thread(target=self._renew, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _renew(self) -> None:
        run = self._new_bar(bar_format="{desc}")
        while not self._ended.wait(1 / PER_SECOND):
            scene = self._scene()
            run.set_description_str(scene.run)
            self._draw(scene.moving)
        for bar in [*self._bars.values(), run]:
            bar.close()

    def _draw(self, moving: Sequence[Moving]) -> None:
        """Draw the streams that move, and remove those that do no longer."""
        for each in moving:
            if each.stream not in self._bars:
                self._bars[each.stream] = self._new_bar(desc=each.stream, unit=" rows")
            bar = self._bars[each.stream]
            bar.total, bar.n = each.total, each.rows
            bar.refresh()
        for name in self._bars.keys() - {each.stream for each in moving}:
            self._bars.pop(name).close()


def span(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
