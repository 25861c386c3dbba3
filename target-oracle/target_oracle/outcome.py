"""How a run ends: exit code 0 for all of the input, else one sentence and another code."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import oracledb
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError
from singer_sdk.singerlib.exceptions import InvalidInputLine

from target_oracle.errors import TargetError, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import Logger


class TerminatedError(TargetError):
    """A signal asks the run to end."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"Stopped by {signal.Signals(signum).name} before the end of the input.")
        self.exit_code = 128 + signum


@contextmanager
def reported(logger: Logger) -> Iterator[None]:
    """Expected failures become log lines and exit codes; others keep their traceback."""
    try:
        yield
    except ConfigValidationError as error:
        _end(logger, *error.errors)
    except TerminatedError as error:
        _end(logger, str(error), code=error.exit_code)
    except oracledb.Error as error:
        _end(logger, sentence(error, "The database refuses"))
    except (TargetError, SingerSDKError, InvalidInputLine) as error:
        _end(logger, str(error))


def _end(logger: Logger, *sentences: str, code: int = 1) -> None:
    for each in sentences:
        logger.error("%s", each)
    sys.exit(code)
