"""Direct path: loads and inserts that have the table for themselves."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import oracledb
import pytest

if TYPE_CHECKING:
    from oracle_standin import OracleStandin

    from .conftest import Connect, Fails


@pytest.fixture
def table(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (id number primary key, v varchar2(5 char), w varchar2(5))")


def count(connect: Connect) -> int:
    (found,) = connect().cursor().execute("select count(*) from t").fetchone()
    return int(found)


@pytest.mark.usefixtures("table")
def test_a_load_commits_at_its_end(connect: Connect) -> None:
    conn = connect()
    conn.direct_path_load("APP", "T", ["ID", "V"], [(i, "x") for i in range(100)], batch_size=30)
    assert not conn.transaction_in_progress
    assert count(connect) == 100


@pytest.mark.usefixtures("table")
def test_a_load_that_fails_leaves_nothing(connect: Connect, fails: Fails) -> None:
    conn = connect()
    rows = [(i, "x") for i in range(100)] + [(5, "x")]
    fails(1, conn.direct_path_load, "APP", "T", ["ID", "V"], rows, batch_size=30)
    assert not conn.transaction_in_progress
    assert count(connect) == 0
    connect().cursor().execute("insert into t (id) values (1)")  # no lock is left


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("column", ["V", "W"])
def test_the_driver_compares_bytes_with_the_described_length(
    conn: oracledb.Connection, column: str
) -> None:
    with pytest.raises(oracledb.DatabaseError, match="DPY-8000"):
        conn.direct_path_load("APP", "T", ["ID", column], [(1, "\u00e9\u00e9\u00e9")])
    conn.direct_path_load("APP", "T", ["ID", column], [(1, "\u00e9\u00e9")])


@pytest.mark.usefixtures("table")
def test_a_table_in_use_is_not_loaded(connect: Connect, fails: Fails) -> None:
    other = connect().cursor()
    other.execute("insert into t (id) values (1)")
    conn = connect()
    fails(54, conn.direct_path_load, "APP", "T", ["ID"], [(2,)])
    other.connection.rollback()
    conn.direct_path_load("APP", "T", ["ID"], [(2,)])
    assert count(connect) == 1


@pytest.mark.usefixtures("table")
def test_others_wait_while_a_load_runs(server: OracleStandin, connect: Connect) -> None:
    server.faults.delay(0.4, matching="DIRECT PATH STREAM", when="after")
    conn, other = connect(), connect().cursor()
    load = threading.Thread(target=conn.direct_path_load, args=("APP", "T", ["ID"], [(1,)]))
    try:
        load.start()
        time.sleep(0.2)
        start = time.monotonic()
        other.execute("insert into t (id) values (2)")
        assert time.monotonic() - start > 0.1
        load.join()
    finally:
        server.faults.clear()


@pytest.mark.usefixtures("table")
def test_an_absent_table_or_column_is_named(conn: oracledb.Connection, fails: Fails) -> None:
    fails(942, conn.direct_path_load, "APP", "NOPE", ["ID"], [(1,)])
    assert '"NOPE"' in fails(904, conn.direct_path_load, "APP", "T", ["NOPE"], [(1,)]).message


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("insert", "rows"),
    [
        ("insert /*+ APPEND */ into t (id) select 1 from dual", None),
        ("insert /*+ append_values */ into t (id) values (:1)", [(1,), (2,)]),
    ],
)
def test_after_an_append_the_session_must_commit(
    connect: Connect, fails: Fails, insert: str, rows: list[tuple[int]] | None
) -> None:
    cur, other = connect().cursor(), connect().cursor()
    if rows:
        cur.executemany(insert, rows)
    else:
        cur.execute(insert)
    fails(12838, cur.execute, "select * from t")
    fails(12838, cur.execute, "insert into t (id) values (9)")
    fails(54, other.execute, "lock table t in exclusive mode nowait")
    cur.connection.commit()
    assert cur.execute("select count(*) from t").fetchone() == (len(rows or [1]),)


@pytest.mark.usefixtures("table")
def test_append_does_nothing_to_values(cur: oracledb.Cursor) -> None:
    cur.execute("insert /*+ APPEND */ into t (id) values (1)")
    assert cur.execute("select id from t").fetchall() == [(1,)]


@pytest.mark.usefixtures("table")
def test_rows_can_be_counted_instead_of_stored(
    server: OracleStandin, conn: oracledb.Connection, cur: oracledb.Cursor, connect: Connect
) -> None:
    rows = [(i, "x" * (i % 3)) for i in range(1000)]
    cur.execute("create table lobs (id number, c clob, b blob)")
    long = [(i, "c" * i * 5000, b"b" * 300) for i in range(20)]
    insert = "insert into t (id, v) values (:1, :2)"
    with server.discarding() as counts:
        cur.executemany(insert, rows)
        conn.direct_path_load("APP", "T", ["ID", "V"], rows, batch_size=300)
        conn.direct_path_load("APP", "LOBS", ["ID", "C", "B"], long)
        cur.executemany("update t set v = :1", [("a",), ("b",)])
        assert counts == {insert: 1000, '"APP"."T"': 1000, '"APP"."LOBS"': 20}
    assert count(connect) == 0
    cur.executemany(insert, rows)
    conn.commit()
    assert count(connect) == 1000
