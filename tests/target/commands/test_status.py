"""`--status` and `--health`: what the load log says of each stream."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest
from target_oracle.commands.command_line import answer_question
from target_oracle.commands.health import health
from target_oracle.commands.status import RUNS, as_text, span, status
from target_oracle.target import TargetOracle

from tests.programs.forks import forked
from tests.target.commands.history import keep, reject, run, settings, stream

if TYPE_CHECKING:
    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

GOOD_TAP = {"name": "tap-oracle-wms", "status": "healthy", "details": {}}


_now: list[datetime] = []


@pytest.fixture(autouse=True)
def now() -> None:
    """The moment that a test reckons from."""
    _now[:] = [datetime.now(UTC).replace(microsecond=0)]


def ago(minutes: float) -> datetime:
    return _now[0] - timedelta(minutes=minutes)


def told(oracle: OracleSchema, *reports: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The status after these runs."""
    given = settings(oracle.config, **more)
    keep(given, list(reports))
    return status(given).as_dict()


def test_a_stream_is_as_old_as_its_bookmark_and_late_from_its_limit_on(
    oracle: OracleSchema,
) -> None:
    streams = {
        name: stream(5, bookmark_after=ago(80).isoformat()) for name in ("a", "b_hdr", "b_dtl", "c")
    }
    limits = {"b_*": {"late_after_minutes": 120}, "c": {"late_after_minutes": None}}
    found = told(oracle, run(ago(80), streams), late_after_minutes=60, streams=limits)
    details = found["details"]["streams"]
    assert {name: each["late"] for name, each in details.items()} == {
        "a": True, "b_hdr": False, "b_dtl": False, "c": False,
    }  # fmt: skip
    assert details["a"]["age_seconds"] == pytest.approx(80 * 60, abs=60)
    assert details["a"]["bookmark"] == ago(80).isoformat()
    assert found["status"] == "degraded"
    assert found["details"]["problems"] == ["a: late. Its data is 80 min old, allowed are 60 min."]


def test_a_stream_without_bookmark_is_as_old_as_the_start_of_its_last_finished_run(
    oracle: OracleSchema,
) -> None:
    error: Any = {"status": "failed", "error": "No.", "exit_code": 1}
    found = told(
        oracle,
        run(ago(50), {"a": stream(5)}),
        run(ago(20), {"a": stream(5, status="failed")}, **error),
    )
    a = found["details"]["streams"]["a"]
    assert a["age_seconds"] == pytest.approx(50 * 60, abs=60)
    assert a["last_finished"] == ago(50).isoformat()
    assert (a["status"], found["status"]) == ("failed", "degraded")
    assert found["details"]["problems"] == ["a: last run failed. No."]
    assert [each["lag_seconds"] for each in a["runs"]] == [60, 31 * 60]


def test_a_bookmark_that_is_no_instant_is_shown_and_not_reckoned_with(oracle: OracleSchema) -> None:
    found = told(oracle, run(ago(10), {"a": stream(5, bookmark_after="4711")}))
    a = found["details"]["streams"]["a"]
    assert a["bookmark"] == "4711"
    assert a["age_seconds"] == pytest.approx(10 * 60, abs=60)


def test_a_stream_that_never_finished_is_late(oracle: OracleSchema) -> None:
    broken = run(
        ago(5), {"a": stream(5, status="failed")}, status="failed", error="No.", exit_code=1
    )
    found = told(oracle, broken, late_after_minutes=60)
    assert found["details"]["streams"]["a"]["late"]
    assert "was never complete" in found["details"]["problems"][1]


def test_only_the_last_runs_are_told_and_an_older_finish_is_known(oracle: OracleSchema) -> None:
    bad: Any = {"status": "failed", "error": "No.", "exit_code": 1}
    runs = [run(ago(n), {"a": stream(n, status="failed")}, **bad) for n in range(RUNS + 5, 0, -1)]
    found = told(oracle, run(ago(60), {"a": stream(7)}), *runs)
    a = found["details"]["streams"]["a"]
    assert [each["rows_read"] for each in a["runs"]] == list(range(RUNS, 0, -1))
    assert a["last_finished"] == ago(60).isoformat()
    assert a["age_seconds"] == pytest.approx(3600, abs=60)


def test_runs_are_summed_over_their_streams_and_the_newest_comes_first(
    oracle: OracleSchema,
) -> None:
    first = run(ago(30), {"a": stream(10, rejected=2), "b": stream(5)})
    second = run(ago(10), {"a": stream(1)})
    runs = told(oracle, first, second)["details"]["runs"]
    counts = [(each["streams"], each["rows_read"], each["rows_rejected"]) for each in runs]
    assert counts == [(1, 1, 0), (2, 15, 2)]
    assert [each["started_at"] for each in runs] == [ago(10).isoformat(), ago(30).isoformat()]


