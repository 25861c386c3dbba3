"""Ask a tenant all questions, one after the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from tap_oracle_wms.commands.check import connection_report
from tap_oracle_wms.commands.probe import costs, pages, parameters, tenant
from tap_oracle_wms.commands.probe.asking import Asker, UnansweredError
from tap_oracle_wms.commands.probe.facts import FACTS
from tap_oracle_wms.commands.probe.report import Finding, recommended
from tap_oracle_wms.commands.probe.table import table
from tap_oracle_wms.errors import AuthenticationError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.commands.probe.facts import Fact
    from tap_oracle_wms.config.settings import Settings

TOPICS: Final = (tenant, pages, parameters, costs)
"""Where the function of each fact's name is that asks for it."""
ODD = (LookupError, TypeError, ValueError, AttributeError)
"""The errors of reading an answer whose shape is not known."""


def patient(settings: Settings, seconds: float) -> Settings:
    """Return settings for a probe: so long for an answer, two attempts, room for a burst."""
    return settings.model_copy(
        update={
            "request_timeout": min(settings.request_timeout, seconds),
            "max_retries": min(settings.max_retries, 1),
            "max_concurrency": max(settings.max_concurrency, *costs.AT_ONCE),
        }
    )


@dataclass(frozen=True)
class ProbeReport:
    """The findings, how many requests they took, and what to set."""

    findings: list[Finding]
    requests: int
    recommended: Mapping[str, Mapping[str, Any]]

    @property
    def as_expected(self) -> bool:
        """Whether no finding is other than expected."""
        return all(finding.as_expected is not False for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """The report as an object, as a stand-in reads it."""
        return {
            "facts": [finding.as_json() for finding in self.findings],
            "recommended": self.recommended,
            "requests": self.requests,
            "as_expected": self.as_expected,
        }

    def lines(self) -> Iterator[str]:
        """The report for people."""
        yield from table([finding.row for finding in self.findings])
        for name, chosen in self.recommended.items():
            yield f"Recommended: `{name}` {chosen['value']}. {chosen['reason']}"
        others = [finding for finding in self.findings if finding.as_expected is False]
        unseen = sum(finding.seen is None for finding in self.findings)
        yield (
            f"{self.requests} requests; {len(others)} of {len(self.findings)} facts differ, "
            f"{unseen} could not be seen."
        )

    def print(self) -> int:
        """Print it for people to standard error, for machines to standard output.

        Returns the exit code.
        """
        for line in self.lines():
            click.echo(line, err=True)
        click.echo(json.dumps(self.as_json()))
        return 0 if self.as_expected else 1


def probe(client: WmsClient) -> ProbeReport:
    """Ask all questions.

    Raises:
        WmsError: WMS cannot be read with these settings.
    """
    _, error = connection_report(client)
    if error is not None:
        raise error
    asker = Asker(client)
    asker.survey()
    seen: dict[str, Any] = {}
    findings = []
    for fact in FACTS:
        finding = _ask(asker, fact, seen)
        findings.append(finding)
        seen[fact.name] = finding.seen
    return ProbeReport(findings, asker.sent, recommended(seen, asker.rows))


def _ask(asker: Asker, fact: Fact, seen: Mapping[str, Any]) -> Finding:
    """Ask one question, whatever comes of it.

    Raises:
        AuthenticationError: The credentials are refused by now.
    """
    needed = next((other for other in FACTS if other.name == fact.needs), None)
    if needed and not needed.judged(seen.get(needed.name)):
        return Finding(fact, note=f"Not asked: `{fact.needs}` is not as expected.")
    question = next(vars(topic)[fact.name] for topic in TOPICS if fact.name in vars(topic))
    try:
        return Finding(fact, question(asker))
    except UnansweredError as error:
        return Finding(fact, note=str(error))
    except AuthenticationError:
        raise
    except RequestError as error:
        return Finding(fact, note=str(error), failed=True)
    except ODD:
        return Finding(fact, note="The answer has a shape that is not documented.", failed=True)
