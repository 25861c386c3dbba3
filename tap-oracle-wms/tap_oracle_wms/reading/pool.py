"""Read slices with a bounded pool of threads, and return their pages stream by stream.

One pool serves a whole run. Its threads work for the stream that is being written first; what that
stream leaves idle reads the next ones ahead.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tap_oracle_wms.errors import SlowAnswerError

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterator

    from tap_oracle_wms.api.cancellation import Cancellation


CLOSING_SECONDS = 2.0

PageT = TypeVar("PageT")


class Parts(Protocol[PageT]):
    """What is read part by part, such as `Slices`."""

    pages: deque[PageT]
    error: BaseException | None

    @property
    def exhausted(self) -> bool:
        """Nothing is left to ask for; pages may still wait."""

    @property
    def load(self) -> int:
        """Pages in memory or on their way."""

    def take(self) -> Any:
        """Take a part to fetch from; None where there is none."""

    def fetch(self, part: Any, /) -> tuple[Any, int, float]:
        """Make one request; the only method that is called without the lock."""

    def deliver(self, part: Any, answer: Any, size: int, seconds: float, /) -> None:
        """Take an answer."""

    def shrink(self, part: Any, error: SlowAnswerError, patience: int, /) -> None:
        """Ask for the same rows again in smaller pages."""

    def stop(self, error: BaseException | None = None) -> None:
        """Ask for nothing more."""


class Pool:
    """The threads that fetch for all slices of a run."""

    def __init__(self, threads: int, patience: int, cancellation: Cancellation) -> None:
        self._threads = threads
        self._room = threads + max(2, threads // 2)
        """Pages of the first slices, and of all others, that may be in memory or on their way."""
        self._cancellation = cancellation
        self._patience = patience
        self._changed = threading.Condition()
        self._line: list[Parts[Any]] = []
        self._closed = False
        self._running: list[threading.Thread] = []

    def add(self, slices: Parts[Any]) -> None:
        """Read slices, after those added before them."""
        with self._changed:
            self._line.append(slices)
            if not self._running:
                self._running = [
                    threading.Thread(target=self._work, name=f"reader-{n}", daemon=True)
                    for n in range(self._threads)
                ]
                for thread in self._running:
                    thread.start()
            self._changed.notify_all()

    def pages(self, slices: Parts[PageT]) -> Iterator[PageT]:
        """The pages of slices as they come; these are first in line from now on."""
        with self._changed:
            self._line.sort(key=lambda other: other is not slices)
            self._changed.notify_all()  # the first ones may have room where later ones had none
        while (page := self._next_page(slices)) is not None:
            yield page

    def drop(self, slices: Parts[Any]) -> None:
        """Ask for nothing more of these slices."""
        with self._changed:
            slices.stop()
            self._line.remove(slices)
            self._changed.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change under the lock what is to be read; threads look for work after that."""
        with self._changed:
            yield
            self._changed.notify_all()

    def _next_page(self, slices: Parts[PageT]) -> PageT | None:
        with self._changed:
            while not slices.pages and not slices.exhausted:
                self._changed.wait(timeout=0.5)  # a signal handler cannot notify
                self._cancellation.check()
            if slices.pages:
                self._changed.notify_all()
                return slices.pages.popleft()
            if slices.error is not None:
                raise slices.error
            return None

    def close(self) -> None:
        """End the threads, without waiting long for a request in flight."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._running:
            thread.join(timeout=CLOSING_SECONDS / self._threads)

    def _work(self) -> None:
        while (job := self._next_job()) is not None:
            slices, part = job
            self._run(slices, part)

    def _run(self, slices: Parts[Any], part: Any) -> None:
        try:
            answer, size, seconds = slices.fetch(part)
            with self._changed:
                slices.deliver(part, answer, size, seconds)
        except SlowAnswerError as error:
            with self._changed:
                slices.shrink(part, error, self._patience)
        except BaseException as error:  # noqa: BLE001 - raised again where the slices is read
            with self._changed:
                slices.stop(error)
        finally:
            with self._changed:
                self._changed.notify_all()

    def _next_job(self) -> tuple[Parts[Any], Any] | None:
        with self._changed:
            while not self._closed:
                if (job := self._find_job()) is not None:
                    return job
                self._changed.wait()
            return None

    def _find_job(self) -> tuple[Parts[Any], Any] | None:
        """Find a slice of the first stream, or of a later one while little is read ahead."""
        ahead = 0
        for n, slices in enumerate(self._line):
            ahead += slices.load if n else 0
            busy = slices.load if n == 0 else ahead
            if busy < self._room and (part := slices.take()) is not None:
                return slices, part
        return None