def test_a_run_that_came_to_no_stream_is_a_problem_until_the_next(oracle: OracleSchema) -> None:
    nothing = run(ago(10), {}, status="incomplete", error="The tap sent nothing.")
    assert told(oracle, run(ago(30), {"a": stream(1)}), nothing)["details"]["problems"] == [
        "The last run is incomplete: The tap sent nothing."
    ]
    assert told(oracle, run(ago(5), {"a": stream(1)}))["status"] == "healthy"


def test_a_run_that_broke_off_between_streams_is_a_problem(oracle: OracleSchema) -> None:
    broken = run(ago(10), {"a": stream(1)}, status="incomplete", error="The tap broke off.")
    found = told(oracle, broken)
    assert found["details"]["streams"]["a"]["status"] == "finished"
    assert found["status"] == "degraded"
    assert found["details"]["problems"] == ["The last run is incomplete: The tap broke off."]


def test_all_is_well_with_rejects_that_the_run_was_told_to_bear(oracle: OracleSchema) -> None:
    found = told(oracle, run(ago(1), {"a": stream(10, rejected=2)}), late_after_minutes=60)
    assert (found["status"], found["details"]["problems"]) == ("healthy", [])
    assert found["details"]["streams"]["a"]["last_run"]["rows_rejected"] == 2


def test_without_a_load_log_the_setting_is_named(oracle: OracleSchema) -> None:
    found = status(settings(oracle.config, load_log_table=None)).as_dict()
    assert found["status"] == "unhealthy"
    assert "set 'load_log_table'" in found["details"]["problems"][0]


def test_before_the_first_run_the_load_log_is_said_not_to_be_there(oracle: OracleSchema) -> None:
    given = settings(oracle.config)
    found = status(given).as_dict()
    assert found["status"] == "unhealthy"
    assert found["details"]["problems"] == [
        (
            f'The load log "{oracle.user.upper()}"."{given.load_log_table}" is not there, or this '
            "user may not see it: the next run makes it."
        )
    ]


def test_a_load_log_of_a_former_version_is_read_as_far_as_it_goes(oracle: OracleSchema) -> None:
    told(oracle, run(ago(10), {"a": stream(10, bookmark_after=ago(10).isoformat())}))
    table = settings(oracle.config).load_log_table
    oracle.connect().cursor().execute(
        f"alter table {table} drop (retries, key_properties, replication_key)"
    )
    found = status(settings(oracle.config)).as_dict()
    assert (found["status"], found["details"].get("problems")) == ("healthy", [])
    a = found["details"]["streams"]["a"]
    assert (a["last_run"]["rows_read"], a["last_run"]["retries"]) == (10, None)
    assert (a["bookmark"], a["last_finished"]) == (ago(10).isoformat(), ago(10).isoformat())


def test_another_table_in_place_of_the_load_log_is_refused(oracle: OracleSchema) -> None:
    given = settings(oracle.config)
    oracle.connect().cursor().execute(
        f"create table {given.load_log_table} (stream number, status number, started_at date)"
    )
    found = status(given).as_dict()
    assert found["status"] == "unhealthy"
    (problem,) = found["details"]["problems"]
    assert problem.startswith("The load log cannot be read")
    assert "ORA-00904" in problem


def test_a_load_log_that_was_emptied_is_not_well(oracle: OracleSchema) -> None:
    told(oracle, run(ago(1), {"a": stream(10)}))
    connection = oracle.connect()
    connection.cursor().execute(f"delete from {settings(oracle.config).load_log_table}")
    connection.commit()
    found = status(settings(oracle.config)).as_dict()
    assert (found["status"], found["details"]["problems"]) == (
        "degraded",
        ["The load log tells of no run."],
    )


def test_the_text_is_a_table_with_figures_to_the_right(oracle: OracleSchema) -> None:
    given = settings(oracle.config, late_after_minutes=60)
    keep(given, [run(ago(180), {"a": stream(12_345), "order_hdr": stream(7, rejected=1)})])
    lines = as_text(status(given)).splitlines()
    at = lines[0].index("read") + len("read")
    assert [line[:at].split()[-1] for line in lines[1:3]] == ["12,345", "7"]
    assert all(line[at] == " " for line in lines[1:3])
    assert ["LATE" in line for line in lines[1:3]] == [True, True]
    assert "degraded" in lines


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (120, "2 min"), (5400, "2 h"), (200_000, "2 d")],
)
def test_spans_are_short(seconds: float, text: str) -> None:
    assert span(seconds) == text


