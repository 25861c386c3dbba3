"""Runs that are hurt, and what must hold of the tables afterwards."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.database import own_tables

from .files import in_files
from .process import SMALL, Process, Tuning
from .scenario import COLUMNS, Message, Row, Scenario, fold, refused, surely_refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from oracle_standin import OracleStandin
    from oracle_standin.faults import Fault, Faults

    from tests.conftest import OracleSchema

OLD = (0, 0, "from an earlier load", None)
PAUSE = 0.1  # seconds that a call lasts in which a signal is sent


@dataclass
class Ordeal:
    """A scenario that is run once with faults and once more, as a runner would, without."""

    scenario: Scenario
    schema: OracleSchema
    faults: Faults
    directory: Path
    tuning: Tuning = SMALL
    bulk: bool = False  # whether records come in BATCH files
    read: int = 0
    code: int = 0
    log: str = ""
    _runs: int = 0

    def _process(self, tuning: Tuning | None = None) -> Process:
        self._runs += 1
        settings = {**self.schema.config, **self.scenario.settings}
        return Process(self.directory, f"run{self._runs}", settings, tuning or self.tuning)

    def _input(self, read: int = 0) -> list[str]:
        lines = self.scenario.lines(read)
        if not self.bulk:
            return lines
        folder = self.directory / f"files{self._runs}"
        folder.mkdir()
        return list(in_files(lines, folder))

    def prepare(self) -> None:
        """Tables with a row of an earlier load, which an overwrite must replace."""
        columns = "id number(38) not null, version number(38) not null, v varchar2(4000 char)"
        with self.schema.connect() as connection, connection.cursor() as cursor:
            for table in self.schema.tables():
                cursor.execute(f'drop table "{table}" purge')
            for stream in self.scenario.streams:
                cursor.execute(f"create table {stream} ({columns}, extra number(38))")
                cursor.execute(f"insert into {stream} values (0, 0, :1, null)", [OLD[2]])
            connection.commit()

    def hurt(self, signum: int | None = None, fault: Fault | None = None) -> None:
        """The run with faults in force; a signal goes out during the call that `fault` delays."""
        process = self._process()
        process.start(self._input())
        if fault and signum:
            while process.is_running and not fault.hits:
                time.sleep(0.002)
            if fault.hits and process.is_running:
                os.kill(process.pid, signum)
        self.code = process.wait()
        if fault and fault.hits:
            time.sleep(PAUSE)  # the server is still in that call
        self.faults.clear()
        self.log = process.log
        self.read = process.states[-1]["read"] if process.states else 0

    def check_hurt(self) -> None:
        """What is in the tables is the input up to some record, and no STATE is ahead of it."""
        for stream in self.scenario.streams:
            found, allowed = self.rows(stream), self._allowed(stream)
            if found not in allowed:
                nearest = min(allowed, key=lambda each: ((each - found) | (found - each)).total())
                pytest.fail(f"{stream}: lost {nearest - found}, more {found - nearest}\n{self.log}")
            self._check_refused(stream, found)
        if self.code == 0:
            assert self.read == self.scenario.total, self.log
        elif self.code > 0:
            assert self.log.count("| ERROR") == 1, self.log
        assert "Traceback" not in self.log, self.log

    def _check_refused(self, stream: str, found: Counter[Row]) -> None:
        """The reject table goes as far as the table: both are of one transaction."""
        if self.scenario.settings.get("on_invalid") != "reject":
            return
        records, refuses = self.scenario.records(stream), not self.scenario.is_guarded
        lengths = range(len(self.scenario.records(stream, last=self.read)), len(records) + 1)
        if self.scenario.method != "overwrite":
            lasting = [n for n in lengths if Counter([OLD]) + self._fold(records[:n]) == found]
        else:
            # The rows wait for the end, and with them what the table refuses; other rejects do not.
            lasting, refuses = list(lengths), found != Counter([OLD])
        there, starts = self.refused(stream), [records[:n] for n in lasting]
        assert any(
            surely_refused(start, by_table=refuses) <= there <= refused(start) for start in starts
        ), self.log

    def _fold(self, records: list[Message]) -> Counter[Row]:
        return fold(self.scenario.method, records, guarded=self.scenario.is_guarded)

    def refused(self, stream: str) -> Counter[str]:
        if "REJECTS" not in self.schema.tables():
            return Counter()
        found = self.schema.query("select payload from rejects where stream = :1", stream)
        return Counter(json.dumps(json.loads(payload)["v"]) for (payload,) in found)

    def _allowed(self, stream: str) -> list[Counter[Row]]:
        method, old = self.scenario.method, Counter([OLD])
        records = self.scenario.records(stream)
        claimed = len(self.scenario.records(stream, last=self.read))
        if method == "overwrite":
            whole = self._fold(records)
            return [whole] if claimed else [old, whole]
        least = len(records) if self.code == 0 else claimed
        return [old + self._fold(records[:n]) for n in range(least, len(records) + 1)]

    def resume(self) -> None:
        """A run over what a tap sends from the last STATE on; it also sweeps what is left."""
        process = self._process(replace(SMALL, hours_later=own_tables.STALE_HOURS + 1))
        process.start(self._input(self.read))
        code = process.wait()
        assert code == 0, process.log
        for stream in self.scenario.streams:
            self._check_whole(stream)
            self._check_all_refused(stream)
        tables = {each.upper() for each in self.scenario.streams}
        assert self.schema.tables() - {"REJECTS"} == tables

    def _check_all_refused(self, stream: str) -> None:
        """Each bad record is in the reject table, at most once for each of the two runs."""
        if self.scenario.settings.get("on_invalid") == "reject":
            records = self.scenario.records(stream)
            least = surely_refused(records, by_table=not self.scenario.is_guarded)
            once, found = refused(records), self.refused(stream)
            assert least <= found <= once + once

    def _check_whole(self, stream: str) -> None:
        method, records = self.scenario.method, self.scenario.records(stream)
        found, expected = self.rows(stream), self._fold(records)
        if method != "overwrite":
            expected += Counter([OLD])
        if method == "append-only" and self.code != 0:
            # What a dead run committed and did not live to say comes a second time.
            again = self._fold(self.scenario.records(stream, first=self.read))
            lost = expected - found
            assert not lost, self.log
            more = found - expected - again
            assert not more, self.log
        else:
            assert found == expected

    def rows(self, stream: str) -> Counter[Row]:
        columns = ", ".join(f'"{name.upper()}"' for name in COLUMNS)
        return Counter(self.schema.query(f'select {columns} from "{stream.upper()}"'))

    def check(self) -> None:
        self.check_hurt()
        self.resume()


@pytest.fixture
def faults(oracle_server: OracleStandin) -> Any:
    yield oracle_server.faults
    oracle_server.faults.clear()


@pytest.fixture
def ordeal(oracle_schema: OracleSchema, faults: Faults, tmp_path: Path) -> Callable[..., Ordeal]:
    def made(scenario: Scenario, *, bulk: bool = False) -> Ordeal:
        found = Ordeal(scenario, oracle_schema, faults, tmp_path, bulk=bulk)
        found.prepare()
        return found

    return made


KILL, TERM = signal.SIGKILL, signal.SIGTERM
