"""What is not translated is refused, and wrong values are told: nothing is skipped or bent."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import oracledb

    from .conftest import Fails

ROWS = "(select level id, 'a' v from dual connect by level <= 3)"


@pytest.mark.parametrize(
    "query",
    [
        f"select * from {ROWS} pivot (count(*) for v in ('a'))",
        f"select * from {ROWS} unpivot (x for y in (id, v))",
        f"select lag(id) ignore nulls over (order by id) from {ROWS}",
        f"select max(id) keep (dense_rank first order by id) from {ROWS}",
        f"select * from {ROWS} fetch first 50 percent rows only",
        "select * from t sample (10)",
        "select * from t partition (p1)",
        "select * from t as of timestamp sysdate",
        "select id from t start with id = 1 connect by prior id = id",
        "select id from t connect by level <= 3",
        "select json_query(v, '$.a' with wrapper) from t",
        "select json_value(v, '$.a[*]') from t",
        "select json_value(v, '$.a' returning date) from t",
        "select systimestamp at time zone 'Europe/Berlin' from dual",
        "select to_timestamp_tz('2024-01-02 Europe/Berlin', 'YYYY-MM-DD TZR') from dual",
    ],
)
def test_a_clause_is_refused_rather_than_skipped(
    cur: oracledb.Cursor, fails: Fails, query: str
) -> None:
    cur.execute("create table t (id number, v varchar2(20))")
    cur.execute("insert into t values (1, '{}')")
    fails(3001, cur.execute, query)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("rownum = 1", 1),
        ("rownum = 2", 0),
        ("rownum <= 2.9", 2),
        ("rownum < 2.1", 2),
        ("rownum <= 0", 0),
        ("rownum <= -1", 0),
        ("rownum <= null", 0),
        ("rownum <= 3 and rownum < 2", 1),
    ],
)
def test_rownum_lets_as_many_rows_through(
    cur: oracledb.Cursor, condition: str, expected: int
) -> None:
    cur.execute("create table t (id number)")
    cur.executemany("insert into t values (:1)", [(i,) for i in range(5)])
    assert len(cur.execute(f"select id from t where {condition}").fetchall()) == expected


@pytest.mark.parametrize(
    ("text", "model", "code"),
    [
        ("2024-01-02x", "YYYY-MM-DD", 1830),
        ("2024-01-02 10:00", "YYYY-MM-DD", 1830),
        ("2024", "YYYY-MM-DD", 1840),
        ("2024-xx-02", "YYYY-MM-DD", 1858),
        ("2024-01-xx", "YYYY-MM-DD", 1858),
        ("02-foo-2024", "DD-MON-YYYY", 1843),
        ("2024-13-02", "YYYY-MM-DD", 1843),
        ("2024-00-02", "YYYY-MM-DD", 1843),
        ("2024-01-32", "YYYY-MM-DD", 1847),
        ("2023-02-29", "YYYY-MM-DD", 1839),
        ("2023-366", "YYYY-DDD", 1848),
        ("24:00", "HH24:MI", 1850),
        ("13:00 AM", "HH:MI AM", 1849),
        ("10:60", "HH24:MI", 1851),
        ("10:10:60", "HH24:MI:SS", 1852),
        ("10:00 XM", "HH:MI AM", 1855),
        ("2024-01-02", "YYYY-MM-DD QQ", 1821),
        ("2024-01-02.5", "YYYY-MM-DD.FF", 1821),
        ("2024-01-02 03", 'YYYY-MM-DD"T"HH24', 1861),
        ("2024-1-2", "FXYYYY-MM-DD", 1862),
    ],
)
def test_text_that_is_no_date_is_told(
    cur: oracledb.Cursor, fails: Fails, text: str, model: str, code: int
) -> None:
    fails(code, cur.execute, "select to_date(:1, :2) from dual", [text, model])


@pytest.mark.parametrize(
    ("text", "model", "expected"),
    [
        ("20240102", "YYYY-MM-DD", dt.datetime(2024, 1, 2)),
        ("2024/1/2", "YYYY-MM-DD", dt.datetime(2024, 1, 2)),
        ("2024-01-02", "YYYY-MM-DD HH24:MI:SS", dt.datetime(2024, 1, 2)),
        ("02-January-2024", "DD-MON-YYYY", dt.datetime(2024, 1, 2)),
        ("02-JAN-24", "DD-MON-RR", dt.datetime(2024, 1, 2)),
        ("02-JAN-70", "DD-MON-RR", dt.datetime(1970, 1, 2)),
        ("02-JAN-2024", "DD-MON-RR", dt.datetime(2024, 1, 2)),
        ("2024-060", "YYYY-DDD", dt.datetime(2024, 2, 29)),
        ("2024-01-02T12:04", 'YYYY-MM-DD"T"HH:MI', dt.datetime(2024, 1, 2, 12, 4)),
        ("2024-01-02 12:04 am", "YYYY-MM-DD HH:MI AM", dt.datetime(2024, 1, 2, 0, 4)),
        ("2024-01-02 3661", "YYYY-MM-DD SSSSS", dt.datetime(2024, 1, 2, 1, 1, 1)),
    ],
)
def test_dates_are_read_by_their_model(
    cur: oracledb.Cursor, text: str, model: str, expected: dt.datetime
) -> None:
    assert cur.execute("select to_date(:1, :2) from dual", [text, model]).fetchone() == (expected,)


def test_times_keep_their_fraction_and_offset(cur: oracledb.Cursor) -> None:
    cur.execute(
        "select to_char(to_timestamp_tz('2024-01-02T03:04:05.678-02:30', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.FFTZH:TZM'), 'YYYY-MM-DD HH24:MI:SS.FF3 TZH:TZM') from dual"
    )
    assert cur.fetchone() == ("2024-01-02 03:04:05.678 -02:30",)


def test_a_sum_of_months_has_its_day_or_fails(cur: oracledb.Cursor, fails: Fails) -> None:
    fails(1839, cur.execute, "select date '2024-01-31' + interval '1' month from dual")
    fails(1839, cur.execute, "select timestamp '2024-02-29 00:00:00' + interval '1' year from dual")
    cur.execute("select date '2024-01-30' - interval '2' month from dual")
    assert cur.fetchone() == (dt.datetime(2023, 11, 30),)
    cur.execute("select date '2024-02-28' + interval '2' day from dual")
    assert cur.fetchone() == (dt.datetime(2024, 3, 1),)


def test_only_an_escape_character_escapes(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (v varchar2(10))")
    cur.executemany("insert into t values (:1)", [("a_b",), ("axb",), ("a\\_b",)])
    select = "select v from t where v like :1"
    assert cur.execute(select, ["a\\_b"]).fetchall() == [("a\\_b",)]  # one character follows
    assert cur.execute(f"{select} escape '!'", ["a!_b"]).fetchall() == [("a_b",)]
    assert cur.execute(f"{select} escape '\\'", ["a\\\\\\_b"]).fetchall() == [("a\\_b",)]
    fails(1424, cur.execute, f"{select} escape '!'", ["a!b"])
    fails(1424, cur.execute, f"{select} escape '!'", ["ab!"])
    fails(1425, cur.execute, f"{select} escape '!!'", ["ab"])


def test_numbers_and_texts_have_their_limits(cur: oracledb.Cursor, fails: Fails) -> None:
    fails(1426, cur.execute, "select power(10, 130) from dual")
    fails(1428, cur.execute, "select power(-8, 0.5) from dual")
    cur.execute("select power(2, 10), power(-2, 3), power(10, 125) from dual")
    assert cur.fetchone() == (1024, -8, 10**125)
    fails(1489, cur.execute, "select rpad('x', 4000) || 'y' from dual")
    cur.execute("select dbms_lob.getlength(to_clob(rpad('x', 4000)) || 'y') from dual")
    assert cur.fetchone() == (4001,)


def test_bytes_as_text_are_hex_digits(cur: oracledb.Cursor) -> None:
    cur.execute("/*+ a hint */ select 'x' || hextoraw('00ff') from dual")
    assert cur.fetchone() == ("x00FF",)


def test_rows_are_fetched_by_an_expression(cur: oracledb.Cursor) -> None:
    query = f"select id from {ROWS} order by id offset :1 - 1 rows fetch next :2 - 1 rows only"
    assert cur.execute(query, [2, 3]).fetchall() == [(2,), (3,)]
    assert cur.execute(f"select id from {ROWS} order by id fetch first row only").fetchall() == [
        (1,)
    ]


def test_rows_are_made_by_level(cur: oracledb.Cursor) -> None:
    made = "from dual connect by level <= :1"
    assert cur.execute(f"select level {made}", [3]).fetchall() == [(1,), (2,), (3,)]
    assert cur.execute(f"select 'x', null {made}", [2]).fetchall() == [("x", None)] * 2
    assert cur.execute(f"select sum(level) {made}", [4]).fetchall() == [(10,)]
    assert cur.execute(f"select level {made}", [0]).fetchall() == [(1,)]  # the root
    cur.execute("select rownum from dual connect by rownum <= 2")
    assert cur.fetchall() == [(1,), (2,)]


def test_counts_of_the_rows_before_a_failure_are_told(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (id number primary key, v number)")
    rows = [(1, 0), (2, 0), (3, 0), (2, 0), (4, 0)]
    fails(1, cur.executemany, "insert into t values (:1, :2)", rows, arraydmlrowcounts=True)
    assert cur.rowcount == 3
    assert cur.getarraydmlrowcounts() == [1, 1, 1]
    update = "update t set id = decode(:1, 9, 1, id), v = 1 where id <= :2"
    fails(1, cur.executemany, update, [(0, 3), (0, 1), (9, 3)], arraydmlrowcounts=True)
    assert cur.getarraydmlrowcounts() == [3, 1]


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("delete from t where rownum <= 3", 2),
        ("delete from t a where a.id > 0 and rownum < 3", 3),
        ("delete from t where rownum = 1", 4),
        ("delete from t where rownum = 2", 5),
        ("update t set v = null where rownum <= 3", 2),
        ("update t a set a.v = null where rownum <= :1 and a.id >= 1", 2),
    ],
)
def test_rownum_lets_as_many_rows_be_written(
    cur: oracledb.Cursor, statement: str, left: int
) -> None:
    cur.execute("create table t (id number, v varchar2(9))")
    cur.executemany("insert into t values (:1, 'x')", [(i,) for i in range(5)])
    cur.execute(statement, [3] if ":1" in statement else [])
    assert cur.rowcount == 5 - left
    assert cur.execute("select count(*) from t where v = 'x'").fetchone() == (left,)


@pytest.mark.parametrize(
    ("code", "statement"),
    [
        (3001, "delete from t where rownum > 1"),
        (3001, "delete from t where rownum = 1 or id = 1"),
        (3001, "update t set id = rownum"),
        (3001, "select id from t where rownum > 1"),
        (30483, "select id from t where row_number() over (order by id) = 1"),
        (920, "select t.id from t join t u on 1"),
        (920, "select t.id from t left join t u on (t.id = u.id and 0)"),
        (920, "select id from t where 1"),
        (920, "select id from t where not 'x'"),
        (920, "select case when 1 then 'a' end from t"),
        (918, "select rowid from t, (select 1 n from dual) q"),
        (3001, "select rowid from (select id from t)"),
        (3001, "select q.rowid from t, (select id from t) q"),
        (3001, "with q as (select id from t) select rowid from q"),
        (932, "select case when id = 1 then 1 else 'x' end from t"),
        (932, "select case id when 1 then d else at end from t"),
        (932, "select case when id = 1 then sysdate else systimestamp end from t"),
        (932, "select case id when 1 then at else to_timestamp_tz(v) end from t"),
        (932, "select case when id = 1 then t.v else u.c end from t join t u on t.id = u.id"),
        (932, "select case when id = 1 then max(d) over () else localtimestamp end from t"),
        (932, "select case when id = 1 then c else upper(v) end from t"),
        (932, "select case when id = 1 then a else b end from (select id, d a, at b from t)"),
        (997, "select q.l from t left join (select id, l from t) q on q.id = t.id"),
        (997, "select q.l from (select id, l from t) q left join t on q.id = t.id"),
        (997, "select q.l from t, (select id, l from t) q where q.id (+) = t.id"),
        (997, "select 1 from dual left join (select * from all_views) a on a.text_length = 1"),
        (997, "select id from t where l = 'x'"),
        (997, "select id from t where l like 'x%'"),
        (997, "select l from t order by l"),
        (997, "select distinct l from t"),
        (997, "select l from t union select l from t"),
        (997, "insert into t (id, l) select id, l from t"),
        (932, "select upper(l) from t"),
        (932, "select l || 'x' from t"),
    ],
)  # fmt: skip
def test_what_oracle_does_not_take_is_refused(
    cur: oracledb.Cursor, fails: Fails, code: int, statement: str
) -> None:
    cur.execute("create table t (id number, v varchar2(9), d date, at timestamp, c clob, l long)")
    fails(code, cur.execute, statement)


@pytest.mark.parametrize(
    "query",
    [
        "select l from t",
        "select t.l from t left join t u on t.id = u.id where t.l is not null",
        "select l from (select l from t)",
        "select l from t union all select l from t",
        "select text from all_views where view_name = 'V' order by owner",
        "select t.rowid from t, (select 1 n from dual) q",
        "select rowid from t where id = 1 and 1 = 1",
        "select case when id = 1 then 1 else cast(2 as binary_double) end from t",
        "select case when id = 1 then cast(d as timestamp) else at end from t",
        "select case when id = 1 then null else d end from t",
        "select case when id = 1 then v else n'x' end from t",
        "select decode(id, 1, d, at) from t",
        "select case when id = 1 then c else substr(c, 1, 2) end from t",
        "select case when id = 1 then upper(v) else 'x' end from t",
        "select case when id = 1 then c else to_clob(v) end from t",
    ],
)
def test_what_looks_like_it_is_taken(cur: oracledb.Cursor, query: str) -> None:
    cur.execute("create table t (id number, v varchar2(9), d date, at timestamp, c clob, l long)")
    assert cur.execute(query).fetchall() == []
