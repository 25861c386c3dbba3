"""The command line, and how a failed run ends."""

from __future__ import annotations

import errno
import logging
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError, SingerSDKError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from tap_oracle_wms.errors import WmsError
from tap_oracle_wms.observing import logs, report, telemetry
from tap_oracle_wms.output.writer import close_output, unwritten

if TYPE_CHECKING:
    from collections.abc import Iterator


LEVELS = ("TAP_ORACLE_WMS_LOGLEVEL", "LOGLEVEL")
"""Variables from which the SDK takes the level of logs."""


def wrong_log_levels() -> list[str]:
    """Return a sentence on each variable with an unknown level of logs, and unset the variable."""
    known = logging.getLevelNamesMapping()
    wrong = [name for name in LEVELS if os.environ.get(name, "INFO").upper() not in known]
    wrong = [name for name in wrong if os.environ.pop(name)]
    return [f"Variable {name} must be DEBUG, INFO, WARNING, ERROR or CRITICAL." for name in wrong]


@contextmanager
def _written() -> Iterator[None]:
    """Flush the output while a failure can still be reported."""
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            if sys.stdout:
                sys.stdout.flush()


class OneSentenceCommand(SingerCommand):
    """Ends a failed run with one sentence and an exit code instead of a traceback."""

    @override
    def main(self, *args: Any, **kwargs: Any) -> Any:
        logs.begin()
        try:
            with telemetry.recorded(), _written():
                return super().main(*args, **kwargs)
        except (OSError, SingerSDKError, WmsError) as error:
            sentences, code = _failure(error)
            for sentence in sentences:
                self.logger.error(sentence)  # noqa: TRY400 - the sentence is all there is to say
            sys.exit(code)


def _failure(error: OSError | SingerSDKError | WmsError) -> tuple[list[str], int]:
    """Return the sentence and the exit code of a failed run.

    Raises:
        OSError: The error has no sentence.
    """
    match error:
        case ConfigValidationError():
            return list(error.errors), 1
        case SingerSDKError():
            return [report.sentence(error)], 1
        case WmsError():
            return [str(error)], error.exit_code
    if error.errno != errno.ENOSPC:
        raise error
    close_output()
    return [unwritten(error)], 1
