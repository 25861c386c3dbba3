"""Which failures are tried again, and how long that takes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import oracledb
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from target_oracle.errors import ConnectError, Treatment, code, treatment
from target_oracle.observing import telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from target_oracle.database.session import Session

logger = logging.getLogger("target-oracle")

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds; each wait is random up to a doubling bound


def passing(error: BaseException) -> bool:
    """Whether the same work may succeed later: a lost session, a deadlock, a lock timeout."""
    cause = error.__cause__ if isinstance(error, ConnectError) else error
    if not isinstance(cause, oracledb.Error):
        return False
    return treatment(cause) in {Treatment.RECONNECT, Treatment.RETRY}


def repeated(work: Callable[[], None], sessions: list[Session], retries: int) -> None:
    """Do idempotent work, again as a whole while it fails in passing."""

    def recover(state: RetryCallState) -> None:
        telemetry.count("flush.retries", 1)
        error = state.outcome.exception() if state.outcome else None
        cause = error.__cause__ if isinstance(error, ConnectError) else error
        what = code(cause) if isinstance(cause, oracledb.Error) else "no connection"
        logger.warning("%s: trying again (attempt %d)", what, state.attempt_number + 1)
        lost = isinstance(error, ConnectError) or (
            isinstance(cause, oracledb.Error) and treatment(cause) is Treatment.RECONNECT
        )
        for session in sessions:
            session.drop() if lost else session.rollback()

    for attempt in Retrying(
        stop=stop_after_attempt(retries + 1),
        wait=wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
        retry=retry_if_exception(passing),
        before_sleep=recover,
        reraise=True,
    ):
        with attempt:
            work()
