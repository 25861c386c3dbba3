"""`--probe` asks a database what the target relies on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from oracle_standin import OracleStandin, Rules
from oracle_standin.imitation import OPTIONS, read_report
from target_oracle.commands.probe.fact import Fact, Server
from target_oracle.commands.probe.facts import FACTS
from target_oracle.commands.probe.run import QUESTIONS, probe
from target_oracle.config.sources import load
from target_oracle.errors import TargetError

from tests.conftest import OracleSchema
from tests.programs.forks import forked
from tests.target.documents import open_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_oracle.commands.probe.report import Finding, ProbeReport

RULES = [field.name for field in fields(Rules)]
RESTS_ON = {
    "types_by_compatible": {"types_by_compatible", "boolean_columns", "json_columns"},
}
"""The facts that rest on a rule, where they are more than the one of its name."""
QUICK = {"direct_path_unchecked"}
"""Rules that are switched off in each run of the tests: all of them take a minute or two."""
UNSEEN = {
    19: {"json_in_merge", "extended_lobs"},
    21: {"extended_lobs"},
    23: {"extended_lobs", "parallel_dml"},
}
"""By era, what a server as the stand-in is by default has not, or does not tell."""


def probed(server: OracleStandin, user: str = "app", facts: Sequence[str] = ()) -> ProbeReport:
    asked = [fact(name) for name in facts] or FACTS
    return probe(load(config_for(server, user))[0], facts=asked)


def config_for(server: OracleStandin, user: str) -> dict[str, Any]:
    return schema_of(server, user).config


def schema_of(server: OracleStandin, user: str = "app") -> OracleSchema:
    return OracleSchema(user.upper(), "secret", server.dsn)


def by_name(report: ProbeReport) -> dict[str, Finding]:
    return {finding.fact.name: finding for finding in report.findings}


def seen(report: ProbeReport) -> dict[str, Any]:
    return {name: finding.seen for name, finding in by_name(report).items()}


def differing(report: ProbeReport) -> set[str]:
    return {finding.fact.name for finding in report.differing}


def unseen(report: ProbeReport) -> set[str]:
    return {finding.fact.name for finding in report.findings if not finding.was_asked}


@pytest.mark.parametrize(
    "era", [pytest.param(19, marks=pytest.mark.long), pytest.param(21, marks=pytest.mark.long), 23]
)
def test_every_fact_is_as_the_documentation_leads_to_expect(era: int) -> None:
    with OracleStandin({"app": "secret"}, era=era) as server:
        with schema_of(server).connect() as connection:
            connection.cursor().execute("create table mine (id number)")
        report = probed(server)

        assert {f.fact.name: f.seen for f in report.differing} == {}
        assert unseen(report) == UNSEEN[era]
        assert seen(report)["release"].startswith(str(era))
        assert report.seconds < 110
        assert schema_of(server).tables() == {"MINE"}


@pytest.fixture(scope="module")
def peculiar() -> Iterator[OracleStandin]:
    """A server on which each rule makes a difference."""
    with OracleStandin(
        {"app": "secret"}, era=23, compatible="19.0.0", max_string_size="EXTENDED"
    ) as server:
        yield server


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=[] if rule in QUICK else pytest.mark.long) for rule in RULES]
)
def test_a_rule_that_is_off_makes_its_facts_alone_differ(
    peculiar: OracleStandin, rule: str
) -> None:
    with peculiar.switched(**{rule: False}):
        report = probed(peculiar)

    assert differing(report) == RESTS_ON.get(rule, {rule})
    assert report.as_expected is False
    assert schema_of(peculiar).tables() == set()


@pytest.mark.long
def test_with_all_rules_nothing_differs_there(peculiar: OracleStandin) -> None:
    report = probed(peculiar)

    assert {f.fact.name: f.seen for f in report.differing} == {}
    assert unseen(report) == {"json_in_merge", "parallel_dml"}


@pytest.mark.long
def test_a_stand_in_that_imitates_a_report_gives_the_same_report() -> None:
    rules = dict.fromkeys(("triggers", "index_growth", "char_padding", "lob_binds_last"), False)
    with OracleStandin(
        {"app": "secret"}, era=21, compatible="19.0.0", charset="WE8MSWIN1252",
        db_time_zone="+02:00", max_string_size="EXTENDED", parallel_dml=True, rules=rules,
    ) as server:  # fmt: skip
        report = probed(server)
    assert differing(report) == rules.keys() | {"character_set", "parallel_dml"}

    options, _ = read_report(json.loads(json.dumps(report.as_json())))
    with OracleStandin({"app": "secret"}, **options) as server:
        assert seen(probed(server)) == seen(report)


def test_every_rule_and_option_of_the_stand_in_is_asked_for() -> None:
    names = [fact.name for fact in FACTS]
    assert {*RULES, *OPTIONS} <= {*names}
    assert len(names) == len({*names})
    assert QUESTIONS.keys() == {*names}


def test_the_readme_names_what_only_a_real_database_can_decide() -> None:
    named = {fact.name: fact.asked for fact in FACTS if fact.is_open}
    assert {"direct_types", "json_in_merge", "direct_names"} <= named.keys()
    assert open_facts() == named


def program(config: dict[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*forked("target_oracle"), "--config", "ENV", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment(config),
    )


def environment(config: dict[str, Any]) -> dict[str, str]:
    return os.environ | {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in config.items()}


def test_the_program_reports_and_ends_with_what_it_found(
    oracle_schema: OracleSchema,
) -> None:
    """Of 19c, whose other test is a long one."""
    done = program(oracle_schema.config, "--probe")

    report = json.loads(done.stdout)
    facts = {fact["name"]: fact for fact in report["facts"]}
    assert (done.returncode, report["as_expected"], report["recommended"]) == (0, True, {})
    assert [*facts] == [fact.name for fact in FACTS]
    wanted = {"name", "asked", "expected", "seen", "as_expected", "source", "consequence"}
    assert all(wanted <= fact.keys() for fact in report["facts"])
    assert {name for name, fact in facts.items() if fact["seen"] is None} == UNSEEN[19]
    assert f"0 of {len(FACTS)} facts differ, 2 could not be asked." in done.stderr
    assert oracle_schema.password not in done.stdout + done.stderr
    assert oracle_schema.tables() == set()


def test_a_fact_that_differs_names_the_setting_that_goes_round_it(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    fault = oracle_server.faults.raise_error(39776, matching="^DIRECT PATH STREAM", times=None)
    report = probed(oracle_server, oracle_schema.user, ["direct_types", "direct_names"])
    oracle_server.faults.clear()

    assert fault.hits
    assert differing(report) == {"direct_types", "direct_names"}
    assert seen(report)["direct_types"]["CLOB"] == "ORA-39776"
    assert by_name(report)["direct_names"].note.startswith("The database answers ORA-39776")
    assert report.recommended["load_path"]["value"] == "array"
    assert "Recommended: `load_path` array. `direct_types` is not as expected." in report.lines()
    assert oracle_schema.tables() == set()


def test_what_cannot_be_asked_is_no_success(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    oracle_server.create_user("limited", "secret", privileges=("CREATE SESSION",))
    try:
        report = probed(oracle_server, "limited")
    finally:
        oracle_server.drop_user("limited")

    found = by_name(report)
    assert found["character_set"].as_expected is True
    assert (found["triggers"].seen, found["triggers"].as_expected) == (None, None)
    assert "ORA-01031" in found["triggers"].note
    assert "ORA-01031" in found["lost_session"].note
    assert differing(report) == set()
    assert len(unseen(report)) > 50
    assert f"{len(unseen(report))} could not be asked." in [*report.lines()][-1]


def test_a_lost_session_ends_no_probe_and_leaves_no_table(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    lost = oracle_server.faults.disconnect(matching="^INSERT INTO .*'long text'")
    report = probed(oracle_server, oracle_schema.user, ["modify_refusals", "index_growth"])

    assert lost.hits == 1
    assert differing(report) == {"modify_refusals"}
    assert "DPY-4011" in by_name(report)["modify_refusals"].note
    assert by_name(report)["index_growth"].as_expected is True
    assert oracle_schema.tables() == set()


def test_tables_that_cannot_be_dropped_are_told(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    oracle_server.faults.raise_error(54, matching="^DROP TABLE", times=None)
    with pytest.raises(TargetError, match=r"SDC\$PROBE\$… of schema TEST_\d+ are left"):
        probed(oracle_server, oracle_schema.user, ["ddl_commits"])
    oracle_server.faults.clear()
    assert oracle_schema.tables()


def test_a_signal_ends_the_probe_after_a_question(oracle_schema: OracleSchema) -> None:
    process = subprocess.Popen(
        [*forked("target_oracle"), "--config", "ENV", "--probe"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(oracle_schema.config),
    )
    deadline = time.monotonic() + 60
    while not oracle_schema.tables() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, log = process.communicate(timeout=60)

    assert process.returncode == 128 + signal.SIGTERM
    facts = {fact["name"]: fact for fact in json.loads(out)["facts"]}
    assert facts["release"]["seen"]
    assert facts[FACTS[-1].name]["note"] == "The probe was stopped."
    assert "could not be asked." in log
    assert oracle_schema.tables() == set()


def test_a_wrong_password_ends_the_probe_with_a_sentence(oracle_schema: OracleSchema) -> None:
    done = program({**oracle_schema.config, "password": "hunter2"}, "--probe")

    assert (done.returncode, done.stdout) == (1, "")
    assert "ORA-01017" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_it_is_asked_alone(oracle_schema: OracleSchema) -> None:
    done = program(oracle_schema.config, "--probe", "--check")
    assert done.returncode == 1
    assert "Ask one thing at a time" in done.stderr


OLD = Server((12, 1, 0), (12, 1, 0), autonomous=False)
UPGRADED = Server((23, 4), (19, 0), autonomous=False)
NEW = Server((23, 4), (23, 0), autonomous=False)
AUTONOMOUS = Server((19, 3), (19, 0), autonomous=True)


@pytest.mark.parametrize(
    ("name", "server", "expected"),
    [
        ("name_bytes", OLD, 30),
        ("name_bytes", UPGRADED, 128),
        ("boolean_columns", UPGRADED, False),
        ("boolean_columns", NEW, True),
        ("json_columns", AUTONOMOUS, False),
        ("values_in_messages", UPGRADED, True),
        ("values_in_messages", AUTONOMOUS, False),
        ("max_string_size", AUTONOMOUS, "EXTENDED"),
        ("max_string_size", NEW, None),
    ],
)
def test_what_is_expected_follows_release_and_compatible(
    name: str, server: Server, expected: Any
) -> None:
    assert fact(name).expected_of(server) == expected


def fact(name: str) -> Fact:
    return next(each for each in FACTS if each.name == name)


def test_an_answer_of_several_parts_is_judged_by_those_that_were_seen() -> None:
    refusals = fact("merge_refusals")
    assert refusals.judged({"twice": "ORA-30926"}, NEW) is True
    assert refusals.judged({"twice": "ORA-30926", "set": "taken"}, NEW) is False
    assert fact("direct_types").judged({"CLOB": "differs"}, NEW) is False
    assert fact("release").judged("19.3", NEW) is None
