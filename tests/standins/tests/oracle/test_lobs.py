"""LOB and LONG columns."""

from __future__ import annotations

from typing import Any

import oracledb
import pytest


def test_lobs(conn: oracledb.Connection, cur: oracledb.Cursor) -> None:
    cur.execute("create table l (id number, c clob, b blob)")
    for size in (1, 3999, 4001, 32767, 32769, 200_000):
        cur.execute("insert into l values (:1, :2, :3)", [size, "\u00e9" * size, b"\7" * size])
    cur.execute("select id, c, b from l")
    for size, clob, blob in cur.fetchall():
        assert clob.read() == "\u00e9" * size
        assert blob.read() == b"\7" * size
    lob = conn.createlob(oracledb.DB_TYPE_CLOB)
    lob.write("abc" * 20000)
    cur.execute("insert into l (id, c) values (0, :1)", [lob])
    cur.execute("update l set c = :1 where id = 1", ["u" * 50000])
    cur.execute("select dbms_lob.getlength(c) from l where id in (0, 1) order by id")
    assert cur.fetchall() == [(60000,), (50000,)]


@pytest.mark.parametrize(("kind", "one", "other"), [("clob", "a", "b"), ("blob", b"\0", b"\1")])
def test_lobs_are_compared_and_null_is_no_answer(
    cur: oracledb.Cursor, kind: str, one: Any, other: Any
) -> None:
    """PL/SQL Packages Reference, DBMS_LOB.COMPARE: NULL where a LOB is."""
    cur.execute(f"create table l (id number, a {kind}, b {kind})")
    pairs = [(one, one), (one, other), (other, one), (one, None), (None, None)]
    cur.executemany("insert into l values (:1, :2, :3)", [(n, *p) for n, p in enumerate(pairs)])
    cur.execute("select dbms_lob.compare(a, b) from l order by id")
    assert cur.fetchall() == [(0,), (-1,), (1,), (None,), (None,)]


def test_a_long_raw_takes_any_length_of_bytes(cur: oracledb.Cursor) -> None:
    cur.execute("create table l (id number, v long raw)")
    for size in (1, 4001, 200_000):
        cur.setinputsizes(None, oracledb.DB_TYPE_LONG_RAW)
        cur.execute("insert into l values (:1, :2)", [size, b"\7" * size])
    assert cur.execute("select id, v from l order by id").fetchall() == [
        (size, b"\7" * size) for size in (1, 4001, 200_000)
    ]


@pytest.mark.parametrize("column", ["c", "b", "id"])
def test_batches_of_data_frames_are_full_from_the_first_on(
    conn: oracledb.Connection, cur: oracledb.Cursor, column: str
) -> None:
    cur.execute("create table l (id number, c clob, b blob)")
    cur.executemany("insert into l values (:1, :2, :3)", [(n, "abc", b"abc") for n in range(5)])
    conn.commit()
    for size, rows in ((2, [2, 2, 1]), (3, [3, 2]), (5, [5])):
        batches = conn.fetch_df_batches(f"select {column} from l", size=size)
        assert [batch.num_rows() for batch in batches] == rows
