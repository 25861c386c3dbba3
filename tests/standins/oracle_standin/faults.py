"""Faults that a test orders: errors, cut connections and delays, in all sessions of a server."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from oracle_standin.errors import Disconnected, OraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

When = Literal["before", "after"]


@dataclass
class Fault:
    """One order: what happens at which of the calls whose text matches."""

    pattern: re.Pattern[str]
    when: When
    act: Callable[[], None]
    skip: int  # matches that still pass unharmed
    left: int | None  # times it still acts, None = for ever
    hits: int = 0  # times it has acted

    def due(self, text: str, when: When) -> bool:
        """Whether it acts now; counts the match."""
        if when != self.when or self.left == 0 or not self.pattern.search(text):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.left is not None:
            self.left -= 1
        self.hits += 1
        return True


class Faults:
    """The orders of a server.

    ``matching`` is a regular expression, searched without regard to case in the text of each
    call: the SQL of a statement, or ``CONNECT user``, ``COMMIT``, ``ROLLBACK``, ``DIRECT PATH
    PREPARE "S"."T"``, ``DIRECT PATH STREAM "S"."T"``, ``DIRECT PATH FINISH "S"."T"``.  A commit
    by autocommit counts as COMMIT, too.  The ``nth`` match and those after it are hit, ``times``
    of them (None = all).
    """

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._records: list[list[str]] = []
        self._lock = threading.Lock()

    def raise_error(
        self,
        code: int,
        message: str = "ordered by a test",
        *,
        matching: str = "",
        nth: int = 1,
        times: int | None = 1,
    ) -> Fault:
        """Answer with an ORA- error instead of doing the work.

        At a COMMIT the transaction is rolled back, as when a deferred constraint fails.  A code
        that ends a session (28, 1012, 3113 ...) ends it.
        """

        def act() -> None:
            raise OraError(code, message)

        return self._order(act, matching, "before", nth, times)

    def disconnect(
        self, *, matching: str = "", when: When = "before", nth: int = 1, times: int | None = 1
    ) -> Fault:
        """Cut the connection before the work, or after it and before its answer is sent."""

        def act() -> None:
            raise Disconnected

        return self._order(act, matching, when, nth, times)

    def delay(
        self,
        seconds: float,
        *,
        matching: str = "",
        when: When = "before",
        nth: int = 1,
        times: int | None = None,
    ) -> Fault:
        """Wait before the work, or between the work and its answer."""
        return self._order(lambda: time.sleep(seconds), matching, when, nth, times)

    def clear(self) -> None:
        """Forget all orders."""
        with self._lock:
            self._orders.clear()

    @contextmanager
    def recorded(self) -> Iterator[list[str]]:
        """The texts of all calls made while the block runs, in the order of their arrival."""
        texts: list[str] = []
        with self._lock:
            self._records.append(texts)
        try:
            yield texts
        finally:
            with self._lock:
                self._records[:] = [record for record in self._records if record is not texts]

    def strike(self, text: str, when: When) -> None:
        """Do what is ordered for this call; the server calls it around the work of each."""
        with self._lock:
            if when == "before":
                for record in self._records:
                    record.append(text)
            due = [order for order in self._orders if order.due(text, when)]
        for order in due:
            order.act()

    def _order(
        self, act: Callable[[], None], matching: str, when: When, nth: int, times: int | None
    ) -> Fault:
        if nth < 1 or (times is not None and times < 1):
            msg = "nth and times count from 1"
            raise ValueError(msg)
        fault = Fault(re.compile(matching, re.IGNORECASE), when, act, nth - 1, times)
        with self._lock:
            self._orders.append(fault)
        return fault
