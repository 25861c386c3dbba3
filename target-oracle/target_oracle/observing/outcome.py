"""Decide the exit code and the sentence of a run."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import oracledb
from singer_sdk.exceptions import ConfigValidationError, MappingError, SingerSDKError

from target_oracle.errors import TargetError, sentence
from target_oracle.sdk import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import Logger

REFUSED = "The database refuses"
UNWRITTEN = "The output cannot be written"


class TerminatedError(TargetError):
    """A signal asks the run to end."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"Stopped by {signal.Signals(signum).name} before the end of the input.")
        self.exit_code = 128 + signum


@dataclass(frozen=True)
class Outcome:
    """`finished`, `failed` or `stopped`; or `incomplete`: what came is loaded, more was to come."""

    status: str = "finished"
    exit_code: int = 0
    error: str | None = None


def outcome(error: BaseException | None) -> Outcome:
    """Return the outcome of a run that ended with an error, or with none."""
    if error is None:
        return Outcome()
    if isinstance(error, TerminatedError):
        return Outcome("stopped", error.exit_code, str(error))
    if isinstance(error, KeyboardInterrupt):
        return Outcome("stopped", 130, "Stopped at once.")
    if isinstance(error, SystemExit):  # a second signal
        return Outcome("stopped", error.code if isinstance(error.code, int) else 1, "Stopped.")
    return Outcome("failed", 1, _sentence(error))


def _sentence(error: BaseException) -> str:
    if isinstance(error, ConfigValidationError):
        return " ".join(error.errors)
    if isinstance(error, oracledb.Error):
        return sentence(error, REFUSED)
    if is_full(error):
        return f"{UNWRITTEN}: No space left on device."
    if isinstance(error, MappingError):
        return f"Setting 'stream_maps': {error}"
    if isinstance(error, TargetError | SingerSDKError | InvalidInputLine):
        return str(error)
    return f"Unexpected {type(error).__name__}; the log has its traceback."


def is_full(error: BaseException) -> bool:
    """Whether an error says that there is no room left for a file."""
    return isinstance(error, OSError) and error.errno == errno.ENOSPC


def close_output() -> None:
    """Redirect standard output to nowhere, so that flushing it at exit cannot fail again."""
    with suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def reported(logger: Logger) -> Iterator[None]:
    """Log expected failures and exit with their code; other errors keep their traceback.

    Raises:
        OSError: Anything but a full disk.
    """
    try:
        yield
    except ConfigValidationError as error:
        _end(logger, *error.errors)
    except (TargetError, SingerSDKError, InvalidInputLine, oracledb.Error) as error:
        found = outcome(error)
        _end(logger, found.error or "", code=found.exit_code)
    except OSError as error:
        if not is_full(error):
            raise
        close_output()
        _end(logger, _sentence(error))


def _end(logger: Logger, *sentences: str, code: int = 1) -> None:
    for each in sentences:
        logger.error("%s", each)
    sys.exit(code)
