"""`--probe` asks a tenant what the tap relies on."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.commands.probe.asking import MOST_REQUESTS, Asker
from tap_oracle_wms.commands.probe.costs import seconds_a_row_by_way
from tap_oracle_wms.commands.probe.facts import FACTS
from tap_oracle_wms.commands.probe.report import recommended
from tap_oracle_wms.commands.probe.run import ProbeReport, patient, probe
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import Fault, Latency, Options, WmsStandin
from wms_standin.server.imitation import FACTS as OPTIONS
from wms_standin.server.imitation import alternatives, imitate

from tests.tap.conftest import Program, config_for, sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., Program]

ROWS = {"order_dtl": 1300}
"""More than the largest page."""
NOT_ASKED = {
    "cursor_seconds": "it takes as long as a cursor lives",
    "missing_permission": "it takes a user without the right to read",
    "token_path": "it is the address that the user has configured",
    "token_seconds": "tokens are asked for by POST",
    "scope_required": "tokens are asked for by POST",
    "built_in_scope": "tokens are asked for by POST",
    "gateway_seconds": "it takes a request as slow as the gateway is patient",
}
"""Options of the stand-in that no read-only question of a second or two can tell, and why."""
TURNED = [(option, value) for option, value in alternatives() if option not in NOT_ASKED]


def probed(wms: WmsStandin, **settings: Any) -> ProbeReport:
    """What the probe finds of a stand-in."""
    tap = TapOracleWMS(config=config_for(wms, **settings), setup_mapper=False)
    tap.settings = patient(tap.settings, 30)
    try:
        return probe(tap.client)
    finally:
        tap.client.close()


def seen(report: ProbeReport) -> dict[str, Any]:
    """What was seen of each fact that is not a measured time."""
    return {
        finding.fact.name: finding.seen
        for finding in report.findings
        if not finding.fact.name.startswith("seconds_")
    }


def differing(report: ProbeReport) -> set[str]:
    return {f.fact.name for f in report.findings if f.as_expected is False}


def jam(wms: WmsStandin) -> None:
    """Let requests that are made at the same time meet each other."""
    wms.fail(Fault(kind="hang", seconds=0.1, params={"page_size": "50"}))


@pytest.fixture(scope="module")
def usual() -> ProbeReport:
    with WmsStandin(rows=ROWS) as wms:
        return probed(wms)


def test_every_fact_is_as_the_documentation_leads_to_expect() -> None:
    with WmsStandin(rows=ROWS) as wms:
        report = probed(wms)
        asked = [request for request in wms.requests if request.method != "GET"]

        assert differing(report) == set()
        assert [f.fact.name for f in report.findings if f.seen is None] == []
        assert asked == []
        besides = 1  # of the token server, which keeps no log
        assert report.requests == len(wms.requests) + besides <= MOST_REQUESTS
        assert seen(report)["codes_seen"] == {"company": 3, "facility": 8}
        assert seen(report)["time_zone"] == "-03:00"
        assert seen(report)["rows_per_page"] == 25


@pytest.mark.parametrize(("option", "value"), TURNED, ids=str)
def test_an_option_turned_the_other_way_makes_its_fact_alone_differ(
    usual: ProbeReport, option: str, value: Any
) -> None:
    with WmsStandin(rows=ROWS, options=Options(**{option: value})) as wms:
        if option == "max_at_once":
            jam(wms)
        settings = {"api_version": value} if option == "version" else {}
        report = probed(wms, **settings)

    assert differing(report) == {OPTIONS[option]}
    assert report.as_expected is False
    assert report.requests <= MOST_REQUESTS
    changed = {name for name, each in seen(report).items() if each != seen(usual)[name]}
    assert OPTIONS[option] in changed


def test_both_costs_of_a_row_are_told_of_each_entity() -> None:
    rows = {"order_dtl": 100, "allocation": 100}
    with WmsStandin(rows=rows, size=0.01) as wms:
        wms.latency = Latency(factor=1, base=0.0, row=0.002, light=0.0002)
        tap = TapOracleWMS(config=config_for(wms, entities=list(rows)), setup_mapper=False)
        asker = Asker(tap.client)
        asker.survey()
        found = seconds_a_row_by_way(asker)
        tap.client.close()

    assert found.keys() == rows.keys()
    for said in found.values():
        told = re.fullmatch(r"([\d.]+) ms a row flat, ([\d.]+) ms by records", said)
        assert told is not None, said
        assert 2 * float(told[1]) < float(told[2])
        assert float(told[2]) >= 1.5


def test_what_a_refusal_leaves_is_told_of_each_entity() -> None:
    with WmsStandin(rows={"order_dtl": 100}, options=Options(values_list="off")) as wms:
        tap = TapOracleWMS(config=config_for(wms, entities="order_dtl"), setup_mapper=False)
        asker = Asker(tap.client)
        asker.survey()
        said = seconds_a_row_by_way(asker)["order_dtl"]
        tap.client.close()

    assert said.endswith(" ms a row by records; status 400 flat")


LIKE_ANOTHER = Options(
    describe_tokens={"pk": "pk", "relation": "foreign_key", "set": "list"}, required_form="letter",
    absent_fields=frozenset({"container.cart_nbr"}), key_forms={"item": "composite"},
    last_link="absent", page_size_over="error", max_page_size=1000, page_size_zero="error",
    page_past_end="empty", bad_page="400", empty_list="200", default_order="id",
    sequenced_cursor="offset", unknown_filter="ignore", unknown_field="400", naive_times="utc",
    unknown_ordering="ignore", inventory_history_rule=False, aggregates=False, gzip=True,
    built_in_tokens=False, date_skew=400.0, error_codes={404: "NO_DATA"},
    denied_entities=frozenset({"location"}), alias_clash="any_field",
)  # fmt: skip
"""A tenant of whose facts most differ."""


def test_a_stand_in_that_imitates_a_report_gives_the_same_report() -> None:
    with WmsStandin(rows=ROWS, options=LIKE_ANOTHER) as wms:
        wms.add_user(replace(wms.accounts.users[wms.username], rows_per_page=40))
        report = probed(wms)
        assert len(wms.requests) < MOST_REQUESTS
    assert len(differing(report)) >= 20

    like = imitate(json.loads(json.dumps(report.as_json())))
    with WmsStandin(rows=ROWS, options=like.options) as wms:
        wms.add_user(like.of_user(wms.accounts.users[wms.username]))
        assert seen(probed(wms)) == seen(report)


def test_every_option_is_asked_for_or_has_a_reason_not_to_be() -> None:
    names = {fact.name for fact in FACTS}
    assert {OPTIONS[option] for option, _ in alternatives()} - NOT_ASKED.keys() <= names
    assert not NOT_ASKED.keys() & names


def test_all_that_differs_at_once_stays_within_the_limit() -> None:
    together = Options(
        page_size_over="error", max_page_size=125, failing_paths={"item_id__code": 500},
        unsupported_lookups=frozenset({"in"}), empty_list="200",
    )  # fmt: skip
    with WmsStandin(rows=ROWS, options=together) as wms:
        report = probed(wms)
        assert len(wms.requests) <= MOST_REQUESTS
    assert {"page_size_over", "max_page_size", "unsupported_lookups"} <= differing(report)


def test_the_program_reports_and_ends_with_what_it_found(wms: WmsStandin, program: Start) -> None:
    good = program("--probe", config=config_for(wms))
    wms.fail(Fault(kind="unordered"))
    other = program("--probe", config=config_for(wms))

    report = json.loads(good.stdout)
    assert (good.returncode, report["as_expected"]) == (0, True)
    assert [fact["name"] for fact in report["facts"]] == [fact.name for fact in FACTS]
    wanted = {"name", "asked", "expected", "seen", "as_expected", "source"}
    assert all(wanted <= fact.keys() for fact in report["facts"])
    assert report["recommended"].keys() == {"max_concurrency", "page_size", "read_mode"}
    assert "0 of 48 facts differ, 2 could not be seen." in good.stderr

    facts = {fact["name"]: fact for fact in json.loads(other.stdout)["facts"]}
    assert other.returncode == 1
    assert facts["ordering"]["as_expected"] is False
    assert (facts["ordering"]["seen"], facts["keyset_paging"]["seen"]) == ("ignored", None)
    assert "Do not use the tap here" in other.stderr


def test_neither_records_nor_secrets_are_in_the_report(wms: WmsStandin, program: Start) -> None:
    done = program("--probe", config=config_for(wms))

    texts = {
        str(value)
        for entity in ("company", "item", "order_hdr", "container")
        for row in wms.world.rows(entity)[:200]
        for value in row.values()
        if isinstance(value, str) and len(value) > 5
    }
    assert len(texts) > 500
    assert [text for text in texts if text in done.stdout + done.stderr] == []
    assert wms.password not in done.stdout + done.stderr


def test_a_wrong_password_ends_the_probe_with_a_sentence(wms: WmsStandin, program: Start) -> None:
    done = program("--probe", config=config_for(wms) | {"password": "hunter2"})

    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = sentences(done)
    assert "401" in sentence
    assert "hunter2" not in done.stderr


def test_what_cannot_be_seen_is_not_taken_for_expected(wms: WmsStandin) -> None:
    wms.fail(Fault(kind="status", status=503, params={"ordering": "-id"}))
    report = probed(wms, entities="company")

    found = {finding.fact.name: finding for finding in report.findings}
    for name in ("page_size_over", "max_page_size"):
        assert (found[name].seen, found[name].as_expected) == (None, None)
        assert found[name].note == "It takes an entity of more than 1250 rows; the largest has 3."
    assert found["ordering"].as_expected is False
    assert "503" in found["ordering"].note
    assert found["keyset_paging"].note == "Not asked: `ordering` is not as expected."
    assert report.as_expected is False


@pytest.mark.parametrize(
    ("costs", "value"),
    [
        ({"seconds_a_row_at_once": {"1": 0.02, "2": 0.01, "4": 0.005}}, 8),
        ({"seconds_a_row_at_once": {"1": 0.02, "2": 0.01, "4": 0.009}}, 2),
        ({"seconds_a_row_at_once": {"1": 0.02, "2": 0.019, "4": 0.019}}, 1),
        ({"max_at_once": 2, "seconds_a_row_at_once": {"1": 0.02, "2": 0.01}}, 2),
        ({}, 8),
    ],
)
def test_concurrency_is_recommended_as_far_as_it_pays(costs: dict[str, Any], value: int) -> None:
    assert recommended(costs, None)["max_concurrency"]["value"] == value


@pytest.mark.parametrize(
    ("costs", "value"),
    [({"seconds_a_row": 0.02, "max_page_size": 1250}, 1000), ({"seconds_a_row": 0.05}, 400),
     ({"max_page_size": 500, "seconds_a_row": 0.02}, 500), ({"seconds_a_row": 9.0}, 50)],
)  # fmt: skip
def test_a_page_is_recommended_that_comes_in_time(costs: dict[str, Any], value: int) -> None:
    assert recommended(costs, None)["page_size"]["value"] == value


@pytest.mark.parametrize(
    ("rows", "works", "mode", "reason"),
    [(10_000, "on", "auto", "`values_list` works"), (10_000, "off", "records", "does not work"),
     (10_000_000, "on", "auto", "`auto` reads flat where that costs less, and by extracts once"),
     (10_000_000, "off", "auto", "`auto` reads by extracts once there is an object store")],
)  # fmt: skip
def test_a_read_mode_is_recommended_by_what_works_and_how_long_it_takes(
    rows: int, works: str, mode: str, reason: str
) -> None:
    found = recommended({"seconds_a_row": 0.02, "values_list": works}, rows)
    assert found["read_mode"]["value"] == mode
    assert reason in found["read_mode"]["reason"]
