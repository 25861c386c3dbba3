"""Input, rivals and clocks of the measurements; what was measured is printed at the end."""

from __future__ import annotations

import gc
import io
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from target_oracle.target import TargetOracle

from tests.conftest import OracleSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCALE = float(os.environ.get("BENCHMARK_SCALE", "1"))  # of the row counts
_encode = msgspec.json.Encoder(decimal_format="number").encode
_table: list[str] = []


def scaled(rows: int) -> int:
    return max(1_000, int(rows * SCALE))


@dataclass(frozen=True)
class Shape:
    """Records of a width: a key, then texts, integers, numbers and date-times in turn."""

    columns: int
    clob: bool = False

    @property
    def kinds(self) -> dict[str, str]:
        turn = ("text", "text", "whole", "text", "real", "moment")
        kinds = {f"c{n:03}": turn[n % 6] for n in range(1, self.columns)}
        return {"id": "key", **kinds, **({"doc": "long"} if self.clob else {})}

    @property
    def schema(self) -> dict[str, Any]:
        types: dict[str, dict[str, Any]] = {
            "key": {"type": "integer"},
            "text": {"type": ["null", "string"], "maxLength": 100},
            "whole": {"type": ["null", "integer"]},
            "real": {"type": ["null", "number"]},
            "moment": {"type": ["null", "string"], "format": "date-time"},
            "long": {"type": ["null", "string"], "maxLength": 1_000_000},
        }
        return {"type": "object", "properties": {k: types[v] for k, v in self.kinds.items()}}

    def record(self, n: int) -> dict[str, Any]:
        values = {
            "key": n,
            "text": f"text {n} of some words",
            "whole": n * 7,
            "real": n + 0.25,
            "moment": f"2024-03-{n % 28 + 1:02}T12:{n % 60:02}:00.{n % 1000:03}000+00:00",
            "long": "long text " * 600,
        }
        return {
            k: None if (n + i) % 17 == 3 else values[v]
            for i, (k, v) in enumerate(self.kinds.items())
        } | {"id": n}

    def lines(self, rows: int, first: int = 0, stream: str = "s") -> list[bytes]:
        head = {"type": "SCHEMA", "stream": stream, "schema": self.schema, "key_properties": ["id"]}
        body = (
            {"type": "RECORD", "stream": stream, "record": self.record(n)}
            for n in range(first, first + rows)
        )
        return [_encode(each) + b"\n" for each in (head, *body)]

    @property
    def ddl(self) -> str:
        types = {
            "key": "NUMBER(38) NOT NULL PRIMARY KEY",
            "text": "VARCHAR2(100 CHAR)",
            "whole": "NUMBER",
            "real": "NUMBER",
            "moment": "TIMESTAMP",
            "long": "CLOB",
        }
        return ", ".join(f"{name.upper()} {types[kind]}" for name, kind in self.kinds.items())


def load(schema: OracleSchema, path: Path, **settings: Any) -> TargetOracle:
    """One run of the target over a file, in this process."""
    target = TargetOracle(config={**schema.config, **settings})
    with path.open("rb") as file, redirect_stdout(io.StringIO()):
        target.run(file)  # type: ignore[arg-type] # bytes, as from stdin
    return target


@dataclass
class Race:
    """Ways to do the same work, timed in turns: the machine's moods hit all of them."""

    title: str
    ways: dict[str, Callable[[], object]]
    rounds: int = 3
    clock: Callable[[], float] = time.perf_counter
    times: dict[str, list[float]] = field(default_factory=dict)
    before: Callable[[str], None] | None = None  # what each turn starts from; not timed
    after: Callable[[str], None] | None = None

    def run(self) -> Race:
        for _ in range(self.rounds):
            for name, way in self.ways.items():
                if self.before:
                    self.before(name)
                gc.collect()
                started = self.clock()
                way()
                self.times.setdefault(name, []).append(self.clock() - started)
                if self.after:
                    self.after(name)
        return self

    def best(self, name: str) -> float:
        return min(self.times[name])

    def report(self, units: dict[str, int]) -> None:
        """Rows a second of each way, by its best round."""
        for name, times in self.times.items():
            rate = units[name] / min(times)
            middle = units[name] / statistics.median(times)
            tell(f"{self.title:<34} {name:<34} {rate:>10,.0f}/s  (median {middle:,.0f}/s)")

    def ratio(self, name: str, units: dict[str, int], other: str) -> float:
        """How many times as fast a way is as another."""
        return (units[name] / self.best(name)) / (units[other] / self.best(other))


def tell(line: str) -> None:
    _table.append(line)


def at_least(what: str, found: float, needed: float) -> None:
    tell(f"    {what}: {found:.2f} (at least {needed})")
    assert found >= needed, what


def at_most(what: str, found: float, allowed: float, unit: str = "") -> None:
    tell(f"    {what}: {found:.1f}{unit} (at most {allowed}{unit})")
    assert found <= allowed, what


@contextmanager
def program(schema: OracleSchema, log: Path, **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The target as a program that waits for its input."""
    environment = {
        f"TARGET_ORACLE_{name.upper()}": str(value)
        for name, value in {**schema.config, **settings}.items()
    }
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "target_oracle", "--config", "ENV"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, **environment},
        ) as process,
    ):
        yield process


def peak(pid: int) -> int:
    """Megabytes that a process has had resident at most."""
    text = Path(f"/proc/{pid}/status").read_text()
    (line,) = (each for each in text.splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


@dataclass
class Database:
    """A stand-in in a process of its own."""

    process: subprocess.Popen[str]
    schema: OracleSchema

    def counted(self) -> int:
        """Ends it; the number of rows that were counted and thrown away."""
        self.schema.close()
        out, _ = self.process.communicate("\n", timeout=60)
        return int(out)


@contextmanager
def database_alone(*arguments: str) -> Iterator[Database]:
    """A database for one way of several that would fill each other's dictionary."""
    command = [sys.executable, str(Path(__file__).with_name("server.py")), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        schema = OracleSchema("app", "secret", process.stdout.readline().strip())
        yield Database(process, schema)
        schema.close()
        if process.poll() is None:
            process.communicate("\n", timeout=60)


@pytest.fixture
def database() -> Iterator[Database]:
    with database_alone() as found:
        yield found


@pytest.fixture
def counting() -> Iterator[Database]:
    """A database that takes no time for rows: it counts them."""
    with database_alone("count") as found:
        yield found


@pytest.fixture(autouse=True)
def printed(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    _table.clear()
    yield
    with capsys.disabled():
        print("\n" + "\n".join(_table))
