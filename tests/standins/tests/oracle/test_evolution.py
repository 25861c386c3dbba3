"""ALTER TABLE on a table with rows, and DDL against locks."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import oracledb

    from .conftest import Connect, Fails


@pytest.fixture
def filled(cur: oracledb.Cursor) -> None:
    cur.execute(
        "create table t (id number(5) primary key, n number(5,2), v varchar2(10), d date, c clob, "
        "e varchar2(10))"
    )
    cur.execute("insert into t values (1, 1.5, 'abcdef', sysdate, 'long', null)")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("add (v number)", 1430),
        ("modify (v number)", 1439),
        ("modify (d varchar2(20))", 1439),
        ("modify (n number(4,2))", 1440),
        ("modify (n number(5,1))", 1440),
        ("modify (n number(6,4))", 1440),
        ("modify (v varchar2(5))", 1441),
        ("modify (id not null)", 1442),
        ("modify (v clob)", 22858),
        ("modify (e clob)", 22858),
        ("modify (c varchar2(100))", 22858),
        ("modify (c blob)", 22858),
        ("modify (v varchar2(4001))", 910),
        ("modify (nope number)", 904),
        ("modify (e not null)", 2296),
        ("add (w number not null)", 1758),
        ("drop column nope", 904),
        ("rename column v to d", 957),
    ],
)
def test_a_change_that_values_forbid_is_refused(
    cur: oracledb.Cursor, fails: Fails, change: str, code: int
) -> None:
    fails(code, cur.execute, f"alter table t {change}")
    assert cur.execute("select id, n, v from t").fetchall() == [(1, 1.5, "abcdef")]


@pytest.mark.usefixtures("filled")
def test_what_only_grows_is_changed(cur: oracledb.Cursor) -> None:
    cur.execute("alter table t modify (n number(7,3), v varchar2(10 char), e number)")
    cur.execute("alter table t modify v varchar2(6)")
    cur.execute("alter table t add (w number default 7 not null, x clob)")
    cur.execute(
        "select column_name, data_type, char_length, data_precision, data_scale "
        "from user_tab_columns where column_name in ('N', 'V', 'E') order by 1"
    )
    assert cur.fetchall() == [
        ("E", "NUMBER", 0, None, None),
        ("N", "NUMBER", 0, 7, 3),
        ("V", "VARCHAR2", 6, None, None),
    ]
    assert cur.execute("select w, x from t").fetchall() == [(7, None)]


def test_ddl_waits_for_a_lock_as_long_as_told(connect: Connect, fails: Fails) -> None:
    one, two = connect().cursor(), connect().cursor()
    one.execute("create table t (id number)")
    one.execute("insert into t values (1)")
    fails(54, two.execute, "alter table t add (v number)")
    two.execute("alter session set ddl_lock_timeout = 5")
    threading.Timer(0.3, one.connection.commit).start()
    start = time.monotonic()
    two.execute("alter table t add (v number)")
    assert 0.2 < time.monotonic() - start < 4


def test_a_deferred_constraint_speaks_at_commit(connect: Connect, fails: Fails) -> None:
    conn = connect()
    cur = conn.cursor()
    cur.execute(
        "create table t (id number, constraint u unique (id) deferrable initially deferred)"
    )
    cur.execute("create table p (id number primary key)")
    cur.execute("create table c (id number references p (id) deferrable initially deferred)")
    cur.execute("insert into c values (5)")
    text = fails(2091, conn.commit).message
    assert "ORA-02291" in text
    assert cur.execute("select * from c").fetchall() == []
    cur.executemany("insert into t values (:1)", [(1,), (1,)])
    assert "ORA-00001" in fails(2091, conn.commit).message
    cur.execute("insert into c values (1)")
    cur.execute("insert into p values (1)")
    conn.commit()
