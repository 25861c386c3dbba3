"""What loaders meet at the edges: long numbers, LOB keys, lists, NUL, odd MERGEs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import oracledb

    from .conftest import Fails


LONG = Decimal("123456789012345678901234567890123456.123")
FORTY = Decimal("12345678901234567890123456789012345678.91")
SMALL = Decimal("-0.000000001234567890123456789012345678901234567")


@pytest.mark.usefixtures("plain_fetch")
@pytest.mark.parametrize("value", [LONG, FORTY, SMALL, Decimal(10**39 + 7), Decimal("1E-120")])
def test_a_number_keeps_up_to_forty_digits(
    conn: oracledb.Connection, cur: oracledb.Cursor, value: Decimal
) -> None:
    cur.execute("create table n (v number)")
    cur.execute("insert into n values (:1)", [value])
    cur.executemany("insert into n values (:1)", [(value,), (-value,)])
    conn.direct_path_load("APP", "N", ["V"], [(value,)])
    assert cur.execute("select :1 from dual", [value]).fetchone() == (value,)
    found = [row[0] for row in cur.execute("select v from n order by v")]
    assert found == sorted([value, value, value, -value])


@pytest.mark.usefixtures("plain_fetch")
@pytest.mark.parametrize(("whole", "kept"), [("1", 38), ("11", 38), ("111", 36), ("-1", 38)])
def test_a_number_is_rounded_behind_its_twentieth_pair(
    cur: oracledb.Cursor, whole: str, kept: int
) -> None:
    digits = 40 - len(whole.strip("-"))
    value = Decimal(f"{whole}." + "1" * (digits - 1) + "6")
    rounded = "6" if kept == digits else "2"
    expected = Decimal(f"{whole}." + "1" * (kept - 1) + rounded)
    assert cur.execute("select :1 from dual", [value]).fetchone() == (expected,)


@pytest.mark.parametrize("kind", ["clob", "blob", "nclob"])
def test_a_lob_is_no_key(cur: oracledb.Cursor, fails: Fails, kind: str) -> None:
    text = fails(2329, cur.execute, f"create table t (id {kind}, constraint pk primary key (id))")
    assert "LOB" in text.message
    fails(2329, cur.execute, f"create table t (id {kind} unique)")
    cur.execute(f"create table t (id {kind})")
    fails(2329, cur.execute, "alter table t add constraint pk primary key (id)")
    fails(2327, cur.execute, "create index i on t (id)")


def test_a_zoned_time_is_no_key(cur: oracledb.Cursor, fails: Fails) -> None:
    fails(2329, cur.execute, "create table t (id timestamp with time zone primary key)")
    cur.execute("create table t (id timestamp primary key)")


def test_a_key_has_a_greatest_length(cur: oracledb.Cursor, fails: Fails) -> None:
    fails(1450, cur.execute, "create table t (a varchar2(4000), b varchar2(4000), unique (a, b))")
    cur.execute("create table t (a varchar2(4000) primary key, b varchar2(4000))")
    fails(1450, cur.execute, "create index i on t (a, b)")


def test_a_list_bound_to_a_scalar_is_refused(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (id number)")
    fails(1484, cur.execute, "insert into t values (:1)", [[1, 2]])
    cur.execute("insert into t values (:1)", [1])
    assert cur.execute("select id from t").fetchall() == [(1,)]


@pytest.mark.usefixtures("plain_fetch")
def test_a_nul_is_kept(conn: oracledb.Connection, cur: oracledb.Cursor) -> None:
    cur.execute("create table t (id number, v varchar2(10 char), c clob)")
    cur.execute("insert into t values (1, 'a' || chr(0) || 'b', null)")
    cur.execute("insert into t values (:1, :2, :3)", [2, "a\0b", "c\0"])
    cur.executemany("insert into t values (:1, :2, :3)", [(3, "\0", None), (4, "x\0\n", "\0\0")])
    conn.direct_path_load("APP", "T", ["ID", "V", "C"], [(5, "d\0", "e\0")])
    assert cur.execute("select v, c from t order by id").fetchall() == [
        ("a\0b", None),
        ("a\0b", "c\0"),
        ("\0", None),
        ("x\0\n", "\0\0"),
        ("d\0", "e\0"),
    ]
    assert cur.execute("select length(v) from t where id = 2").fetchone() == (3,)


def test_a_merge_without_assignments_is_a_syntax_error(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (id number primary key)")
    fails(
        927,
        cur.execute,
        "merge into t using (select 1 id from dual) s on (t.id = s.id) "
        "when matched then update set when not matched then insert (id) values (s.id)",
    )


def test_a_table_has_at_most_a_thousand_columns(cur: oracledb.Cursor, fails: Fails) -> None:
    columns = [f"c{i} number" for i in range(1001)]
    fails(1792, cur.execute, f"create table t ({', '.join(columns)})")
    cur.execute(f"create table t ({', '.join(columns[:1000])})")
    fails(1792, cur.execute, "alter table t add (one_more number)")


def test_the_same_columns_are_indexed_once(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (a number primary key, b number)")
    cur.execute("create index i on t (b, a)")
    fails(1408, cur.execute, "create index j on t (b, a)")
    fails(1408, cur.execute, "create unique index j on t (a)")
    cur.execute("create index j on t (b)")


@pytest.mark.parametrize(
    "block",
    [
        "declare x number; null; end;",
        "declare null; end;",
        "declare x number; x := 1; end;",
        "declare x number := 1; end;",
        "begin end;",
        "begin null; exception when others then end;",
    ],
)
def test_a_block_without_begin_or_statements_does_not_compile(
    cur: oracledb.Cursor, fails: Fails, block: str
) -> None:
    fails(6550, cur.execute, block)


def test_sequences_and_identities_start_again_where_they_cycle(
    cur: oracledb.Cursor, fails: Fails
) -> None:
    """SQL Language Reference, CREATE SEQUENCE: CYCLE goes on with MINVALUE."""
    cur.execute("create sequence s start with 2 minvalue 1 maxvalue 3 cycle nocache")
    found = [cur.execute("select s.nextval from dual").fetchone() for _ in range(4)]
    assert found == [(2,), (3,), (1,), (2,)]
    cur.execute("select cycle_flag from user_sequences where sequence_name = 'S'")
    assert cur.fetchone() == ("Y",)
    cur.execute(
        "create table t (id number generated always as identity "
        "(start with 2 minvalue 1 maxvalue 3 cycle nocache order), v number)"
    )
    cur.executemany("insert into t (v) values (:1)", [(n,) for n in range(4)])
    assert cur.execute("select id from t order by v").fetchall() == [(2,), (3,), (1,), (2,)]
    (options,) = cur.execute("select identity_options from user_tab_identity_cols").fetchone()
    assert "CYCLE_FLAG: Y, CACHE_SIZE: 20, ORDER_FLAG: Y" in options
    fails(4015, cur.execute, "create sequence r cycle")


@pytest.mark.usefixtures("plain_fetch")
def test_the_quotient_of_two_binds_is_a_number(cur: oracledb.Cursor) -> None:
    query = "select floor(:1 / :2), :1 / :2 from dual"
    cur.outputtypehandler = lambda cursor, _: cursor.var(str, 40, cursor.arraysize)
    assert cur.execute(query, [15, 10, 15, 10]).fetchone() == ("1", "1.5")


def test_hexadecimal_digits_may_be_odd_in_number_but_nothing_else(
    cur: oracledb.Cursor, fails: Fails
) -> None:
    found = cur.execute("select hextoraw('abc'), hextoraw('00Ff') from dual").fetchone()
    assert found == (b"\x0a\xbc", b"\x00\xff")
    for text in ("xyz", "0 1"):
        fails(1465, cur.execute, "select hextoraw(:1) from dual", [text])
