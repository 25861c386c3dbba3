"""Run test suites that nobody wrote for the Oracle stand-in, and count what passes.

    python tests/standins/foreign_suites.py [--causes] [--only NAME] [--work DIR]

Takes the source archives of SQLAlchemy and python-oracledb from the package index (`uv` must be
on the PATH or named by `$UV`), makes an environment for them in DIR, starts a fresh stand-in for
each suite and runs its tests with their own settings. Nothing of the suites is kept here.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import oracledb
from foreign_code import TYPES, UNITS
from foreign_tables import TABLES, fill
from oracle_standin import OracleStandin

ERA = 23
SQLALCHEMY, DRIVER = ("sqlalchemy", "2.1.9"), ("oracledb", "26.1.0")
NEEDED = (
    *("pip", "setuptools", "cython", "pytest", "pytest-timeout", "pytest-xdist", "anyio"),
    *("numpy", "pandas", "pyarrow", "greenlet", "typing-extensions", "opentelemetry-sdk"),
    "==".join(DRIVER),
)
"""What the environment of the suites is made of; SQLAlchemy's tests use the code beside them."""
USERS = {"scott": "tiger", "test_schema": "test_schema"}
OTHER_USER = ("OTHER", "other")
"""A user who sees nothing of the first one's."""
TEST_SECONDS = "60"
_VARYING = re.compile(r"0x[0-9a-f]+|\"[^\"]*\"|'[^']*'|\d{3,}(?<!ORA-\d{5})|\bat \S+")


@dataclass(frozen=True)
class Suite:
    """Tests of an archive, and whether they need the tables of the driver's suite."""

    name: str
    package: tuple[str, str]
    paths: tuple[str, ...]
    of_driver: bool = False


_DRIVER_TESTS = (
    *("cursor", "data_types", "dataframe", "hooks"),
    *("connection/test_1000_basic.py", "connection/test_1100_basic_async.py"),
    *("connection/test_1200_pipelining_async.py", "connection/test_1300_shortcut_methods_async.py"),
    *("connection/test_2000_direct_path_load.py",),
    *("connection/test_2100_direct_path_load_async.py",),
)
"""SQL, types and data frames: neither pools, queues and SODA nor what needs no database."""
SUITES = (
    Suite("sqlalchemy-suite", SQLALCHEMY, ("test/dialect/test_suite.py",)),
    Suite("sqlalchemy-oracle", SQLALCHEMY, ("test/dialect/oracle",)),
    Suite("oracledb", DRIVER, _DRIVER_TESTS, of_driver=True),
)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run foreign suites against the stand-in.")
    parser.add_argument("--causes", action="store_true", help="print the failures by their cause")
    parser.add_argument("--only", choices=[suite.name for suite in SUITES], help="run one suite")
    parser.add_argument("--work", type=Path, help="keep archives, environment and reports here")
    parser.add_argument("arguments", nargs="*", help="more arguments for pytest, after --")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = (args.work or Path(scratch)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        python = _environment(work)
        for suite in SUITES:
            if args.only in (None, suite.name):
                report = _run(suite, work, python, args.arguments)
                _print(suite, report, causes=args.causes)
    return 0


def _environment(work: Path) -> Path:
    """Make the environment once, and unpack the archives."""
    python = work / "venv" / "bin" / "python"
    uv = os.environ.get("UV", "uv")
    if not python.exists():
        subprocess.run([uv, "venv", "-q", str(work / "venv")], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *NEEDED], check=True)
    for name, version in (SQLALCHEMY, DRIVER):
        archive = work / f"{name}-{version}.tar.gz"
        if not archive.exists():
            options = (
                "--no-deps",
                "--no-build-isolation",
                "--no-binary",
                name,
                "--dest",
                str(work),
            )
            command = [str(python), "-m", "pip", "download", "-q", *options, f"{name}=={version}"]
            subprocess.run(command, check=True)
        if not (work / f"{name}-{version}").exists():
            with tarfile.open(archive) as packed:
                packed.extractall(work, filter="data")
    return python


def _run(suite: Suite, work: Path, python: Path, arguments: list[str]) -> Path:
    """Run one suite against a server of its own; gives the report in JUnit's form."""
    folder = work / "-".join(suite.package) / ("tests" if suite.of_driver else "")
    report = work / f"{suite.name}.xml"
    with OracleStandin(USERS, era=ERA) as server:
        if suite.of_driver:
            server.create_user(*OTHER_USER, privileges=("CREATE SESSION",))
            _make_tables(server)
        command = [str(python), "-m", "pytest", *suite.paths, f"--junitxml={report}", "-q"]
        command += [
            "-p",
            "no:cacheprovider",
            f"--timeout={TEST_SECONDS}",
            "--tb=short",
        ]
        command += arguments
        if suite.package == SQLALCHEMY:
            place = f"{server.host}:{server.port}/?service_name={server.service}"
            command += ["--dburi", f"oracle+oracledb://scott:tiger@{place}", "--maxfail=10000"]
        with (work / f"{suite.name}.log").open("w") as log:
            settings = os.environ | _settings(server)
            subprocess.run(command, cwd=folder, check=False, stdout=log, stderr=log, env=settings)
    return report


def _settings(server: OracleStandin) -> dict[str, str]:
    """The environment that the driver's tests read."""
    return {
        "PYO_TEST_MAIN_USER": "scott",
        "PYO_TEST_MAIN_PASSWORD": "tiger",
        "PYO_TEST_CONNECT_STRING": server.dsn,
        "PYO_TEST_PROXY_USER": OTHER_USER[0],
        "PYO_TEST_PROXY_PASSWORD": OTHER_USER[1],
    }


def _make_tables(server: OracleStandin) -> None:
    """Make what the driver's tests name; tell of what cannot be made."""
    with oracledb.connect(user="scott", password="tiger", dsn=server.dsn) as connection:
        cursor = connection.cursor()
        for statement in (*TYPES, *TABLES, *UNITS):
            try:
                cursor.execute(statement)
            except oracledb.DatabaseError as exc:
                print(f"not made: {' '.join(statement.split()[:4])}: {exc}", file=sys.stderr)
        fill(cursor)
        connection.commit()


def _print(suite: Suite, report: Path, *, causes: bool) -> None:
    counts, found = Counter[str](), Counter[str]()
    for case in ET.parse(report).iter("testcase"):
        bad = next((each for each in case if each.tag in ("failure", "error", "skipped")), None)
        kind = "passed" if bad is None else bad.tag
        counts[kind] += 1
        if bad is not None and kind != "skipped":
            found[_cause(bad)] += 1
    shown = ", ".join(
        f"{counts[key]} {word}"
        for key, word in (
            ("passed", "passed"),
            ("failure", "failed"),
            ("error", "errors"),
            ("skipped", "skipped"),
        )
    )
    print(f"{suite.name} ({'=='.join(suite.package)}, era {ERA}): {shown}", flush=True)
    if causes:
        for cause, count in found.most_common():
            print(f"  {count:4}  {cause}")


def _cause(bad: ET.Element) -> str:
    """The message of a failure without what varies from test to test."""
    text = bad.get("message") or ""
    told = re.search(r"(ORA|DPY)-\d+[^\n]*", text)
    line = told[0] if told else text.strip().split("\n")[0]
    return _VARYING.sub("…", line)[:140]


if __name__ == "__main__":
    sys.exit(main())
