"""Rules for values: CHAR, FLOAT, local time zones, and what a direct path load stores."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import oracledb
import pytest
from oracle_standin import OracleStandin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Connect, Fails

pytestmark = pytest.mark.usefixtures("plain_fetch")


@pytest.fixture
def chars(cur: oracledb.Cursor) -> oracledb.Cursor:
    cur.execute("create table t (id number, c char(3 char), b char(3), v varchar2(9))")
    cur.execute("insert into t values (1, 'a', 'a', 'a')")
    return cur


def test_char_is_padded(chars: oracledb.Cursor) -> None:
    chars.execute("select c, b, length(c), c || '|', lengthb(b) from t")
    assert chars.fetchall() == [("a  ", "a  ", 3, "a  |", 3)]
    chars.execute("select cast('a' as char(2)), cast('abc' as char(2)) from dual")
    assert chars.fetchall() == [("a ", "ab")]


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("c = 'a'", 1),  # text literals are CHAR: blank-padded
        ("c = 'a     '", 1),
        ("c in ('b', 'a')", 1),
        ("c between 'a' and 'a'", 1),
        ("c = b", 1),
        ("c = v", 0),  # VARCHAR2: nonpadded
        ("c = :1", 0),  # binds are VARCHAR2
        ("c = v || '  '", 1),
        ("c <> v", 1),
        ("decode(c, 'a', 1, 0) = 0", 1),  # DECODE: nonpadded
        ("decode(c, 'a  ', 1, 0) = 1", 1),
        ("decode(c, b, 1, 0) = 1", 1),
        ("decode(c, cast('a' as char(4)), 1, 0) = 1", 0),
        ("case c when 'a' then 1 else 0 end = 1", 1),
        ("c like 'a'", 0),
        ("trim(c) = 'a'", 1),
        ("rtrim(c) = v", 1),
    ],
)
def test_char_compares_padded_or_not(chars: oracledb.Cursor, condition: str, rows: int) -> None:
    binds = ["a"] if ":1" in condition else []
    chars.execute(f"select count(*) from t where {condition}", binds)
    assert chars.fetchone() == (rows,)


def test_no_blank_is_cut_from_a_char(chars: oracledb.Cursor, fails: Fails) -> None:
    expected = '"APP"."T"."C" (actual: 4, maximum: 3)'
    found = fails(12899, chars.execute, "insert into t (c) values ('a   ')")
    assert expected in found.message
    assert expected in fails(12899, chars.execute, "update t set c = 'a   '").message
    fails(12899, chars.execute, "insert into t (b) values ('\u00e9\u00e9')")  # of four bytes
    chars.execute("create table s (c char(12))")
    chars.execute("insert into s values ('a')")
    found = fails(12899, chars.execute, "insert into t (c) select c from s")
    assert "(actual: 12, maximum: 3)" in found.message
    merge = "merge into t using s on (t.id = 1) when matched then update set t.c = s.c"
    fails(12899, chars.execute, merge)


def test_many_chars_are_padded_and_the_long_ones_refused(
    chars: oracledb.Cursor, fails: Fails
) -> None:
    rows = [(1, "x", "\u00e9"), (2, "\\\t", None), (3, "x   ", "y"), (4, "zzz", "zzz")]
    chars.execute("delete from t")
    chars.executemany("insert into t (id, c, b) values (:1, :2, :3)", rows, batcherrors=True)
    (failed,) = chars.getbatcherrors()
    assert (failed.offset, failed.code) == (2, 12899)
    chars.execute("select c, b from t order by id")
    assert chars.fetchall() == [("x  ", "\u00e9 "), ("\\\t ", None), ("zzz", "zzz")]


def test_keys_of_char_are_padded(chars: oracledb.Cursor, fails: Fails) -> None:
    chars.execute("create table k (c char(3) primary key)")
    chars.execute("insert into k values ('a')")
    fails(1, chars.execute, "insert into k values ('a ')")
    chars.execute("select count(*) from t join k on t.c = k.c")
    assert chars.fetchone() == (1,)
    chars.execute("alter table k modify (c char(5))")
    assert chars.execute("select c from k").fetchall() == [("a    ",)]


def test_char_without_padding(server: OracleStandin, connect: Connect) -> None:
    with server.switched(char_padding=False):
        cur = connect().cursor()
        cur.execute("create table t (c char(3))")
        cur.execute("insert into t values ('a    ')")
        cur.execute("select length(c) from t where c = :1", ["a"])
        assert cur.fetchall() == [(1,)]


FLOATS = [(1.23, "1.2"), (7.89, "7.9"), (12.79, "13"), (123.45, "120"), (0.0123, "0.012")]


def test_floats_have_the_digits_of_their_bits(server: OracleStandin, connect: Connect) -> None:
    """The first four are the example of the SQL Language Reference, "FLOAT Data Type"."""
    cur = connect().cursor()
    cur.execute("create table t (n number, f float(5))")
    cur.execute("insert into t values (0, 0)")
    cur.executemany("insert into t values (:1, :2)", [(value, value) for value, _ in FLOATS])
    cur.execute("select f from t where n > 0 order by n")
    assert sorted(row[0] for row in cur) == sorted(Decimal(text) for _, text in FLOATS)
    cur.execute("select cast(123.45 as float(5)), cast(n as float(5)) from t where n > 100")
    assert cur.fetchall() == [(120, 120)]
    cur.execute("alter table t rename column f to g")
    cur.execute("alter table t add (r real)")
    cur.execute(f"update t set g = 99.9, r = {'1' * 30} where n = 0")
    assert cur.execute("select g, r from t where n = 0").fetchall() == [
        (100, Decimal("1" * 19 + "0" * 11))
    ]
    with server.switched(float_digits=False):
        cur.execute("update t set g = 1.2345 where n = 0")
        assert cur.execute("select g from t where n = 0").fetchall() == [(Decimal("1.2345"),)]


@pytest.fixture(scope="module")
def eastern() -> Iterator[OracleStandin]:
    """A database whose time zone is two hours east."""
    with OracleStandin({"app": "secret"}, db_time_zone="+02:00") as server:
        yield server


@pytest.fixture
def local(eastern: OracleStandin) -> Iterator[oracledb.Cursor]:
    eastern.drop_user("app")
    eastern.create_user("app", "secret")
    with oracledb.connect(user="app", password="secret", dsn=eastern.dsn) as conn:
        cur = conn.cursor()
        cur.execute("alter session set time_zone = '+00:00'")
        cur.execute("create table t (id number, l timestamp(3) with local time zone)")
        yield cur


NOON = datetime(2026, 7, 1, 12, 0, 0, 123000)


def test_local_times_are_seen_in_the_zone_of_the_session(local: oracledb.Cursor) -> None:
    assert local.execute("select dbtimezone from dual").fetchone() == ("+02:00",)
    local.setinputsizes(None, oracledb.DB_TYPE_TIMESTAMP)
    local.executemany("insert into t values (:1, :2)", [(1, NOON), (2, NOON)])
    local.execute("insert into t values (3, timestamp '2026-07-01 15:00:00.123 +03:00')")
    same = "select count(*), count(distinct l) from t where l = timestamp '2026-07-01 12:00:00.123'"
    assert local.execute(same).fetchone() == (3, 1)
    assert {row[0] for row in local.execute("select l from t")} == {NOON}
    local.execute("alter session set time_zone = '-05:00'")
    assert {row[0] for row in local.execute("select l from t")} == {NOON.replace(hour=7)}
    local.execute("select to_char(l, 'HH24:MI'), cast(l as timestamp) from t where id = 1")
    assert local.fetchone() == ("07:00", NOON.replace(hour=7))
    local.execute("select sys_extract_utc(l), max(l) over () from t where id = 1")
    assert local.fetchone() == (NOON, NOON.replace(hour=7))
    local.execute("alter session set time_zone = 'Europe/Paris'")
    assert {row[0] for row in local.execute("select l from t")} == {NOON.replace(hour=14)}


def test_a_direct_path_load_stores_local_times_unconverted(local: oracledb.Cursor) -> None:
    local.connection.direct_path_load("APP", "T", ["ID", "L"], [(1, NOON)])
    assert local.execute("select l from t").fetchone() == (NOON.replace(hour=10),)


def test_local_times_may_be_keys(local: oracledb.Cursor, fails: Fails) -> None:
    local.execute("create table k (l timestamp with local time zone primary key)")
    local.execute("insert into k values (timestamp '2026-07-01 12:00:00 +00:00')")
    fails(1, local.execute, "insert into k values (timestamp '2026-07-01 13:00:00 +01:00')")


def test_local_times_as_they_were(eastern: OracleStandin, local: oracledb.Cursor) -> None:
    with eastern.switched(local_time_zone=False):
        local.execute("create table u (l timestamp with local time zone)")
        local.connection.direct_path_load("APP", "U", ["L"], [(NOON,)])
        assert local.execute("select l from u").fetchone() == (NOON,)


def load(cur: oracledb.Cursor, kind: str, value: Any) -> Any:
    cur.execute("begin execute immediate 'drop table d'; exception when others then null; end;")
    cur.execute(f"create table d (v {kind})")
    cur.connection.direct_path_load("APP", "D", ["V"], [(value,)])
    return cur.execute("select v from d").fetchone()[0]


FINE = datetime(2026, 7, 1, 12, 0, 0, 123456)
SENT: list[tuple[str, Any, Any]] = [
    ("number(5,2)", Decimal("1.239"), Decimal("1.24")),
    ("number(5,2)", Decimal("1.2"), Decimal("1.2")),
    ("number(3)", Decimal("1.5"), 2),
    ("number(5,-2)", Decimal(1234), 1200),
    ("timestamp(3)", FINE, FINE.replace(microsecond=123000)),
    ("float(5)", Decimal("123.45"), 120),
    ("char(3)", "a", "a  "),
]


@pytest.mark.parametrize(("kind", "value", "converted"), SENT)
def test_a_direct_path_load_stores_what_is_sent(
    server: OracleStandin, connect: Connect, kind: str, value: Any, converted: Any
) -> None:
    cur = connect().cursor()
    assert load(cur, kind, value) == value
    if isinstance(value, datetime):  # else bound as DATE
        cur.setinputsizes(oracledb.DB_TYPE_TIMESTAMP)
    cur.execute("insert into d values (:1)", [value])
    assert sorted(map(str, (row[0] for row in cur.execute("select v from d")))) == sorted(
        map(str, (value, converted))
    )
    with server.switched(direct_path_unchecked=False):
        assert load(cur, kind, value) == converted


def test_a_number_beyond_its_precision_is_loaded(
    server: OracleStandin, connect: Connect, fails: Fails
) -> None:
    cur = connect().cursor()
    assert load(cur, "number(3)", 12345) == 12345
    fails(1438, cur.execute, "insert into d values (12345)")
    with server.switched(direct_path_unchecked=False), pytest.raises(oracledb.DatabaseError) as e:
        load(cur, "number(3)", 12345)
    assert e.value.args[0].code == 1438


def test_a_direct_path_load_finds_partitions(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute(
        "create table p (k number) partition by range (k) (partition a values less than (10))"
    )
    fails(14400, cur.connection.direct_path_load, "APP", "P", ["K"], [(1,), (10,)])
