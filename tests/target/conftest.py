"""Runs of the target in this process and as a program."""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.config.limits import DEFAULT, Limits
from target_oracle.target import TargetOracle

from tests.programs.forks import forked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tests.conftest import OracleSchema

Message = dict[str, Any]


def schema(
    stream: str, properties: dict[str, Any], keys: Sequence[str] = (), **more: Any
) -> Message:
    return {
        "type": "SCHEMA",
        "stream": stream,
        "key_properties": list(keys),
        "schema": {"type": "object", "properties": properties, **more},
    }


def record(stream: str, **values: Any) -> Message:
    return {"type": "RECORD", "stream": stream, "record": values}


def raw(stream: str, record: str) -> str:
    """A RECORD message whose record is given as JSON text."""
    return f'{{"type": "RECORD", "stream": "{stream}", "record": {record}}}'


def state(value: Any) -> Message:
    return {"type": "STATE", "value": value}


def text(messages: Iterable[Message | str]) -> str:
    return "".join(
        (each if isinstance(each, str) else json.dumps(each)) + "\n" for each in messages
    )


ID = {"id": {"type": "integer"}}
ORDERS = schema("order_hdr", {**ID, "nbr": {"type": ["null", "string"], "maxLength": 10}}, ["id"])


@dataclass
class Run:
    """A finished run as a program: exit code, states written, log."""

    code: int
    out: str
    log: str

    @property
    def states(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def errors(self) -> list[str]:
        """Log lines of level ERROR, and whatever else does not look like a log line."""
        return [
            line
            for line in self.log.splitlines()
            if "| INFO " not in line and "| WARNING " not in line
        ]


@dataclass
class Target:
    """The target pointed at a test's schema."""

    schema: OracleSchema
    settings: dict[str, Any] = field(default_factory=dict)
    limits: Limits = DEFAULT

    @property
    def config(self) -> dict[str, Any]:
        return {**self.schema.config, **self.settings}

    def limit(self, **limits: Any) -> None:
        """Change limits of loads in this process."""
        self.limits = replace(self.limits, **limits)

    def load(self, *messages: Message | str, **settings: Any) -> list[Any]:
        """Load messages in this process; the states that came out."""
        out = io.StringIO()
        target = TargetOracle(config={**self.config, **settings}, limits=self.limits)
        with redirect_stdout(out):
            target.run(io.StringIO(text(messages)))
        return [json.loads(line) for line in out.getvalue().splitlines()]

    def run(self, *messages: Message | str, config: Message | None = None, **settings: Any) -> Run:
        """Load messages with the program itself."""
        given = self.config if config is None else config
        environment = {
            f"TARGET_ORACLE_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in {**given, **settings}.items()
        }
        done = subprocess.run(
            [*forked("target_oracle"), "--config", "ENV"],
            input=text(messages),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, **environment},
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def rows(self, table: str, columns: str = "*", order: str = "1") -> list[tuple[Any, ...]]:
        return self.schema.query(f'select {columns} from "{table}" order by {order}')

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table with all its rows."""
        return {table: self.rows(table) for table in self.schema.tables()}

    def types(self, table: str) -> dict[str, str]:
        """Column -> type as DDL would say it."""
        found = self.schema.query(
            "select column_name, data_type, char_length, data_precision, data_scale, nullable "
            "from user_tab_columns where table_name = :1 order by column_id",
            table,
        )
        return {
            name: kind
            + (f"({length})" if kind == "VARCHAR2" else "")
            + (f"({precision},{scale})" if kind == "NUMBER" and precision is not None else "")
            + (" NOT NULL" if nullable == "N" else "")
            for name, kind, length, precision, scale, nullable in found
        }


@pytest.fixture
def target(oracle: OracleSchema) -> Target:
    return Target(oracle)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the program with a target's settings and variables; it is ended with the test."""
    begun: list[subprocess.Popen[str]] = []

    def start(target: Target, **variables: str) -> subprocess.Popen[str]:
        settings = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in target.config.items()}
        program = subprocess.Popen(
            [*forked("target_oracle"), "--config", "ENV"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**settings, **variables},
        )
        begun.append(program)
        return program

    yield start
    for program in begun:
        with program:
            program.kill()


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds, half a minute at most."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
