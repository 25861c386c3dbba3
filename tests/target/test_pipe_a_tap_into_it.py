"""A user pipes a tap into the program: rows, STATE, exit codes and sentences in the log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.programs.forks import forked

from .conftest import ORDERS, Target, record, state, text

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_program_loads_and_prints_states_only(target: Target) -> None:
    run = target.run(ORDERS, record("order_hdr", id=1, nbr="A"), state({"b": 1}))
    assert (run.code, run.states) == (0, [{"b": 1}])
    assert target.rows("ORDER_HDR") == [(1, "A")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "wr0ng"}, "user name or password is wrong"),
        ({"host": "no.such.host.invalid"}, "Check host and port."),
        ({"port": 1}, "cannot reach the database"),
        ({"load_method": "merg"}, "Setting 'load_method'"),
    ],
)
def test_a_failure_is_one_sentence_and_a_non_zero_exit(
    target: Target, changes: dict[str, Any], sentence: str
) -> None:
    run = target.run(ORDERS, record("order_hdr", id=1), state(1), **changes)
    assert (run.code, run.out) == (1, "")
    assert sentence in run.log
    assert "Traceback" not in run.log
    assert "wr0ng" not in run.log
    assert target.schema.password not in run.log


def test_a_bad_record_shows_no_values_in_the_log(target: Target) -> None:
    run = target.run(ORDERS, record("order_hdr", id=1, nbr="s3cret-far-too-long"), state(1))
    assert (run.code, run.out) == (1, "")
    assert "longer than 10 characters (property 'nbr')" in run.log
    assert "s3cret" not in run.log
    assert "Traceback" not in run.log


def test_a_tap_that_dies_in_the_middle_of_a_line_leaves_what_came_before(target: Target) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    done = subprocess.run(
        [*forked("target_oracle"), "--config", "ENV"],
        input=text([ORDERS, record("order_hdr", id=1), state({"b": 1})]) + '{"type": "RECO',
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 1
    assert done.stdout == '{"b": 1}\n'
    assert "The input ends in the middle of line 4: the tap has died." in done.stderr
    assert target.rows("ORDER_HDR", '"ID"') == [(1,)]


@pytest.mark.parametrize("full", ["log", "state"])
def test_a_full_disk_loses_no_row_and_no_honesty(target: Target, tmp_path: Path, full: str) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    other = tmp_path / "other"
    with Path("/dev/full").open("w") as device, other.open("w") as file:
        done = subprocess.run(
            [*forked("target_oracle"), "--config", "ENV"],
            input=text([ORDERS, record("order_hdr", id=1), state({"b": 1})]),
            stdout=device if full == "state" else file,
            stderr=device if full == "log" else file,
            text=True,
            check=False,
            env=environment,
        )
    assert target.rows("ORDER_HDR", '"ID"') == [(1,)]
    if full == "log":
        assert other.read_text() == '{"b": 1}\n'
        assert done.returncode in {0, 120}  # Python's own, when it cannot flush the log at its end
    else:
        assert done.returncode == 1
        said = other.read_text()
        assert "The STATE cannot be written to the standard output: No space left" in said
        assert "Exception ignored" not in said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("closed", "told"),
    [(">&-", "The standard output is closed"), ("<&-", "The standard input is closed")],
)
def test_a_program_without_input_or_output_says_so(target: Target, closed: str, told: str) -> None:
    environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} -m target_oracle --config ENV {closed}"],
        input=text([ORDERS, record("order_hdr", id=1)]),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    (line,) = [each for each in done.stderr.splitlines() if "| ERROR" in each]
    assert (done.returncode, told in line, "Traceback" in done.stderr) == (1, True, False)
    assert target.schema.tables() == set()


def test_a_silent_tap_does_not_keep_rows_from_the_table(
    target: Target, start: Callable[..., subprocess.Popen[str]]
) -> None:
    program = start(target, TARGET_ORACLE_BATCH_MAX_AGE="0.1")
    with program:
        assert program.stdin
        program.stdin.write(text([ORDERS, record("order_hdr", id=1), state({"b": 1})]))
        program.stdin.flush()
        assert program.stdout
        assert program.stdout.readline() == '{"b": 1}\n'
        assert target.rows("ORDER_HDR", '"ID"') == [(1,)]
        program.stdin.close()
        assert program.wait(30) == 0
