"""The command line, and how a failed run ends."""

from __future__ import annotations

import errno
import logging
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import click
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_oracle_wms.catalog.shipped import CatalogFile, WholeFile
from tap_oracle_wms.errors import WmsError
from tap_oracle_wms.observing import logs, report, telemetry
from tap_oracle_wms.output.writer import close_output, unwritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


def completed(
    command: click.Command, probe: Callable[..., None], logger: logging.Logger
) -> OneSentenceCommand:
    """Return the SDK's command with our options."""
    (test,) = (each for each in command.params if each.name == "test")
    (catalog,) = (each for each in command.params if each.name == "catalog")
    (state,) = (each for each in command.params if each.name == "state")
    catalog.type = CatalogFile("rb")
    state.type = WholeFile("rb")
    test.type = click.Choice([each.value for each in CliTestOptionValue])
    cast("click.Option", test).help = (
        "Report as JSON whether WMS can be reached and read; with --test=schema, write the "
        "SCHEMA messages of the selected streams."
    )
    asked = click.Option(
        ["--probe"],
        is_flag=True,
        expose_value=False,
        callback=probe,
        help="Ask WMS, read-only and in at most 80 requests, what the tap relies on.",
    )
    compared = click.Option(
        ["--reconcile"],
        is_flag=False,
        flag_value="report",
        type=click.Choice(["report", "heal"]),
        help="Compare WMS with the lines of `target-oracle --keys` on standard input, and report "
        "as JSON what differs; with --reconcile=heal, write the records that heal it.",
    )
    return OneSentenceCommand(
        name=command.name,
        callback=command.callback,
        context_settings=command.context_settings,
        help=command.help,
        params=[*command.params, asked, compared],
        logger=logger,
    )


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
