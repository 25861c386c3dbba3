"""What the command line offers beside loading: `--check`, `--probe`, `--keys` and the like.

Each answer's modules are imported when it is asked for: a load starts without them.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import stat
import sys
from typing import IO, TYPE_CHECKING, Any

import click

from target_oracle.commands.answers import HEALTHY, Answer
from target_oracle.database.load_log import PATIENCE
from target_oracle.database.session import Session
from target_oracle.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from singer_sdk.mapper import PluginMapper

    from target_oracle.config.settings import Settings


OPTIONS: list[click.Parameter] = [
    click.Option(
        ["--check"],
        is_flag=True,
        help="Report as JSON whether the database can be loaded, and what is missing.",
    ),
    click.Option(
        ["--probe", "wants_probe"],
        is_flag=True,
        help="Ask the database, in scratch tables, what the target relies on.",
    ),
    click.Option(
        ["--status", "status_form"],
        is_flag=False,
        flag_value="text",
        type=click.Choice(["text", "json", "html"]),
        help="Tell from the load log how each stream is: as text, json or html.",
    ),
    click.Option(
        ["--environment"], metavar="NAME", help="For --status: only runs of this environment."
    ),
    click.Option(["--run", "run_id"], metavar="ID", help="For --status: only this run."),
    click.Option(
        ["--refresh"],
        type=click.IntRange(1),
        metavar="SECONDS",
        help="For --status=html: have the browser load the page again so often.",
    ),
    click.Option(
        ["--health", "wants_health"],
        is_flag=True,
        help="Check the database, the age of the data, and what `tap --test` pipes in, as JSON.",
    ),
    click.Option(
        ["--dbt"],
        metavar="FOLDER",
        help="Write dbt sources and staging models of a catalog's tables.",
    ),
    click.Option(
        ["--keys", "wants_keys"],
        is_flag=True,
        help="Write the keys that the tables hold, of all streams or of those named by globs.",
    ),
    click.Option(
        ["--reconciled"],
        metavar="FILE",
        help="Keep the report of a comparison, such as of `tap-oracle-wms --reconcile`, for "
        "--status; - is standard input.",
    ),
    click.Argument(["streams"], nargs=-1, metavar="[STREAMS]..."),
    click.Option(["--catalog"], metavar="FILE", help="Singer catalog for --dbt and --keys."),
    click.Option(
        ["--relations"],
        metavar="FILE",
        help="JSON for --dbt: stream -> property -> the stream whose key it holds; "
        "`wms` for those of Oracle WMS.",
    ),
]


QUESTIONS = (
    "check", "wants_probe", "status_form", "wants_health", "dbt", "wants_keys", "reconciled",
)  # fmt: skip


def answer_question(settings: Settings, mapper: PluginMapper, asked: Mapping[str, Any]) -> None:
    """Answer what the options ask and exit, 0 only for `healthy`; return when they ask nothing.

    Raises:
        TargetError: The options do not go together, or what was asked cannot be done.
    """
    if sum(bool(asked.get(each)) for each in QUESTIONS) > 1:
        msg = (
            "Ask one thing at a time: --check, --probe, --status, --health, --dbt, --keys or "
            "--reconciled."
        )
        raise TargetError(msg)
    _refuse_astray(asked)
    if asked.get("wants_probe"):
        sys.exit(_probe(settings))
    if asked.get("wants_keys"):
        _write_keys(settings, mapper, asked)
        sys.exit()
    if asked.get("dbt"):
        from target_oracle.commands.dbt.command import model  # noqa: PLC0415 - see above

        written = model(settings, mapper, asked["dbt"], asked["catalog"], asked["relations"])
        click.echo(json.dumps(written, indent=2))
        sys.exit()
    if answer := _answer(settings, asked):
        form = asked.get("status_form")
        encoding = "utf-8" if form == "html" else sys.stdout.encoding
        click.echo(
            _shown(answer, form, asked.get("refresh")).encode(encoding, "replace"),
            nl=form != "html",
        )
        sys.exit(0 if answer.status == HEALTHY else 1)


def _probe(settings: Settings) -> int:
    """Print what a probe finds, and return the exit code; a signal ends it after a question."""
    from target_oracle.commands.probe.run import probe  # noqa: PLC0415 - see above

    logging.getLogger("target-oracle").setLevel(logging.WARNING)  # of no use for scratch tables
    received: list[int] = []

    def stop(signum: int, _: FrameType | None) -> None:
        if received:
            sys.exit(128 + signum)
        received.append(signum)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    found = probe(settings, lambda: bool(received))
    for line in found.lines():
        click.echo(line, err=True)
    click.echo(json.dumps(found.as_json()))
    return 128 + received[0] if received else int(not found.as_expected)


def _write_keys(settings: Settings, mapper: PluginMapper, asked: Mapping[str, Any]) -> None:
    from target_oracle.commands.keys import write_keys  # noqa: PLC0415 - see above

    session = Session(settings, "target-oracle keys")
    try:
        write_keys(session, mapper, asked["streams"], asked["catalog"], sys.stdout.buffer)
    finally:
        session.drop()


def _answer(settings: Settings, asked: Mapping[str, Any]) -> Answer | None:
    """Return the answer to an option that has one; None when no such option is given."""
    # A load may wait for the database without end, this must not.
    settings = settings.model_copy(update={"call_timeout": settings.call_timeout or PATIENCE})
    if asked.get("check"):
        from target_oracle.commands.check import check  # noqa: PLC0415 - see above

        return check(settings)
    if asked.get("status_form"):
        from target_oracle.commands.status import status  # noqa: PLC0415 - see above

        named = {"ENVIRONMENT": asked.get("environment"), "RUN_ID": asked.get("run_id")}
        return status(settings, {column: each for column, each in named.items() if each})
    if asked.get("reconciled"):
        from target_oracle.commands.reconciled import keep  # noqa: PLC0415 - see above

        return keep(settings, asked["reconciled"])
    if asked.get("wants_health"):
        from target_oracle.commands.health import health  # noqa: PLC0415 - see above

        return health(settings, "" if sys.stdin.isatty() else _piped())
    return None


def _refuse_astray(asked: Mapping[str, Any]) -> None:
    """Refuse options that belong to another question.

    Raises:
        TargetError: An option was given without its question.
    """
    keys, dbt = asked.get("wants_keys"), asked.get("dbt")
    if asked.get("relations") and not dbt:
        msg = "--relations is for --dbt alone."
        raise TargetError(msg)
    if asked.get("catalog") and not (dbt or keys):
        msg = "--catalog is for --dbt and --keys: a load takes none."
        raise TargetError(msg)
    _refuse_without_status(asked)
    if asked.get("streams") and not keys:
        msg = f"Unexpected argument {asked['streams'][0]}: only --keys takes names of streams."
        raise TargetError(msg)


def _refuse_without_status(asked: Mapping[str, Any]) -> None:
    """Refuse what narrows a status without one.

    Raises:
        TargetError: Such an option was given.
    """
    form = asked.get("status_form")
    for option in [] if form else ["environment", "run_id", "refresh"]:
        if asked.get(option):
            msg = f"--{option.removesuffix('_id')} is for --status alone."
            raise TargetError(msg)
    if asked.get("refresh") and form != "html":
        msg = "--refresh is for --status=html alone."
        raise TargetError(msg)


def _piped() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def _shown(answer: Answer, form: str | None, refresh: int | None) -> str:
    if form == "text":
        from target_oracle.commands.status import as_text  # noqa: PLC0415 - see above

        return as_text(answer)
    if form == "html":
        from target_oracle.commands.page import page  # noqa: PLC0415 - it brings Jinja2 along

        return page(answer, refresh)
    return json.dumps(answer.as_dict(), indent=2)


def check_streams(file_input: IO[str] | None) -> None:
    """Check that standard input and output are open.

    Raises:
        TargetError: One of them is closed.
    """
    if sys.stdout is None:
        msg = "The standard output is closed: STATE has nowhere to go."
        raise TargetError(msg)
    if sys.stdin is None and file_input is None:
        msg = "The standard input is closed: pipe a tap into it, or give --input."
        raise TargetError(msg)


def is_piped(file_input: IO[str] | None) -> bool:
    """Whether another program sends the input, which may draw on the same terminal."""
    return file_input is None and stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)


def write_lines_whole() -> None:
    """Buffer an unbuffered output (PYTHONUNBUFFERED): a signal may cut its writes short."""
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        number = sys.stdout.fileno()
        sys.stdout = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