# Health


def health_of(oracle: OracleSchema, piped: str, **more: Any) -> dict[str, Any]:
    return health(settings(oracle.config, **more), piped).as_dict()


def test_health_joins_both_checks_and_the_age_of_the_data(oracle: OracleSchema) -> None:
    told(oracle, run(ago(1), {"a": stream(10)}))
    found = health_of(oracle, json.dumps(GOOD_TAP), late_after_minutes=60)
    assert set(found) == {"name", "status", "response_time_ms", "last_check", "details"}
    details = found["details"]
    assert (found["status"], details["problems"]) == ("healthy", [])
    assert details["tap-oracle-wms"] == GOOD_TAP
    assert details["target-oracle"]["status"] == "healthy"
    assert details["load"]["streams"]["a"]["age_seconds"] == pytest.approx(60, abs=60)


def test_a_late_stream_makes_health_degraded(oracle: OracleSchema) -> None:
    told(oracle, run(ago(120), {"a": stream(10)}))
    found = health_of(oracle, json.dumps(GOOD_TAP), late_after_minutes=60)
    assert found["status"] == "degraded"
    assert found["details"]["problems"][0].startswith("a: late.")


@pytest.mark.parametrize("piped", ["", "Traceback", '{"type": "RECORD"}', '{"name": "tap'])
def test_a_tap_whose_check_does_not_come_is_unhealthy(oracle: OracleSchema, piped: str) -> None:
    found = health_of(oracle, piped, load_log_table=None)
    assert found["status"] == "unhealthy"
    assert "No check of the source came in" in found["details"]["problems"][0]


def test_a_tap_that_is_unwell_says_why(oracle: OracleSchema) -> None:
    ill = {**GOOD_TAP, "status": "unhealthy", "details": {"message": "WMS is away."}}
    found = health_of(oracle, json.dumps(ill, indent=2), load_log_table=None)
    assert found["status"] == "unhealthy"
    assert found["details"]["problems"] == ["tap-oracle-wms: WMS is away."]


# The program


