"""A user stops the program: what was read is loaded, and the exit code says that it was stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from .conftest import ORDERS, Target, record, state, text, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

    Start = Callable[..., subprocess.Popen[str]]


def test_sigterm_loads_what_was_read_and_exits_non_zero(target: Target, start: Start) -> None:
    program = start(target)
    with program:
        assert program.stdin
        program.stdin.write(text([ORDERS, record("order_hdr", id=1), state({"b": 1})]))
        program.stdin.flush()
        wait_until(lambda: "ORDER_HDR" in target.schema.tables())
        time.sleep(0.3)
        program.send_signal(signal.SIGTERM)
        assert program.wait(30) == 128 + signal.SIGTERM
        assert program.stdout
        assert program.stdout.read() == '{"b": 1}\n'
        assert program.stderr
        assert "Stopped by SIGTERM" in program.stderr.read()
    assert target.rows("ORDER_HDR", '"ID"') == [(1,)]


def test_a_long_state_leaves_whole_when_signals_come_while_it_is_written(
    target: Target, start: Start
) -> None:
    program = start(target, PYTHONUNBUFFERED="1")
    long = "x" * 2_000_000
    with program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(text([ORDERS, record("order_hdr", id=1), state(long)]))
        program.stdin.close()
        wait_until(target.schema.tables)
        time.sleep(1)  # the pipe is full by now
        program.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert program.stdout.read() == f'"{long}"\n'


def test_sigterm_inside_a_flush_lets_it_end(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, start: Start
) -> None:
    target = Target(oracle_schema)
    target.load(ORDERS)
    program = start(target, TARGET_ORACLE_BATCH_SIZE_ROWS="2")
    messages = [ORDERS, record("order_hdr", id=1), record("order_hdr", id=2), state(2)]
    with oracle_server.faults.recorded() as calls, program:
        oracle_server.faults.delay(1.0, matching="^INSERT", times=1)
        assert program.stdin
        program.stdin.write(text([*messages, record("order_hdr", id=3), state(3)]))
        program.stdin.flush()
        wait_until(lambda: any(call.startswith("INSERT") for call in calls))
        program.send_signal(signal.SIGTERM)
        assert program.wait(30) == 128 + signal.SIGTERM
        assert program.stdout
        assert program.stdout.read().splitlines()[-1] == "3"
    assert target.rows("ORDER_HDR", '"ID"') == [(1,), (2,), (3,)]


@pytest.mark.long
@pytest.mark.parametrize("parallel", [1, 2])
def test_a_second_sigterm_gives_the_flush_up(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, start: Start, parallel: int
) -> None:
    target = Target(oracle_schema, {"max_parallelism": parallel, "batch_size_rows": 2})
    target.load(ORDERS)
    program = start(target)
    rows = [record("order_hdr", id=n) for n in (1, 2, 3)]
    with oracle_server.faults.recorded() as calls, program:
        stuck = oracle_server.faults.delay(6, matching="^INSERT", times=1)
        assert program.stdin
        program.stdin.write(text([ORDERS, *rows, state(3)]))
        program.stdin.flush()
        wait_until(lambda: any(call.startswith("INSERT") for call in calls))
        for _ in range(2):
            time.sleep(0.3)
            program.send_signal(signal.SIGTERM)
        told = time.monotonic()
        out, log = program.communicate(timeout=30)
        took = time.monotonic() - told
    assert (program.returncode, stuck.hits, out) == (128 + signal.SIGTERM, 1, "")
    assert "Traceback" not in log
    assert " stopped: 0 of " in log
    assert target.rows("ORDER_HDR") == []
    assert took < (4 if parallel > 1 else 30)  # with one lane, until the statement is through
    time.sleep(6)  # until it is through in the database, too


def test_sigterm_while_the_program_starts_is_told_and_exits_with_its_code() -> None:
    code = (
        "import os, signal, sys\n"
        "from target_oracle.__main__ import main\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'target_oracle.target':\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 128 + signal.SIGTERM
    assert ended.stderr == "Stopped by SIGTERM before the run began.\n"
