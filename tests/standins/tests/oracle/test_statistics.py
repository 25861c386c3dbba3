"""DBMS_STATS, and what the dictionary shows of indexes, views and links."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import oracledb

    from .conftest import Fails


def test_statistics_are_shown_once_they_are_gathered(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (id number, v varchar2(10), c clob)")
    cur.executemany("insert into t values (:1, :2, 'x')", [(1, "a"), (2, "a"), (3, None)])
    tables = "select num_rows, last_analyzed from user_tables"
    assert cur.execute(tables).fetchone() == (None, None)
    cur.execute("begin dbms_stats.gather_table_stats(ownname => user, tabname => 't'); end;")
    found = cur.execute(tables).fetchone()
    assert found is not None
    assert found[0] == 3
    assert found[1] is not None
    cur.execute("select column_name, num_distinct, num_nulls from user_tab_columns order by 1")
    assert cur.fetchall() == [("C", 0, 0), ("ID", 3, 0), ("V", 1, 1)]
    cur.execute("insert into t (id) values (4)")
    cur.execute("begin dbms_stats.gather_schema_stats('APP'); end;")
    assert cur.execute("select num_rows from user_tables").fetchone() == (4,)
    fails(20000, cur.execute, "begin dbms_stats.gather_table_stats(user, 'NOT_THERE'); end;")
    fails(3001, cur.execute, "begin dbms_stats.lock_table_stats(user, 'T'); end;")


def test_an_index_shows_its_expressions_as_written(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (a number, v varchar2(10))")
    cur.execute("create index i on t (a, v desc, upper(v))")
    cur.execute("select index_type from user_indexes")
    assert cur.fetchall() == [("FUNCTION-BASED NORMAL",)]
    cur.execute(
        "select c.column_name, c.descend, e.column_expression from user_ind_columns c "
        "left join user_ind_expressions e on e.column_position = c.column_position "
        "order by c.column_position"
    )
    assert cur.fetchall() == [
        ("A", "ASC", None),
        ("SYS_NC00004$", "DESC", '"V"'),
        ("SYS_NC00005$", "ASC", 'UPPER("V")'),
    ]


def test_views_show_their_text_and_there_are_no_links(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (a number)")
    cur.execute("create view w as select a /* kept */ from t where a > 1")
    cur.execute("create materialized view m as select a from t")
    assert cur.execute("select text from user_views").fetchall() == [
        ("select a /* kept */ from t where a > 1",)
    ]
    cur.execute("comment on materialized view m is 'made'")
    cur.execute("select mview_name, comments from user_mview_comments")
    assert cur.fetchall() == [("M", "made")]
    cur.execute("select table_name, table_type from user_tab_comments order by 1")
    assert cur.fetchall() == [("T", "TABLE"), ("W", "VIEW")]
    assert cur.execute("select db_link, owner, host from all_db_links").fetchall() == []