def ask(
    oracle: OracleSchema,
    *question: str,
    piped: str = "",
    output: IO[str] | int = subprocess.PIPE,
    encoding: str | None = None,
    **more: Any,
) -> Any:
    given = {**oracle.config, "load_log_table": "LOAD_LOG", **more}
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in given.items()}
    return subprocess.run(
        [*forked("target_oracle"), "--config", "ENV", *question],
        input=piped,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        encoding=encoding,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_the_program_answers_in_each_form_and_its_exit_code_says_how_it_is(
    oracle: OracleSchema,
) -> None:
    keep(settings(oracle.config), [run(ago(120), {"a": stream(3)})])
    late, html = ask(oracle, "--status", late_after_minutes=60), ask(oracle, "--status=html")
    well = ask(oracle, "--health", piped=json.dumps(GOOD_TAP))
    assert [each.returncode for each in (late, html, well)] == [1, 0, 0]
    assert "a: late." in late.stdout
    assert html.stdout.startswith("<!doctype html>")
    assert json.loads(well.stdout)["status"] == "healthy"


@pytest.mark.parametrize("question", ["--status", "--status=html"])
def test_the_answers_do_not_depend_on_the_locale(
    oracle: OracleSchema, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    keep(settings(oracle.config), [run(ago(1), {"заказ": stream(3)})])
    done = ask(oracle, question, encoding="utf-8")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert ("заказ" if question.endswith("html") else "?????") in done.stdout


@pytest.mark.parametrize("question", ["--status", "--check"])
def test_an_answer_that_cannot_be_written_is_one_sentence(
    oracle: OracleSchema, question: str
) -> None:
    with Path("/dev/full").open("w") as full:
        done = ask(oracle, question, output=full)
    assert done.returncode == 1
    assert "The output cannot be written: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    ("question", "call"),
    [({"check": True}, "session_privs"), ({"status_form": "json"}, "LOAD_LOG")],
)
def test_a_database_that_falls_silent_is_not_waited_for_without_end(
    oracle_schema: OracleSchema,
    oracle_server: OracleStandin,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    question: dict[str, Any],
    call: str,
) -> None:
    keep(settings(oracle_schema.config), [run(ago(1), {"a": stream(1)})])
    monkeypatch.setattr("target_oracle.commands.command_line.PATIENCE", 0.3)
    target = TargetOracle(config={**oracle_schema.config, "load_log_table": "LOAD_LOG"})
    oracle_server.faults.delay(1.5, matching=call, times=1)
    with pytest.raises(SystemExit) as ended:
        answer_question(target.settings, target.mapper, question)
    oracle_server.faults.clear()
    assert ended.value.code == 1
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "unhealthy"
    assert re.search(r"\(DPY-40(24|11)\)\.$", found["details"]["problems"][0])


def test_a_database_that_is_away_is_one_sentence_without_the_password(oracle: OracleSchema) -> None:
    done = ask(oracle, "--status=json", password="wr0ng")
    found = json.loads(done.stdout)
    assert (done.returncode, found["status"]) == (1, "unhealthy")
    assert "user name or password is wrong" in found["details"]["problems"][0]
    assert "wr0ng" not in done.stdout + done.stderr


def test_a_status_is_of_one_environment_or_run_where_that_is_asked(oracle: OracleSchema) -> None:
    given = settings(oracle.config, on_invalid="reject")
    names = ("prod", "test", "prod")
    runs = [
        run(ago(30 - n), {"a": stream(n + 1), name: stream(7)}) | {"environment": name}
        for n, name in enumerate(names)
    ]
    keep(given, runs)
    reject(given, [{"id": n, "STREAM": "a", "RUN_ID": runs[n]["run_id"]} for n in range(3)])

    def of(**only: str) -> tuple[list[str], list[int], list[str]]:
        """The streams, the rows of the stream `a` in each run, and its rejected records."""
        streams = status(given, only).as_dict()["details"]["streams"]
        rejects = streams["a"]["rejects"]
        keys = [key for why in rejects for key in why["keys"]]
        return list(streams), [each["rows_read"] for each in streams["a"]["runs"]], sorted(keys)

    assert of() == (["a", "prod", "test"], [1, 2, 3], ["id=0", "id=1", "id=2"])
    assert of(ENVIRONMENT="prod") == (["a", "prod"], [1, 3], ["id=0", "id=2"])
    assert of(RUN_ID=runs[1]["run_id"]) == (["a", "test"], [2], ["id=1"])
    assert of(RUN_ID=runs[1]["run_id"], ENVIRONMENT="test")[1] == [2]
    none = status(given, {"ENVIRONMENT": "dev"})
    assert (none.status, none.problems) == (
        "degraded",
        ["The load log tells of no run of environment dev."],
    )


def test_rejects_are_told_by_reason_with_the_keys_of_the_newest(oracle: OracleSchema) -> None:
    given = settings(oracle.config, on_invalid="reject")
    keep(given, [run(ago(20), {"a": stream(9)})])
    assert status(given).details["streams"]["a"]["rejects"] == []  # there is no table yet
    rows = [{"id": n, "STREAM": "a", "REJECTED_AT": ago(10 - n)} for n in range(5)]
    old = {"id": 99, "STREAM": "a", "REJECTED_AT": ago(500)}
    other = {"id": 7, "STREAM": "a", "REASON_CODE": "type", "PROPERTY": None}
    reject(given, [*rows, old, other, {"id": 8, "STREAM": "b"}])

    by_rule, by_type = status(given).details["streams"]["a"]["rejects"]

    assert (by_rule["reason"], by_rule["property"], by_rule["rows"]) == ("rule", "curr_qty", 5)
    assert by_rule["keys"] == ["id=4", "id=3", "id=2"]
    assert by_rule["last_at"] == ago(6).isoformat()
    assert (by_type["reason"], by_type["property"], by_type["keys"]) == ("type", None, ["id=7"])


def test_a_load_log_of_an_earlier_version_has_no_environments(oracle: OracleSchema) -> None:
    given = settings(oracle.config)
    keep(given, [run(ago(20), {"a": stream(9)})])
    with oracle.connect() as connection:
        connection.cursor().execute('alter table "LOAD_LOG" drop column "ENVIRONMENT"')
    found = status(given, {"ENVIRONMENT": "prod"})
    assert found.problems == ["The load log has no column ENVIRONMENT yet: the next run adds it."]


def test_the_environment_is_that_of_meltano_or_of_the_log_fields(
    oracle: OracleSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MELTANO_ENVIRONMENT", "prod")
    for more in ({}, {"log_fields": {"environment": "east"}}):
        target = TargetOracle(config={**oracle.config, "load_log_table": "LOAD_LOG", **more})
        target.run(io.StringIO('{"type": "STATE", "value": 1}\n'))
    found = oracle.query('select "ENVIRONMENT" from "LOAD_LOG" order by "STARTED_AT"')
    assert found == [("prod",), ("east",)]
