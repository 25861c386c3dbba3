"""Connections to PostgreSQL serve one session after the other, each as if it were the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import oracledb
    from oracle_standin import OracleStandin

    from .conftest import Connect

COLUMNS = "select column_name from user_tab_columns where table_name = :1 order by column_id"


def served_by(cursor: oracledb.Cursor) -> str:
    (number,) = cursor.execute("select sys_context('userenv', 'sid') from dual").fetchone()
    return str(number)


def test_a_session_has_nothing_of_the_one_before(connect: Connect) -> None:
    first = connect()
    cursor, number = first.cursor(), served_by(first.cursor())
    zone = cursor.execute("select sessiontimezone from dual").fetchone()
    cursor.execute("create global temporary table t (a number) on commit preserve rows")
    cursor.execute("create private temporary table ora$ptt_p (a number)")
    cursor.execute("alter session set time_zone = '-03:30' nls_date_format = 'YYYY'")
    cursor.execute("insert into t values (1)")
    first.commit()
    first.close()

    cursor = connect().cursor()
    assert served_by(cursor) == number
    assert cursor.execute("select sessiontimezone from dual").fetchone() == zone
    assert cursor.execute("select to_char(date '2026-01-02') from dual").fetchone() == (
        "02-JAN-26",
    )
    assert cursor.execute("select count(*) from t").fetchone() == (0,)
    cursor.execute("create private temporary table ora$ptt_p (b number)")


def test_a_query_of_the_dictionary_is_up_to_date_in_each_session(
    server: OracleStandin, connect: Connect
) -> None:
    first = connect()
    cursor, number = first.cursor(), served_by(first.cursor())
    cursor.execute("create table t (a number)")
    for _ in range(3):
        assert cursor.execute(COLUMNS, ["T"]).fetchall() == [("A",)]
    first.close()

    server.create_user("other", "secret")
    try:
        other = connect(user="other")
        cursor = other.cursor()
        assert served_by(cursor) == number
        assert cursor.execute(COLUMNS, ["T"]).fetchall() == []
        cursor.execute("create table t (b number)")
        assert cursor.execute(COLUMNS, ["T"]).fetchall() == [("B",)]
        cursor.execute("alter table t add c number")
        assert cursor.execute(COLUMNS, ["T"]).fetchall() == [("B",), ("C",)]
        other.close()
    finally:
        server.drop_user("other")
    assert connect().cursor().execute(COLUMNS, ["T"]).fetchall() == [("A",)]
