"""Retry work that failed in passing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import oracledb
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from target_oracle.config.limits import DEFAULT
from target_oracle.errors import ConnectError, Treatment, code, treatment
from target_oracle.observing import telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from target_oracle.config.limits import Limits
    from target_oracle.database.session import Session

logger = logging.getLogger("target-oracle")


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later: a lost session, a deadlock, a lock timeout."""
    cause = _cause(error)
    if not isinstance(cause, oracledb.Error):
        return False
    return treatment(cause) in {Treatment.RECONNECT, Treatment.RETRY}


def _cause(error: BaseException | None) -> BaseException | None:
    return error.__cause__ if isinstance(error, ConnectError) else error


@dataclass(frozen=True)
class Retrier:
    """Repeats work as a whole while it fails in passing; the work must be idempotent."""

    retries: int
    limits: Limits = DEFAULT

    def call(self, work: Callable[[], None], sessions: list[Session]) -> None:
        """Do work in sessions, and repeat it after a passing failure."""
        for attempt in Retrying(
            stop=stop_after_attempt(self.retries + 1),
            wait=wait_random_exponential(
                multiplier=self.limits.first_wait, max=self.limits.longest_wait
            ),
            retry=retry_if_exception(is_transient),
            before_sleep=partial(_recover, sessions),
            reraise=True,
        ):
            with attempt:
                work()


def _recover(sessions: list[Session], state: RetryCallState) -> None:
    """Log the failure, and roll the sessions back or drop them before another attempt."""
    telemetry.count("flush.retries", 1)
    error = state.outcome.exception() if state.outcome else None
    cause = _cause(error)
    what = code(cause) if isinstance(cause, oracledb.Error) else "no connection"
    logger.warning("%s: trying again (attempt %d)", what, state.attempt_number + 1)
    lost = isinstance(error, ConnectError) or (
        isinstance(cause, oracledb.Error) and treatment(cause) is Treatment.RECONNECT
    )
    for session in sessions:
        session.drop() if lost else session.rollback()
