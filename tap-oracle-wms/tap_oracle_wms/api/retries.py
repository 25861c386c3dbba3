"""Retry failed requests, and end a run with too many failures."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import tenacity

from tap_oracle_wms.errors import GivenUpError, NotFoundError, UnavailableError
from tap_oracle_wms.observing import logs, telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_oracle_wms.api.cancellation import Cancellation
    from tap_oracle_wms.config.settings import Settings
    from tap_oracle_wms.observing.request_metrics import Requests

T = TypeVar("T")

LONGEST_WAIT = 120.0
"""Seconds; also the most that a `Retry-After` is followed."""

logger = logging.getLogger("tap-oracle-wms")


class TransientError(Exception):
    """A failed attempt that is worth repeating; `after` is the server's own wish in seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Retrier:
    """Retries the requests of one run, within the limits for the whole run."""

    def __init__(self, settings: Settings, cancellation: Cancellation, requests: Requests) -> None:
        self._settings = settings
        self._requests = requests
        self._cancellation = cancellation
        self._failures_in_a_row = 0
        self._lock = threading.Lock()
        self._backoff = tenacity.wait_random_exponential(
            multiplier=settings.retry_wait_seconds, max=LONGEST_WAIT
        )

    def call(self, name: str, attempt: Callable[[], T], attempts: int | None = None) -> T:
        """Return the result of the first attempt that succeeds; messages call the request `name`.

        `attempts`, where fewer than the settings allow, are made.

        Raises:
            UnavailableError: The last attempt failed.
            GivenUpError: The run has failed too often.
        """
        most = self._settings.max_retries + 1
        tries = most if attempts is None else min(attempts, most)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(tries),
            wait=self._wait,
            sleep=self._cancellation.wait,
            retry=tenacity.retry_if_exception_type(TransientError),
            before_sleep=partial(self._note_retry, name),
            reraise=True,
        )
        try:
            counted: Callable[[], T] = partial(self._counted, attempt)
            return retrying(counted)
        except TransientError as error:
            msg = f"WMS did not answer {name} in {tries} attempts: {error}."
            raise UnavailableError(msg) from None

    def _counted(self, attempt: Callable[[], T]) -> T:
        """Make an attempt, and count failures in a row: too many of them end the run.

        Raises:
            TransientError: The attempt fails.
            NotFoundError: WMS answers that there is nothing, which is no failure.
            GivenUpError: The breaker trips.
        """
        try:
            result = attempt()
        except TransientError as error:
            with self._lock:
                self._failures_in_a_row += 1
            if self._failures_in_a_row >= self._settings.breaker_failures:
                msg = (
                    f"The run is given up: {self._failures_in_a_row} requests in a row have "
                    f"failed, the last with: {error}."
                )
                raise GivenUpError(msg) from None
            raise
        except NotFoundError:  # an answer, too
            self._failures_in_a_row = 0
            raise
        self._failures_in_a_row = 0
        return result

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Return the seconds to wait: exponential with full jitter, or `Retry-After` if longer."""
        error = state.outcome.exception() if state.outcome else None
        wish = error.after if isinstance(error, TransientError) else None
        return max(self._backoff(state), min(wish or 0.0, LONGEST_WAIT))

    def _note_retry(self, name: str, state: tenacity.RetryCallState) -> None:
        self._requests.retry(name)
        telemetry.count("request.retries", 1, stream=logs.stream())
        reason = state.outcome.exception() if state.outcome else None
        if self._requests.retries > self._settings.retry_budget:
            msg = (
                f"The run is given up: it has needed more than {self._settings.retry_budget} "
                f"retries (`retry_budget`), the last for {name}: {reason}."
            )
            raise GivenUpError(msg)
        logger.warning("%s: %s; attempt %d follows.", name, reason, state.attempt_number + 1)
