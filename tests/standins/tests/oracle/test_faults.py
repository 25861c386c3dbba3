"""Faults as a test orders them, seen from the driver."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import oracledb
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oracle_standin import OracleStandin
    from oracle_standin.faults import Faults, When

    from .conftest import Connect, Fails


@pytest.fixture
def faults(server: OracleStandin) -> Iterator[Faults]:
    yield server.faults
    server.faults.clear()


@pytest.fixture
def table(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (id number)")


def rows(connect: Connect) -> list[int]:
    return [row[0] for row in connect().cursor().execute("select id from t order by id")]


@pytest.mark.usefixtures("table")
def test_an_error_hits_the_nth_match_once_in_any_session(
    connect: Connect, faults: Faults, fails: Fails
) -> None:
    order = faults.raise_error(1653, "no space", matching=r"insert\s+into t", nth=2)
    one, two = connect().cursor(), connect().cursor()
    one.execute("INSERT INTO T VALUES (1)")
    assert "no space" in fails(1653, two.execute, "insert into t values (2)").message
    two.execute("insert into t values (3)")
    one.connection.commit()
    two.connection.commit()
    assert rows(connect) == [1, 3]
    assert order.hits == 1


@pytest.mark.usefixtures("table")
def test_an_error_that_ends_the_session_does_so(connect: Connect, faults: Faults) -> None:
    faults.raise_error(3113, matching="^insert", nth=2)
    conn = connect()
    conn.cursor().execute("insert into t values (1)")
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        conn.cursor().execute("insert into t values (2)")
    assert not conn.is_healthy()
    assert rows(connect) == []


@pytest.mark.usefixtures("table")
def test_an_error_at_commit_rolls_back(connect: Connect, faults: Faults, fails: Fails) -> None:
    faults.raise_error(2091, "transaction rolled back", matching="^COMMIT$")
    conn = connect()
    conn.cursor().execute("insert into t values (1)")
    fails(2091, conn.commit)
    conn.commit()
    assert rows(connect) == []


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("when", "kept"), [("before", []), ("after", [1])])
def test_a_connection_is_cut_at_commit(
    connect: Connect, faults: Faults, when: When, kept: list[int]
) -> None:
    faults.disconnect(matching="^COMMIT$", when=when)
    conn = connect()
    conn.cursor().execute("insert into t values (1)")
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        conn.commit()
    assert rows(connect) == kept


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("when", "kept"), [("before", []), ("after", [1])])
def test_autocommit_counts_as_commit(
    connect: Connect, faults: Faults, when: When, kept: list[int]
) -> None:
    faults.disconnect(matching="^COMMIT$", when=when)
    conn = connect()
    conn.autocommit = True
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        conn.cursor().execute("insert into t values (1)")
    assert rows(connect) == kept


@pytest.mark.usefixtures("table")
def test_a_statement_cut_off_after_its_work_is_undone(connect: Connect, faults: Faults) -> None:
    faults.disconnect(matching="^insert", when="after")
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        connect().cursor().execute("insert into t values (1)")
    assert rows(connect) == []


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("step", ["PREPARE", "STREAM", "FINISH"])
def test_a_direct_path_load_is_hit_at_each_of_its_steps(
    connect: Connect, faults: Faults, fails: Fails, step: str
) -> None:
    faults.raise_error(1653, matching=f'^DIRECT PATH {step} "APP"."T"$')
    conn = connect()
    fails(1653, conn.direct_path_load, "APP", "T", ["ID"], [(1,), (2,)])
    assert rows(connect) == []
    conn.direct_path_load("APP", "T", ["ID"], [(3,)])
    assert rows(connect) == [3]


def test_logons_can_fail(connect: Connect, faults: Faults, fails: Fails) -> None:
    faults.raise_error(28000, "The account is locked.", matching="^CONNECT APP$")
    fails(28000, connect)
    connect().ping()


@pytest.mark.usefixtures("table")
def test_a_delay_is_waited_for_each_time(connect: Connect, faults: Faults) -> None:
    faults.delay(0.15, matching="^select id")
    start = time.monotonic()
    rows(connect)
    rows(connect)
    assert time.monotonic() - start > 0.3


@pytest.mark.usefixtures("table")
def test_calls_are_recorded_in_their_order(
    conn: oracledb.Connection, cur: oracledb.Cursor, faults: Faults
) -> None:
    with faults.recorded() as texts:
        cur.executemany("insert into t values (:1)", [(1,), (2,)])
        conn.commit()
        conn.rollback()
    cur.execute("select id from t")
    assert texts == ["insert into t values (:1)", "COMMIT", "ROLLBACK"]


def test_an_order_that_can_never_act_is_refused(faults: Faults) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        faults.raise_error(1, nth=0)
