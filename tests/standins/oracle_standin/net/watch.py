"""A thread that cancels running calls when their client sends a break or disappears."""

from __future__ import annotations

import itertools
import select
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from oracle_standin.backend import BackendSession

INTERVAL = 0.05  # seconds until a call that has just begun is watched, too


class CallWatch:
    """Watches the sockets of running calls: what arrives there can only be a cancel."""

    def __init__(self) -> None:
        self._running: dict[int, tuple[socket.socket, BackendSession]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, daemon=True, name="standin-watch")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._work.set()
        self._thread.join(5)

    @contextmanager
    def watched(self, sock: socket.socket, backend: BackendSession) -> Iterator[None]:
        """Cancel the call when a marker arrives or the client goes away while the block runs."""
        with self._lock:
            number = next(self._numbers)
            self._running[number] = sock, backend
        self._work.set()
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(number, None)

    def _watch(self) -> None:
        while not self._stopping:
            self._work.wait()
            with self._lock:
                numbers = {sock: number for number, (sock, _) in self._running.items()}
                if not numbers:
                    self._work.clear()
                    continue
            try:
                ready = select.select(list(numbers), [], [], INTERVAL)[0]
            except (OSError, ValueError):  # a socket was closed meanwhile
                continue
            for sock in ready:
                self._cancel(numbers[sock])

    def _cancel(self, number: int) -> None:
        with self._lock:
            # None: that call has ended, and what arrived is the next request.
            running = self._running.pop(number, None)
            if running is not None:
                running[1].cancel()
