"""Views that take rows, and those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import oracledb

    from .conftest import Fails


@pytest.fixture(autouse=True)
def table(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (id number(9) primary key, v varchar2(20 char), w number(8, 2))")


def test_a_view_has_the_types_of_its_table(cur: oracledb.Cursor) -> None:
    cur.execute("create view inner_ as select id, v from t")
    cur.execute("create view outer_ (nr, text) as select id, v from inner_")
    cur.execute(
        "select column_name, data_type, char_length, char_used, data_precision, data_scale "
        "from user_tab_columns where table_name = 'OUTER_' order by column_id"
    )
    assert cur.fetchall() == [
        ("NR", "NUMBER", 0, None, 9, 0),
        ("TEXT", "VARCHAR2", 20, "C", None, None),
    ]


@pytest.mark.usefixtures("plain_fetch")
def test_rows_go_through_a_view_of_one_table(cur: oracledb.Cursor) -> None:
    cur.execute("create view a_view as select id, v from t")
    cur.executemany("insert into a_view (id, v) values (:1, :2)", [(1, "a"), (2, "b")])
    cur.executemany(
        "update a_view set v = :1 where id = :2", [("c", 1), ("d", 9)], arraydmlrowcounts=True
    )
    assert cur.getarraydmlrowcounts() == [1, 0]
    cur.execute(
        "merge into a_view t using (select 2 id, 'e' v from dual union all select 3, 'f' from dual)"
        " s on (t.id = s.id) when matched then update set t.v = s.v "
        "when not matched then insert (id, v) values (s.id, s.v)"
    )
    cur.execute("delete from a_view where id = 1")
    assert cur.execute("select * from t order by 1").fetchall() == [(2, "e", None), (3, "f", None)]


def test_a_view_that_is_no_window_on_a_table_takes_nothing(
    cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute("create view grouped as select v, count(*) n from t group by v")
    cur.execute("create view once as select distinct v from t")
    for name in ("grouped", "once"):
        fails(1732, cur.execute, f"insert into {name} (v) values ('a')")
        fails(1732, cur.execute, f"update {name} set v = 'a'")
        fails(1732, cur.execute, f"delete from {name}")


def test_an_expression_in_a_view_takes_no_value(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create view twice as select id, v, w * 2 as ww from t")
    cur.execute("insert into twice (id, v) values (1, 'a')")
    fails(1733, cur.execute, "insert into twice (id, ww) values (2, 4)")
    fails(1733, cur.executemany, "insert into twice (id, ww) values (:1, :2)", [(2, 4), (3, 4)])
    fails(1733, cur.execute, "update twice set ww = 4")


def test_a_join_view_does_not_take_rows_of_two_tables(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table u (t_id number, x number)")
    cur.execute("create view joined as select t.id, t.v, u.x from t join u on u.t_id = t.id")
    fails(1776, cur.execute, "insert into joined (id, x) values (1, 1)")
    fails(1779, cur.execute, "update joined set v = 'a'")
    merge = "merge into joined j using (select 1 id from dual) s on (j.id = s.id) when matched then"
    fails(38106, cur.execute, f"{merge} update set j.v = 'a'")


def test_a_view_keeps_out_what_it_would_not_show(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create view small as select id, v from t where id < 10 with check option")
    cur.execute("insert into small values (9, 'a')")
    fails(1402, cur.execute, "insert into small values (10, 'a')")
    fails(1402, cur.execute, "update small set id = 11")


def test_a_read_only_view_takes_nothing(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create view shown as select id, v from t with read only")
    fails(42399, cur.execute, "insert into shown values (1, 'a')")
    fails(42399, cur.execute, "delete from shown")
    cur.execute("create or replace view shown as select id, v from t")
    cur.execute("insert into shown values (1, 'a')")


def test_ddl_of_tables_is_not_for_views(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create view a_view as select id, v from t")
    fails(942, cur.execute, "alter table a_view add (x number)")
    fails(1702, cur.execute, "create index i on a_view (v)")
    fails(942, cur.execute, "drop table a_view")
