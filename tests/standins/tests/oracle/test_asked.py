"""What a probe asks for besides: versions, a killed session, LOBs that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import oracledb
import pytest

if TYPE_CHECKING:
    from .conftest import Connect, Fails


def test_a_block_tells_the_version_and_compatible(cur: oracledb.Cursor) -> None:
    version, compatible = cur.var(str), cur.var(str)
    cur.execute("begin dbms_utility.db_version(:1, :2); end;", [version, compatible])
    assert (version.getvalue(), compatible.getvalue()) == ("19.0.0.0.0", "19.0.0.0.0")


def test_a_session_is_killed_by_its_number(
    connect: Connect, cur: oracledb.Cursor, fails: Fails
) -> None:
    other = connect()
    query = "select sys_context('userenv', 'sid'), sys_context('userenv', 'instance') from dual"
    (number, instance) = other.cursor().execute(query).fetchone()
    assert (number, instance) == (str(other.session_id), "1")
    which = f"{number},{other.serial_num},@{instance}"
    kill = f"alter system kill session '{which}' immediate"
    cur.execute("create table t (id number)")
    cur.execute("insert into t values (1)")
    cur.execute(kill)
    cur.connection.rollback()
    assert cur.execute("select count(*) from t").fetchone() == (0,)  # it commits nothing
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        other.cursor().execute("select 1 from dual")
    fails(30, cur.execute, "alter system kill session '999999,1'")
    fails(26, cur.execute, "alter system kill session 'me'")
    fails(3001, cur.execute, "alter system switch logfile")


LOBS = (
    "select id from t where dbms_lob.compare(c, d) <> 0 or dbms_lob.compare(b, a) <> 0 order by id"
)


def test_a_comparison_with_a_lob_that_is_null_is_null(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (id number, c clob, d clob, b blob, a blob)")
    rows = [
        (1, "a", "a", b"a", b"a"), (2, None, None, None, None), (3, "a", None, b"a", None),
        (4, "a", "b", None, None), (5, None, None, b"a", b"b"),
    ]  # fmt: skip
    cur.executemany("insert into t values (:1, :2, :3, :4, :5)", rows)
    assert cur.execute(LOBS).fetchall() == [(4,), (5,)]
    cur.execute("select dbms_lob.compare(c, d) from t where id in (2, 3)")
    assert cur.fetchall() == [(None,), (None,)]


def test_a_long_raw_takes_more_than_a_raw(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (v long raw)")
    cur.setinputsizes(oracledb.DB_TYPE_LONG_RAW)
    cur.execute("insert into t values (:1)", [b"\xff" * 5000])
    assert cur.execute("select v from t").fetchall() == [(b"\xff" * 5000,)]
    cur.setinputsizes(oracledb.DB_TYPE_LONG_RAW)
    cur.executemany("update t set v = :1", [(b"a",), (b"b" * 70_000,)])
    assert cur.execute("select v from t").fetchall() == [(b"b" * 70_000,)]
