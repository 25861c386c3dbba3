"""Load several streams at the same time: each worker has its own sessions and thread.

A stream keeps its worker, and a worker does one thing after another, so nothing of a stream is ever
out of order. With one worker there is no thread: work is done when it is given.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from target_oracle.database.own_tables import OwnTables
from target_oracle.database.session import Session
from target_oracle.errors import TargetError
from target_oracle.loading.rejects import Rejects
from target_oracle.schema.names import Naming

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_oracle.config.limits import Limits
    from target_oracle.config.settings import Settings

logger = logging.getLogger("target-oracle")


class SkippedError(Exception):
    """Work that was not begun because earlier work of its worker failed."""


@dataclass
class Shared:
    """What the workers of a run have in common."""

    settings: Settings
    limits: Limits
    run_id: str
    session: Session
    """The first worker's session, also for what belongs to no stream."""
    making: threading.Lock = field(default_factory=threading.Lock)
    """A lock for making tables that other workers may make at the same time."""
    rejects: list[Rejects] = field(default_factory=list)
    """Those of the workers that have some."""

    @property
    def owner(self) -> str:
        """The schema of the run's own tables."""
        return self.session.owner


class Worker:
    """A pair of sessions with a thread, and what a flush needs beside them."""

    def __init__(self, shared: Shared, session: Session) -> None:
        self.shared = shared
        self.session = session
        # A call that times out while the direct path streams crashes the driver (26.1.0).
        self.direct = Session(shared.settings, "target-oracle direct path", is_timed=False)
        self.failed = False
        self.with_periods = set[str]()
        """The tables of its streams that have no row without its period."""
        self._queue: SimpleQueue[Callable[[], None]] | None = None

    @cached_property
    def own_tables(self) -> OwnTables:
        """The worker's own tables; the first use in a run removes those of runs long gone."""
        found = OwnTables(self.session, self.shared.owner)
        if self.session is self.shared.session:
            found.sweep()
        return found

    @cached_property
    def rejects(self) -> Rejects:
        """The bad records of the worker's streams."""
        shared = self.shared
        limit = shared.session.dialect.max_name_bytes
        naming = Naming(shared.settings.identifier_case, limit)
        return Rejects(shared.settings, shared.owner, shared.run_id, naming, shared.rejects)

    def begin(self, work: Callable[[], Any]) -> Future[Any]:
        """Do work in the worker's thread, after all that it was given before."""
        if self._queue is None:
            self._queue = SimpleQueue()
            # A daemon: a second signal ends the program without waiting for a flush.
            threading.Thread(target=self._serve, args=[self._queue], daemon=True).start()
        future: Future[Any] = Future()
        context = contextvars.copy_context()
        self._queue.put(lambda: context.run(self._do, work, future))
        return future

    @staticmethod
    def _serve(queue: SimpleQueue[Callable[[], None]]) -> None:
        while True:
            queue.get()()

    def _do(self, work: Callable[[], Any], future: Future[Any]) -> None:
        if self.failed:
            future.set_exception(SkippedError())
            return
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            self.failed = True
            future.set_exception(error)
        else:
            future.set_result(result)

    def close(self) -> None:
        """Drop the sessions."""
        self.session.drop()
        self.direct.drop()


@dataclass
class Job:
    """Work under way."""

    future: Future[Any]
    size: int
    """Bytes that it holds."""
    done: Callable[[Any], None] | None
    """What the caller's thread does with the result."""


class Workers:
    """Gives work to workers, and takes its results in the order in which it was given.

    No more than `batch_size_bytes` are under way, unless a single flush has more.
    """

    def __init__(self, settings: Settings, limits: Limits, run_id: str) -> None:
        sessions = [Session(settings) for _ in range(settings.max_parallelism)]
        self.shared = Shared(settings, limits, run_id, sessions[0])
        self.all = [Worker(self.shared, session) for session in sessions]
        self._limit = settings.batch_size_bytes
        self._jobs: deque[Job] = deque()
        self._worker_of: dict[str, Worker] = {}
        self._next = cycle(self.all)

    @property
    def sessions(self) -> list[Session]:
        """Those in which rows are loaded."""
        return [worker.session for worker in self.all]

    def rejected(self, stream: str) -> int:
        """Count the bad records of a stream so far, of flushes that are committed."""
        return sum(each.counts[stream] for each in self.shared.rejects)

    def rejects_kept(self, stream: str) -> int:
        """Count the bad records of a flush that a limit ended; nothing else of it is loaded."""
        return sum(each.kept[stream] for each in self.shared.rejects)

    def drop_own_tables(self) -> None:
        """Remove what is left of the run's own tables."""
        for worker in self.all:
            worker.own_tables.drop()

    def close(self) -> None:
        """Drop the sessions; those that still work after a second signal are left alone."""
        if self.is_idle:
            for worker in self.all:
                worker.close()

    def of(self, stream: str) -> Worker:
        """Return the worker of a stream, the same one for the whole run."""
        return self._worker_of.get(stream) or self._worker_of.setdefault(stream, next(self._next))

    @property
    def is_idle(self) -> bool:
        """Whether no worker is at work."""
        return all(job.future.done() for job in self._jobs)

    def give(
        self,
        worker: Worker,
        work: Callable[[], Any],
        size: int = 0,
        done: Callable[[Any], None] | None = None,
    ) -> None:
        """Give work to a worker; raise the error of earlier work that has failed meanwhile."""
        if len(self.all) == 1:
            result = work()
            if done:
                done(result)
            return
        self.take()
        while size and self._under_way and self._under_way + size > self._limit:
            self._await(next(job for job in self._jobs if job.size))
        self._jobs.append(Job(worker.begin(work), size, done))

    @property
    def _under_way(self) -> int:
        return sum(job.size for job in self._jobs)

    def call(self, worker: Worker, work: Callable[[], Any]) -> Any:
        """Do work in a worker and wait for its result."""
        results: list[Any] = []
        self.give(worker, work, done=results.append)
        while not results:
            self._await(self._jobs[-1])
        return results[0]

    def wait(self) -> None:
        """Wait for the work that was given first."""
        self._await(self._jobs[0])

    def join(self) -> None:
        """Wait until all is done."""
        while self._jobs:
            self.wait()

    def take(self) -> bool:
        """Take the results that are ready, and return whether there were any."""
        before = len(self._jobs)
        if any(job.future.done() for job in self._jobs):
            self._settle()
        return len(self._jobs) < before

    def _await(self, job: Job) -> None:
        job.future.exception()
        self._settle()

    def _settle(self) -> None:
        """Take what has ended. After a failure, wait for all work and raise the first error."""
        failures = [
            error
            for job in list(self._jobs)
            if (self._has_failed or job.future.done()) and (error := self._taken(job))
        ]
        if failures:
            failures += [error for job in list(self._jobs) if (error := self._taken(job))]
            self._fail([each for each in failures if not isinstance(each, SkippedError)])

    @property
    def _has_failed(self) -> bool:
        return any(worker.failed for worker in self.all)

    def _taken(self, job: Job) -> BaseException | None:
        """Wait for work and tell the caller of a success; the error of a failure."""
        error = job.future.exception()
        self._jobs.remove(job)
        if error is None and job.done:
            try:
                job.done(job.future.result())
            except TargetError as refused:
                return refused
        return error

    def _fail(self, failures: list[BaseException]) -> None:
        for worker in self.all:
            worker.failed = False
        for other in failures[1:]:
            logger.warning("Besides what ends the run: %s", other)
        raise failures[0]
