"""Fixtures shared by the suites: the stand-ins and, when an address is given, the real systems."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

import hypothesis
import oracledb
import pytest
from oracle_standin import OracleStandin
from wms_standin import WmsStandin

from tests.oracle_rules import SWITCHED_OFF
from tests.real_oracle import VARIABLE as REAL_ORACLE
from tests.real_oracle import composed

if TYPE_CHECKING:
    from collections.abc import Iterator

REAL_WMS = "TEST_WMS_URL"
BROWSER = "chromium"
AXE = Path(__file__).parents[1] / ".ci" / "node_modules" / "axe-core" / "axe.min.js"
"""Tests a page's accessibility; `.ci/run` installs it."""
_numbers = count(1)
_left: list[str] = []
"""Names of schemas that are gone: the stand-in has the statements of theirs translated."""


hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")


def pytest_configure(config: pytest.Config) -> None:
    """Have programs start as a user's do; look for the database of compose.yaml when asked for."""
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):  # compiling doubles each start
        os.environ.pop(name, None)
    if config.getoption("markexpr") == "real_oracle":
        os.environ.update(composed(dict(os.environ)))


@dataclass
class OracleSchema:
    """An empty schema of the test's own, and the way in."""

    user: str
    password: str
    dsn: str
    real: bool = False
    _open: list[oracledb.Connection] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.dsn.partition("/")[0].partition(":")[0]

    @property
    def port(self) -> int:
        return int(self.dsn.partition("/")[0].partition(":")[2] or 1521)

    @property
    def service(self) -> str:
        return self.dsn.partition("/")[2]

    @property
    def config(self) -> dict[str, Any]:
        """The target's settings that reach this schema."""
        user = {"user": self.user, "password": self.password}
        if self.real:  # its address may be a descriptor or a name of any kind
            return {"dsn": self.dsn, **user}
        return {"host": self.host, "port": self.port, "service_name": self.service, **user}

    def connect(self) -> oracledb.Connection:
        """A connection that is closed with the test; numbers come back as Decimal or int."""
        connection = oracledb.connect(user=self.user, password=self.password, dsn=self.dsn)
        self._open.append(connection)
        return connection

    def query(self, sql: str, *binds: object) -> list[tuple[Any, ...]]:
        """All rows of a query: LOBs as str and bytes, NUMBER as int or Decimal, never as float."""
        with (
            oracledb.connect(user=self.user, password=self.password, dsn=self.dsn) as connection,
            connection.cursor() as cursor,
        ):
            cursor.outputtypehandler = _exact
            cursor.execute(sql, list(binds))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def tables(self) -> set[str]:
        return {name for (name,) in self.query("select table_name from user_tables")}

    def close(self) -> None:
        for connection in self._open:
            if connection.is_healthy():
                connection.rollback()
                connection.close()
        self._open.clear()


def _exact(cursor: oracledb.Cursor, metadata: oracledb.FetchInfo) -> oracledb.Var | None:
    exact: dict[Any, Any] = {
        oracledb.DB_TYPE_CLOB: oracledb.DB_TYPE_LONG,
        oracledb.DB_TYPE_NCLOB: oracledb.DB_TYPE_LONG,
        oracledb.DB_TYPE_BLOB: oracledb.DB_TYPE_LONG_RAW,
    }
    if metadata.type_code is oracledb.DB_TYPE_NUMBER:
        return cursor.var(str, 200, cursor.arraysize, outconverter=Decimal)
    if metadata.type_code in exact:
        return cursor.var(exact[metadata.type_code], arraysize=cursor.arraysize)
    return None


@pytest.fixture(scope="session")
def oracle_server() -> Iterator[OracleStandin]:
    """The running Oracle stand-in: for tests that need its faults or its release."""
    with OracleStandin({"app": "secret"}, rules=SWITCHED_OFF) as server:
        yield server


def _standin_schema(server: OracleStandin) -> Iterator[OracleSchema]:
    name = _left.pop() if _left else f"TEST_{next(_numbers)}"
    server.create_user(name, "secret")
    schema = OracleSchema(name, "secret", server.dsn)
    try:
        yield schema
    finally:
        schema.close()
        server.drop_user(name)
        _left.append(name)


