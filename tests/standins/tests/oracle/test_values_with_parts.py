"""Objects in columns, nested cursors, intervals of months and ROWIDs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import oracledb
import pytest

if TYPE_CHECKING:
    from .conftest import Connect, Fails


@pytest.fixture
def pieces(cur: oracledb.Cursor) -> oracledb.Cursor:
    cur.execute("create type piece as object (n number, s char(3), d date, b blob)")
    cur.execute("create type pieces as table of piece")
    cur.execute("create table kept (id number, one piece, all_of pieces)")
    return cur


def test_objects_are_kept_in_columns(pieces: oracledb.Cursor, fails: Fails) -> None:
    pieces.execute(
        "insert into kept values (1, piece(1.50, 'a', date '2024-02-29', hextoraw('00ff')), "
        "pieces(piece(null, null, null, null), null))"
    )
    made = pieces.connection.gettype("PIECES").newobject()
    made.append(pieces.connection.gettype("PIECE").newobject())
    made.getelement(0).S = "xyz"
    pieces.execute("insert into kept (id, all_of) values (2, :1)", [made])
    pieces.execute("select * from kept order by id")
    assert [column.type.name for column in (pieces.description or ())[1:]] == ["PIECE", "PIECES"]
    (_, one, several), (_, none, own) = pieces.fetchall()
    assert (one.N, one.S, one.D, one.B.read()) == (1.5, "a  ", dt.datetime(2024, 2, 29), b"\0\xff")
    assert none is None
    assert [each and each.S for each in several.aslist()] == [None, None]
    assert own.aslist()[0].S == "xyz"
    pieces.execute("select data_type, data_type_owner from user_tab_columns where column_id = 2")
    assert pieces.fetchone()[0] == "PIECE"
    fails(902, pieces.execute, "create table other (one no_such_type)")


def test_a_cursor_is_a_column(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (a number, d date)")
    cur.execute("insert into t values (1, date '2024-05-06')")
    cur.execute("insert into t values (2, null)")
    cur.execute(
        "select a, cursor(select t.a + level as b, t.d, cursor(select 'x' y from dual) c from dual "
        "connect by level <= 2) q from t order by a"
    )
    rows = [(a, [(b, d, list(c)) for b, d, c in inner]) for a, inner in cur]
    day = dt.datetime(2024, 5, 6)
    assert rows == [
        (1, [(2, day, [("x",)]), (3, day, [("x",)])]),
        (2, [(3, None, [("x",)]), (4, None, [("x",)])]),
    ]


def test_intervals_of_months(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table i (y interval year(3) to month, d interval day(4) to second(3))")
    cur.execute(
        "insert into i values (:1, to_dsinterval('-3 04:05:06.5'))", [oracledb.IntervalYM(-1, -2)]
    )
    cur.execute("select y, d, y + to_yminterval('2-1'), date '2024-01-31' - y from i")
    assert cur.fetchone() == (
        oracledb.IntervalYM(-1, -2),
        -dt.timedelta(days=3, hours=4, minutes=5, seconds=6.5),
        oracledb.IntervalYM(0, 11),
        dt.datetime(2025, 3, 31),
    )
    told = [(column.precision, column.scale) for column in (cur.description or ())[:2]]
    assert told == [(3, 0), (4, 3)]
    fails(1867, cur.execute, "select to_yminterval('1') from dual")
    fails(1850, cur.execute, "select to_dsinterval('1 25:00:00') from dual")


def test_rowids_are_bound_and_kept(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (a number, r rowid)")
    cur.executemany("insert into t (a) values (:1)", [(1,), (2,)])
    cur.execute("select rowid from t where a = 2")
    (found,) = cur.fetchone()
    assert len(found) == 18
    cur.execute("update t set r = :1 where rowid = :1", [found, found])
    cur.execute("select a, r from t where r is not null")
    assert [a for a, _ in cur] == [2]
    fails(1410, cur.execute, "select a from t where rowid = 'no row'")
    fails(932, cur.execute, "insert into t (r) values (:1)", [5])


def test_what_a_client_says_of_itself(connect: Connect, fails: Fails) -> None:
    with connect(program="probe", appcontext=[("clientcontext", "a", "one")]) as connection:
        connection.module, connection.client_identifier = "loading", "me"
        cursor = connection.cursor()
        cursor.execute("select program, module, serial# from v$session")
        assert cursor.fetchone() == ("probe", "loading", connection.serial_num)
        asked = "select sys_context('clientcontext', 'A'), sys_context('userenv', :1) from dual"
        assert cursor.execute(asked, ["client_identifier"]).fetchone() == ("one", "me")
        connection.client_identifier = None
        assert cursor.execute(asked, ["client_identifier"]).fetchone() == ("one", None)
        connection.set_app_context("OTHER", a="b")
        fails(28267, connection.ping)


def test_a_password_is_changed(connect: Connect, fails: Fails) -> None:
    connection = connect()
    fails(28008, connection.changepassword, "wrong", "new1")
    fails(28218, connection.changepassword, "secret", "n" * 1025)
    connection.changepassword("secret", "new1")
    fails(1017, connect)
    with connect(password="new1", newpassword="secret"):
        pass
    connect().ping()


def test_a_lob_is_opened_once(cur: oracledb.Cursor, fails: Fails) -> None:
    lob = cur.connection.createlob(oracledb.DB_TYPE_CLOB)
    fails(22289, lob.close)
    lob.open()
    fails(22293, lob.open)
    lob.close()


def test_reserved_words_name_no_binds(cur: oracledb.Cursor, fails: Fails) -> None:
    fails(1745, cur.execute, "select :size from dual", [1])


def test_a_cursor_scrolls(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t as select level n from dual connect by level <= 30")
    scrolled = cur.connection.cursor(scrollable=True)
    scrolled.arraysize = 4
    scrolled.execute("select n from t where n <= :1 order by n", [30])
    assert [n for (n,) in scrolled.fetchmany(7)] == [1, 2, 3, 4, 5, 6, 7]
    for move, row in (({"mode": "last"}, 30), ({"mode": "first"}, 1), ({"value": 9}, 10)):
        scrolled.scroll(**move)
        assert (scrolled.fetchone(), scrolled.rowcount) == ((row,), row)
    scrolled.scroll(28, mode="absolute")
    assert scrolled.fetchall() == [(28,), (29,), (30,)]
    with pytest.raises(oracledb.Error, match="DPY-2063"):
        scrolled.scroll(31, mode="absolute")


def test_what_a_bind_of_the_type_char_equals(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (c char(5), v varchar2(5))")
    cur.execute("insert into t values ('x', 'x')")
    for column, value, kind, count in (
        ("c", "x", oracledb.DB_TYPE_CHAR, 1),
        ("c", "x  ", oracledb.DB_TYPE_CHAR, 1),
        ("c", "x", oracledb.DB_TYPE_VARCHAR, 0),
        ("v", "x", oracledb.DB_TYPE_CHAR, 1),
        ("v", "x ", oracledb.DB_TYPE_CHAR, 0),
    ):
        cur.setinputsizes(kind)
        cur.execute(f"select count(*) from t where {column} = :1", [value])
        assert cur.fetchone() == (count,), (column, value, kind)


def test_casts_and_literals_are_described_as_written(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute(
        "select cast(1.25 as number(5, 1)), cast(1/3 as real), cast('x' as varchar2(7)), 'abc', "
        "count(*), user from dual"
    )
    told = [(d.name, d.type, d.precision, d.scale, d.display_size) for d in cur.description or ()]
    assert [each[1:4] for each in told[:2]] == [
        (oracledb.DB_TYPE_NUMBER, 5, 1),
        (oracledb.DB_TYPE_NUMBER, 63, -127),
    ]
    assert [(each[0], each[1], each[4]) for each in told[2:4]] == [
        ("CAST('x'ASVARCHAR2(7))", oracledb.DB_TYPE_VARCHAR, 7),
        ("'abc'", oracledb.DB_TYPE_CHAR, 3),
    ]
    assert [each[0] for each in told[4:]] == ["COUNT(*)", "USER"]
    cur.execute("create table t (a number)")
    fails(2014, cur.execute, "select a from t fetch first 1 rows only for update")
    fails(2014, cur.execute, "select distinct a from t for update")
    fails(25175, cur.execute, "create table i (a number) organization index")


def test_23ai_locks_the_rows_of_fetch(connect23: Connect) -> None:
    cursor = connect23().cursor()
    cursor.execute("create table t as select level a from dual connect by level <= 3")
    cursor.execute("select a from t fetch first 2 rows only for update")
    assert len(cursor.fetchall()) == 2


def test_a_returned_text_is_cut_and_its_length_told(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (v varchar2(20))")
    short = cur.var(str, 2)
    with pytest.raises(oracledb.DatabaseError, match="DPY-4002"):
        cur.execute("insert into t values ('a long text') returning v into :1", [short])
