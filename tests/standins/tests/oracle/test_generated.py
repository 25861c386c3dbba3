"""Identities and virtual columns: who gives the value."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import oracledb

    from .conftest import Fails


ALWAYS = "create table t (id number generated always as identity, v varchar2(10))"


@pytest.mark.parametrize(
    "sql",
    [
        "insert into t (id, v) values (5, 'x')",
        "insert into t values (5, 'x')",
        "insert into t (id, v) select 5, 'x' from dual",
        "insert into t (v, id) values ('x', null)",
        (
            "merge into t using (select 7 id from dual) s on (t.id = s.id) "
            "when not matched then insert (id, v) values (s.id, 'x')"
        ),
    ],
)
def test_an_identity_always_generated_takes_no_value(
    cur: oracledb.Cursor, fails: Fails, sql: str
) -> None:
    cur.execute(ALWAYS)
    fails(32795, cur.execute, sql)


def test_an_identity_always_generated_gives_values(
    conn: oracledb.Connection, cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute(ALWAYS)
    cur.execute("insert into t (v) values ('a')")
    cur.execute("insert into t values (default, 'b')")
    cur.executemany("insert into t (v) values (:1)", [("c",), ("d",)])
    conn.direct_path_load("APP", "T", ["V"], [("e",)])
    assert cur.execute("select id, v from t order by id").fetchall() == list(
        enumerate("abcde", start=1)
    )
    fails(32795, cur.executemany, "insert into t (id, v) values (:1, :2)", [(8, "x"), (9, "y")])
    fails(32795, conn.direct_path_load, "APP", "T", ["ID", "V"], [(8, "x")])
    fails(32796, cur.execute, "update t set id = 9")
    cur.execute("select generation_type from user_tab_identity_cols")
    assert cur.fetchall() == [("ALWAYS",)]


VIRTUAL = (
    "create table t (n number(5), d date, v varchar2(10), twice as (n * 2), "
    "next_day date generated always as (d + 1) virtual, loud as (upper(v)), "
    "few number(3) as (n + 1))"
)


def test_a_virtual_column_takes_no_value(
    conn: oracledb.Connection, cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute(VIRTUAL)
    fails(54013, cur.execute, "insert into t (n, twice) values (1, 2)")
    fails(54013, cur.execute, "insert into t (n, twice) select 1, 2 from dual")
    fails(54013, cur.executemany, "insert into t (twice) values (:1)", [(1,), (2,)])
    fails(54013, conn.direct_path_load, "APP", "T", ["TWICE"], [(1,)])
    fails(54017, cur.execute, "update t set twice = 1")
    fails(
        54017,
        cur.execute,
        "merge into t using (select 1 id from dual) s on (t.n = s.id) "
        "when matched then update set t.twice = 1",
    )
    cur.execute("insert into t (n, twice) values (1, default)")


def test_a_virtual_column_follows_its_expression_and_has_its_type(cur: oracledb.Cursor) -> None:
    cur.execute(VIRTUAL)
    cur.execute("insert into t (n, d, v) values (21, date '2024-02-28', 'hey')")
    assert cur.execute("select twice, next_day, loud, few from t").fetchall() == [
        (42, dt.datetime(2024, 2, 29), "HEY", 22)
    ]
    cur.execute("update t set n = 4")
    assert cur.execute("select twice from t").fetchone() == (8,)
    cur.execute("alter table t add (day_before as (d - 1))")
    cur.execute(
        "select column_name, data_type, data_precision, virtual_column from user_tab_cols "
        "order by column_id"
    )
    assert cur.fetchall() == [
        ("N", "NUMBER", 5, "NO"),
        ("D", "DATE", None, "NO"),
        ("V", "VARCHAR2", None, "NO"),
        ("TWICE", "NUMBER", None, "YES"),
        ("NEXT_DAY", "DATE", None, "YES"),
        ("LOUD", "VARCHAR2", None, "YES"),
        ("FEW", "NUMBER", 3, "YES"),
        ("DAY_BEFORE", "DATE", None, "YES"),
    ]


def test_default_may_be_written(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (id number, v varchar2(5) default 'd')")
    cur.execute("insert into t values (1, default)")
    cur.execute("insert into t values (2, 'x')")
    cur.execute("update t set v = default where id = 2")
    assert cur.execute("select v from t order by id").fetchall() == [("d",), ("d",)]
