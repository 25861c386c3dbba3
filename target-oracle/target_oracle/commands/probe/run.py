"""Ask a database all questions, one after the other."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import oracledb

from target_oracle.commands.probe import (
    changes,
    loads,
    server,
    sessions,
    tables,
    values,
)
from target_oracle.commands.probe.asking import LACKING, Asker, UnansweredError
from target_oracle.commands.probe.facts import FACTS
from target_oracle.commands.probe.report import Finding, ProbeReport
from target_oracle.errors import ADVICE, ConnectError, TargetError, code, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_oracle.commands.probe.fact import Fact, Server
    from target_oracle.config.settings import Settings

QUESTIONS: Final = {
    name: question
    for topic in (server, sessions, values, loads, tables, changes)
    for name, question in vars(topic).items()
    if name in {fact.name for fact in FACTS}
}
"""The function of each fact's name, which asks for it."""
LONGEST = 110.0
"""Seconds after which no further question is asked."""
ODD = (LookupError, TypeError, ValueError, AttributeError)
"""What comes of an answer of another shape than any expected one."""
UNEXPECTED = "nothing says that it would"


def probe(
    settings: Settings,
    stopped: Callable[[], bool] = lambda: False,
    facts: Sequence[Fact] = FACTS,
) -> ProbeReport:
    """Ask questions, in scratch tables that are dropped whatever comes of it.

    `stopped` is asked before each of them: what is then left is not asked.

    Raises:
        TargetError: There is no way in, or a table cannot be dropped.
    """
    begun = time.monotonic()
    asker = Asker(settings)
    try:
        found = server.server_of(asker)
        findings = [
            Finding(fact, found, note=reason)
            if (reason := _reason_to_end(stopped, time.monotonic() - begun))
            else _ask(asker, fact, found)
            for fact in facts
        ]
    finally:
        _clear_up(asker)
    return ProbeReport(findings, time.monotonic() - begun)


def _reason_to_end(stopped: Callable[[], bool], seconds: float) -> str:
    if stopped():
        return "The probe was stopped."
    return "The two minutes of a probe are used up." if seconds > LONGEST else ""


def _clear_up(asker: Asker) -> None:
    """Drop what is left.

    Raises:
        TargetError: A table cannot be dropped.
    """
    try:
        asker.close()
    except (oracledb.Error, ConnectError) as error:
        doing = f"Tables SDC$PROBE$… of schema {asker.owner} are left: drop them by hand"
        told = f"{doing}. {error}" if isinstance(error, ConnectError) else sentence(error, doing)
        raise TargetError(told) from error


def _ask(asker: Asker, fact: Fact, found: Server) -> Finding:
    """Ask one question, whatever comes of it.

    Raises:
        ConnectError: There is no way in any more.
    """
    try:
        return Finding(fact, found, QUESTIONS[fact.name](asker))
    except UnansweredError as error:
        return Finding(fact, found, note=str(error))
    except oracledb.Error as error:
        told = code(error)
        note = f"The database answers {told}: {ADVICE.get(told, UNEXPECTED)}."
        return Finding(fact, found, note=note, failed=told not in LACKING)
    except ConnectError:
        raise
    except TargetError as error:
        return Finding(fact, found, note=str(error), failed=True)
    except ODD:
        return Finding(fact, found, note="The answer has an unexpected shape.", failed=True)
    finally:
        with suppress(oracledb.Error):  # what is left is told at the end
            asker.settle()
            asker.drop_tables()
