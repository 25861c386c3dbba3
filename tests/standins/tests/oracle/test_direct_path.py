"""Direct path: loads and inserts that have the table for themselves."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import oracledb
import pyarrow as pa
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


MOMENT = pa.timestamp("us")
COLUMNS: dict[str, tuple[str, pa.DataType]] = {
    "id": ("number", pa.int64()),
    "whole": ("number(38)", pa.int64()),
    "exact": ("number", pa.decimal256(76, 18)),
    "real": ("number", pa.float64()),
    "twice": ("binary_double", pa.float64()),
    "text": ("varchar2(80)", pa.string()),
    "words": ("clob", pa.string()),
    "day": ("date", MOMENT),
    "moment": ("timestamp", MOMENT),
    "zoned": ("timestamp with time zone", pa.timestamp("us", "UTC")),
    "bytes": ("raw(10)", pa.binary()),
    "many": ("blob", pa.binary()),
}
EARLY, LATE = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)
SMALL = Decimal("-0.000000000000000001")
LONG = "\u00e9\U0001f600" * 9000
ROWS = [
    (1, 10**18, SMALL, 0.1, 0.1, "\u00e9", LONG, EARLY, EARLY, EARLY, b"\0", b"\0" * 70_000),
    (2, -5, Decimal(10**37), -1e99, -1e300, "x", "y", LATE, LATE, LATE, None, None),
    (3, None, None, None, None, None, "", None, None, None, b"a", b""),
]


@pytest.mark.parametrize("batch_size", [1, 2**32 - 1])
def test_arrow_columns_load_what_rows_load(conn: oracledb.Connection, batch_size: int) -> None:
    """The driver makes the same stream of both."""
    columns = [
        pa.array(values, kind)
        for values, (_, kind) in zip(zip(*ROWS, strict=True), COLUMNS.values(), strict=True)
    ]
    ddl = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
    names = [name.upper() for name in COLUMNS]
    found = []
    with conn.cursor() as cur:
        for table, data in (("R", ROWS), ("A", pa.table(columns, names=names))):
            cur.execute(f"create table {table} ({ddl})")
            conn.direct_path_load("APP", table, names, data, batch_size=batch_size)
            cur.execute(f"select * from {table} order by id", fetch_lobs=False)
            found.append(cur.fetchall())
    by_rows, by_columns = found
    assert by_columns == by_rows
    assert (by_rows[0][5:7], by_rows[1][8], by_rows[2][6]) == (("\u00e9", LONG), LATE, None)


@pytest.mark.usefixtures("table")
def test_an_arrow_type_that_a_column_does_not_take_is_refused(conn: oracledb.Connection) -> None:
    data = pa.table({"id": [True], "v": ["x"]})
    with pytest.raises(oracledb.Error, match="DPY-"):
        conn.direct_path_load("APP", "T", ["ID", "V"], data)
    assert not conn.transaction_in_progress


def test_arrow_text_for_a_national_column_is_not_what_it_says(conn: oracledb.Connection) -> None:
    """The driver sends it as UTF-8, which is not the national character set."""
    with conn.cursor() as cur:
        cur.execute("create table n (v nvarchar2(10))")
        conn.direct_path_load("APP", "N", ["V"], pa.table({"v": ["ab"]}))
        assert cur.execute("select v from n").fetchone() == ("\u6162",)
