"""Feeds on a bounded pool of threads: pages come out as they arrive, stream by stream.

One pool serves a whole run. Its threads work for the stream that is being written first; what that
stream leaves idle reads the next ones ahead.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tap_oracle_wms.errors import SlowAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_oracle_wms.api.cancellation import Cancellation
    from tap_oracle_wms.reading.slices import Feed, Pulled, Slice


CLOSING_SECONDS = 2.0


class Pool:
    """The threads that fetch for all feeds of a run."""

    def __init__(self, threads: int, patience: int, cancellation: Cancellation) -> None:
        self._threads = threads
        self._room = threads + max(2, threads // 2)
        """Pages of the first feed, and of all others, that may be in memory or on their way."""
        self._cancellation = cancellation
        self._patience = patience
        self._changed = threading.Condition()
        self._feeds: list[Feed] = []
        self._closed = False
        self._running: list[threading.Thread] = []

    def add(self, feed: Feed) -> None:
        """Read a feed, after those added before it."""
        with self._changed:
            self._feeds.append(feed)
            if not self._running:
                self._running = [
                    threading.Thread(target=self._work, name=f"reader-{n}", daemon=True)
                    for n in range(self._threads)
                ]
                for thread in self._running:
                    thread.start()
            self._changed.notify_all()

    def pages(self, feed: Feed) -> Iterator[Pulled]:
        """A feed's pages as they come; the feed is first in line from now on."""
        with self._changed:
            self._feeds.sort(key=lambda other: other is not feed)
        while (page := self._next_page(feed)) is not None:
            yield page

    def drop(self, feed: Feed) -> None:
        """Ask for nothing more of a feed."""
        with self._changed:
            feed.stop()
            self._feeds.remove(feed)
            self._changed.notify_all()

    def _next_page(self, feed: Feed) -> Pulled | None:
        with self._changed:
            while not feed.pages and not feed.exhausted:
                self._changed.wait(timeout=0.5)  # a signal handler cannot notify
                self._cancellation.check()
            if feed.pages:
                self._changed.notify_all()
                return feed.pages.popleft()
            if feed.error is not None:
                raise feed.error
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
            feed, part = job
            self._run(feed, part)

    def _run(self, feed: Feed, part: Slice) -> None:
        try:
            answer, size, seconds = feed.fetch(part)
            with self._changed:
                feed.deliver(part, answer, size, seconds)
        except SlowAnswerError as error:
            with self._changed:
                feed.shrink(part, error, self._patience)
        except BaseException as error:  # noqa: BLE001 - raised again where the feed is read
            with self._changed:
                feed.stop(error)
        finally:
            with self._changed:
                self._changed.notify_all()

    def _next_job(self) -> tuple[Feed, Slice] | None:
        with self._changed:
            while not self._closed:
                if (job := self._find_job()) is not None:
                    return job
                self._changed.wait()
            return None

    def _find_job(self) -> tuple[Feed, Slice] | None:
        """The first feed's work, or a later one's as long as little is read ahead."""
        ahead = 0
        for n, feed in enumerate(self._feeds):
            ahead += feed.load if n else 0
            busy = feed.load if n == 0 else ahead
            if busy < self._room and (part := feed.take()) is not None:
                return feed, part
        return None