@contextmanager
def _alone() -> Iterator[None]:
    """Until the tests of other workers (`pytest -n`) are done with the only schema there is."""
    with Path(gettempdir(), "target-oracle-tests.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _real_schema() -> Iterator[OracleSchema]:
    """The schema that TEST_ORACLE_USER names: refused unless empty, emptied afterwards."""
    schema = OracleSchema(
        os.environ["TEST_ORACLE_USER"].upper(),  # as the database spells it
        os.environ["TEST_ORACLE_PASSWORD"],
        os.environ[REAL_ORACLE],
        real=True,
    )
    if found := schema.tables():
        pytest.fail(
            f"schema {schema.user} is not empty ({sorted(found)[:3]}…): give tests their own"
        )
    try:
        yield schema
    finally:
        schema.close()
        with schema.connect() as connection, connection.cursor() as cursor:
            for kind in ("view", "synonym"):
                names = f"select {kind}_name from user_{kind}s"
                for (name,) in schema.query(names):
                    cursor.execute(f'drop {kind} "{name}"')
            for table in sorted(schema.tables()):
                cursor.execute(f'drop table "{table}" cascade constraints purge')


@pytest.fixture
def oracle_schema(oracle_server: OracleStandin) -> Iterator[OracleSchema]:
    """An empty schema in the stand-in only: for tests that also use its faults."""
    yield from _standin_schema(oracle_server)


@pytest.fixture(params=["standin", pytest.param("real", marks=pytest.mark.real_oracle)])
def oracle(request: pytest.FixtureRequest) -> Iterator[OracleSchema]:
    """An empty schema, in the stand-in and again in a real database when its address is given."""
    if request.param == "standin":
        yield from _standin_schema(request.getfixturevalue("oracle_server"))
    elif "oracle_server" in request.fixturenames:
        pytest.fail("no real database has the stand-in's faults: take oracle_schema")
    elif REAL_ORACLE in os.environ:
        with _alone():
            yield from _real_schema()
    else:
        pytest.skip(f"{REAL_ORACLE} is not set: not run on a real Oracle Database")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, once, how many tests a real system or a browser has not seen."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]
    for variable, system in ((REAL_ORACLE, "Oracle Database"), (REAL_WMS, "WMS tenant")):
        if count := sum(f"{variable} is not set" in reason for reason in skipped):
            terminalreporter.write_line(
                f"NOT RUN on a real {system}: {count} tests. Set {variable} to run them.",
                yellow=True,
                bold=True,
            )
    if count := sum(f"{BROWSER} is not installed" in reason for reason in skipped):
        terminalreporter.write_line(
            f"NOT RUN in a browser: {count} tests. Install Debian's {BROWSER} to run them.",
            yellow=True,
            bold=True,
        )
    if count := sum("axe-core is not installed" in reason for reason in skipped):
        terminalreporter.write_line(
            f"ACCESSIBILITY NOT TESTED: {count} tests. Run `npm install --prefix .ci --no-save "
            "axe-core` to run them.",
            yellow=True,
            bold=True,
        )


@pytest.fixture
def wms() -> Iterator[WmsStandin]:
    """A small WMS of the test's own, quiet and without latency."""
    with WmsStandin(seed=11) as server:
        yield server


@pytest.fixture(params=["standin", pytest.param("real", marks=pytest.mark.real_wms)])
def any_wms(request: pytest.FixtureRequest) -> dict[str, str]:
    """The tap's settings that reach the stand-in and, when its address is given, a real tenant."""
    if request.param == "standin":
        server: WmsStandin = request.getfixturevalue("wms")
        return {
            "base_url": server.base_url,
            "username": server.username,
            "password": server.password,
        }
    if REAL_WMS not in os.environ:
        pytest.skip(f"{REAL_WMS} is not set: not run on a real WMS tenant")
    return {
        "base_url": os.environ[REAL_WMS],
        "username": os.environ["TEST_WMS_USERNAME"],
        "password": os.environ["TEST_WMS_PASSWORD"],
    }
