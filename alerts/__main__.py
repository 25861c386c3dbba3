"""Run Meltano, tell people how the run ended, and end with its exit code.

    python -m alerts <arguments of `meltano run`>
    python -m alerts --failed <job> <sentence>      of a run that something else has started
    python -m alerts --reconcile report             compare WMS with Oracle; `heal` heals, too
    python -m alerts --test

Meltano runs this as the utility `alerts`, whose settings arrive as environment variables; see
docs/alerts.md.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from apprise import Apprise, AppriseAsset

from alerts.comparison import compare
from alerts.history import ORDER, History
from alerts.outcome import Outcome, read

if TYPE_CHECKING:
    from collections.abc import Iterator

RETRIES = 3
"""Further attempts for an address that does not take a message."""

RETRY_WAIT = 5.0
"""Seconds between two attempts."""


def main(arguments: list[str]) -> int:
    """Run Meltano, send an alert, and return the exit code of the run."""
    if arguments == ["--test"]:
        return 0 if send("success", "Alerts reach this place", "Sent by hand, as a test.") else 1
    if arguments[:1] == ["--failed"]:
        _, job, cause = arguments
        return 0 if report(job, Outcome("failure", "failed", [cause], [])) else 1
    if arguments[:1] == ["--reconcile"]:
        command, root = meltano()
        code, outcome = compare(command, root, arguments[1])
        job = "reconcile" if arguments[1] == "report" else arguments[1]
    else:
        began = time.monotonic()
        code, log = run(arguments)
        outcome, job = read(code, log, time.monotonic() - began), " ".join(arguments)
    try:
        report(job, outcome)
    except Exception as error:  # noqa: BLE001 - whatever it is, the run's exit code must stay
        say(f"No alert was sent: {type(error).__name__}: {error}")
    return code


def meltano() -> tuple[list[str], Path]:
    """Return the command that is Meltano, and the folder of its project."""
    root = Path(os.environ.get("MELTANO_PROJECT_ROOT", "."))
    program = Path(os.environ.get("MELTANO_SYS_DIR_ROOT", root / ".meltano"), "run", "bin")
    return [os.environ.get("ALERTS_MELTANO", str(program))], root


def run(arguments: list[str]) -> tuple[int, list[str]]:
    """Run `meltano run`, pass its output through, and return its exit code and log lines."""
    command, root = meltano()
    process = subprocess.Popen(  # noqa: S603 - Meltano, with the arguments it was called with
        [*command, "run", *arguments], cwd=root, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    with process, signals_passed_to(process):
        log = [line for line in process.stderr or () if sys.stderr.write(line)]
        code = process.wait()
    return code if code >= 0 else 128 - code, log


@contextmanager
def signals_passed_to(process: subprocess.Popen[str]) -> Iterator[None]:
    """Pass SIGTERM and SIGINT on to the run, so that an alert still tells how it ended."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {n: signal.signal(n, lambda caught, _: process.send_signal(caught)) for n in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def report(job: str, outcome: Outcome) -> bool:
    """Send the outcome of a job, unless the settings or what was sent before hold it back.

    False when no address took it.
    """
    history = History(folder(), job)
    least = os.environ.get("ALERTS_SEVERITY") or "warning"
    if least not in ORDER:
        say(f"ALERTS_SEVERITY is {least}, none of {', '.join(ORDER)}: taken as warning.")
        least = "warning"
    minutes = float(os.environ.get("ALERTS_REPEAT_MINUTES") or 240)
    news = history.news(outcome, least, minutes * 60, time.time())
    if news is None:
        return True
    where = os.environ.get("MELTANO_ENVIRONMENT", "")
    title = " ".join(filter(None, [f"[{where}]" if where else "", job, outcome.headline]))
    if not send(outcome.severity, title, "\n".join([*outcome.lines, *news])):
        return False
    try:
        history.sent(outcome, time.time())
    except OSError as error:
        say(f"What was told cannot be noted, and may be told again: {error.strerror}.")
    return True


def folder() -> Path:
    """Return the folder of the files that say what was sent last."""
    root = os.environ.get("MELTANO_SYS_DIR_ROOT")
    return Path(root or Path(os.environ.get("MELTANO_PROJECT_ROOT", "."), ".meltano"), "alerts")


def send(severity: str, title: str, body: str) -> bool:
    """Send a message to every address, log each that refuses it, and return whether one took it."""
    asset = AppriseAsset(
        app_id="WMS to Oracle",
        default_service_retry=RETRIES,
        default_service_wait=float(os.environ.get("ALERTS_RETRY_WAIT") or RETRY_WAIT),
    )
    addresses = Apprise(asset=asset)
    if not addresses.add(os.environ.get("ALERTS_URLS", "")):
        say("No alert was sent: an address in ALERTS_URLS is missing or not understood.")
    taken = False
    for address in addresses:
        one = Apprise(asset=asset)  # Apprise retries; an address on its own does not
        one.add(address)
        if one.notify(body=body, title=title, notify_type=severity):
            taken = True
        else:
            masked: str = address.url(privacy=True)  # type: ignore[no-untyped-call] # Apprise's own
            say(f"The alert did not reach {masked.partition('?')[0]}")
    return taken


def say(sentence: str) -> None:
    """Write a line to the log of the run."""
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
