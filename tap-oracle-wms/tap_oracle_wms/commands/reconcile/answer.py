"""Print what a comparison found: as JSON for machines, and as a table for people."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

import click

from tap_oracle_wms.commands.reconcile.run import Reconciliation
from tap_oracle_wms.errors import ConfigError, KeysError
from tap_oracle_wms.output.writer import unwritten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_oracle_wms.commands.reconcile.healing import Comparable, Healer
    from tap_oracle_wms.commands.reconcile.run import Mode
    from tap_oracle_wms.config.settings import Settings

logger = logging.getLogger("tap-oracle-wms")

NOTHING_PIPED = (
    "There are no keys on standard input: pipe `target-oracle --keys` into "
    "`tap-oracle-wms --reconcile`."
)


def answer(
    entities: Mapping[str, Comparable], healer: Healer, mode: Mode, run_id: str, settings: Settings
) -> int:
    """Compare and print; return the exit code.

    The JSON goes to standard output, unless that is for the records which heal, and to
    `summary_file`; the table goes to standard error.

    Raises:
        KeysError: No keys come, or they are not whole.
    """
    _check(settings)
    report = Reconciliation(entities, healer, mode).run(sys.stdin.buffer, run_id)
    if mode == "heal" and report.equal:
        healer.tell_end(run_id)
    for line in report.lines():
        click.echo(line, err=True)
    if mode == "report":
        click.echo(json.dumps(report.as_dict()))
    if settings.summary_file:
        try:
            report.write(settings.summary_file)
        except OSError as error:
            logger.error("Setting `summary_file`: %s", unwritten(error))  # noqa: TRY400 - the sentence is all there is to say
            return 1
    return report.exit_code


def _check(settings: Settings) -> None:
    """Check that keys come, and that all of an entity is compared.

    Raises:
        ConfigError: A range to read again is set, which would narrow what is healed.
        KeysError: Nothing is piped in.
    """
    if settings.backfill:
        msg = "Setting `backfill` is for runs that read: leave it out for --reconcile."
        raise ConfigError(msg)
    if sys.stdin is None or sys.stdin.isatty():
        raise KeysError(NOTHING_PIPED)
