"""Rules for keys, columns and DDL: each as Oracle has it, and as it is when switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from oracle_standin import OracleStandin, Rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    import oracledb

    from .conftest import Connect, Fails


Refusal = tuple[list[str], str, str | None, int]
REFUSALS: dict[str, Refusal] = {
    "a column of a key grows past its index": (
        ["create table t (a varchar2(3000), b varchar2(3000), primary key (a, b))"],
        "alter table t modify (b varchar2(3500))",
        "index_growth",
        1404,
    ),
    "a column of two constraints goes": (
        ["create table t (a number, b number, c number, primary key (a, b))"],
        "alter table t drop column b",
        "dropped_columns",
        12991,
    ),
    "a column of a check of two goes": (
        ["create table t (a number, b number, check (a < b))"],
        "alter table t drop (b)",
        "dropped_columns",
        12991,
    ),
    "a column that a virtual one needs goes": (
        ["create table t (a number, b number, v number as (b + 1))"],
        "alter table t drop column b",
        "dropped_columns",
        54031,
    ),
    "a column of a compressed table goes": (
        ["create table t (a number, b number) compress"],
        "alter table t drop column b",
        "dropped_columns",
        39726,
    ),
    "a key of 33 columns": (
        [],
        (
            f"create table t ({', '.join(f'c{n} number' for n in range(33))}, "
            f"primary key ({', '.join(f'c{n}' for n in range(33))}))"
        ),
        None,
        1793,
    ),
    "an index of 33 columns": (
        [f"create table t ({', '.join(f'c{n} number' for n in range(33))})"],
        f"create index i on t ({', '.join(f'c{n}' for n in range(33))})",
        None,
        1793,
    ),
    "two keys that are partly null": (
        [
            "create table t (a number, b number, unique (a, b))",
            "insert into t values (null, null)",
            "insert into t values (null, null)",
            "insert into t values (1, null)",
        ],
        "insert into t values (1, null)",
        "partly_null_keys",
        1,
    ),
    "two keys of an index that are partly null": (
        [
            "create table t (a number, b number)",
            "create unique index u on t (a, b)",
            "insert into t values (null, null)",
            "insert into t values (null, null)",
            "insert into t values (1, null)",
        ],
        "insert into t values (1, null)",
        "partly_null_keys",
        1,
    ),
    "a column ROWID": ([], 'create table t ("ROWID" number)', "rowid_is_no_name", 904),
    "a new column ROWID": (
        ["create table t (a number)"],
        'alter table t add ("ROWID" number)',
        "rowid_is_no_name",
        904,
    ),
    "a column renamed ROWID": (
        ["create table t (a number)"],
        'alter table t rename column a to "ROWID"',
        "rowid_is_no_name",
        904,
    ),
    "an inline view of 1,001 columns": (
        [f"create table t ({', '.join(f'c{n} number' for n in range(1000))})"],
        "select count(*) from (select t.*, row_number() over (order by c1) rn from t)",
        "view_columns",
        1792,
    ),
    "a row that no range takes": (
        ["create table t (k number) partition by range (k) (partition p values less than (10))"],
        "insert into t values (10)",
        "partitions",
        14400,
    ),
    "a row that no list takes": (
        [
            (
                "create table t (k varchar2(5)) partition by list (k) "
                "(partition p values ('a', 'b'), partition q values (null))"
            )
        ],
        "insert into t values ('c')",
        "partitions",
        14400,
    ),
    "a row that would move": (
        [
            (
                "create table t (k number, v number) partition by range (k) "
                "(partition p values less than (10), partition q values less than (maxvalue))"
            ),
            "insert into t values (5, 1)",
        ],
        "update t set k = 11",
        "partitions",
        14402,
    ),
    "a partition's key grows": (
        [
            (
                "create table t (k varchar2(5)) partition by range (k) "
                "(partition p values less than (maxvalue))"
            )
        ],
        "alter table t modify (k varchar2(9))",
        "partitions",
        14060,
    ),
    "a partition's key goes": (
        [
            (
                "create table t (k number, v number) partition by range (k) "
                "(partition p values less than (maxvalue))"
            )
        ],
        "alter table t drop column k",
        "partitions",
        12984,
    ),
}


@pytest.mark.parametrize(("before", "statement", "rule", "code"), REFUSALS.values(), ids=REFUSALS)
def test_what_oracle_refuses_is_refused_while_its_rule_is_on(
    server: OracleStandin,
    connect: Connect,
    fails: Fails,
    before: Sequence[str],
    statement: str,
    rule: str | None,
    code: int,
) -> None:
    cur = connect().cursor()
    for each in before:
        cur.execute(each)
    fails(code, cur.execute, statement)
    cur.connection.commit()
    if rule is None:  # as in PostgreSQL
        return
    with server.switched(**{rule: False}):
        if rule == "partly_null_keys":  # decided when the key is made
            cur.execute("drop table t")
            for each in before:
                cur.execute(each)
        cur.execute(statement)


ALLOWED: dict[str, list[str]] = {
    "all columns of a key go together": [
        "create table t (a number, b number, c number, primary key (a, b))",
        "alter table t drop (a, b)",
    ],
    "constraints may go, too": [
        "create table t (a number, b number, c number, primary key (a, b))",
        "alter table t drop column b cascade constraints",
    ],
    "a virtual column goes with its source": [
        "create table t (a number, b number, v number as (b + 1))",
        "alter table t drop (b, v)",
    ],
    "advanced compression bears it": [
        "create table t (a number, b number) row store compress advanced",
        "alter table t drop column b",
    ],
    "a compressed table's column is set unused": [
        "create table t (a number, b number) compress basic",
        "alter table t set unused column b",
        "alter table t drop unused columns",
    ],
    "rows move where they may": [
        (
            "create table t (k number) partition by range (k) (partition p values less than (10), "
            "partition q values less than (20)) enable row movement"
        ),
        "insert into t values (5)",
        "update t set k = 11",
        "alter table t disable row movement",
        "alter table t enable row movement",
        "update t set k = 5",
    ],
    "an interval makes partitions": [
        (
            "create table t (d date) partition by range (d) interval (numtoyminterval(1, 'MONTH')) "
            "(partition p values less than (date '2020-01-01'))"
        ),
        "insert into t values (date '2026-01-01')",
    ],
    "hash partitions take all": [
        "create table t (k number) partition by hash (k) partitions 4",
        "insert into t values (5)",
    ],
    "options that change nothing": [
        (
            "create table t (a number, c clob) tablespace users pctfree 5 storage (initial 64k) "
            "nologging segment creation deferred lob (c) store as securefile (cache) parallel 4"
        )
    ],
}


@pytest.mark.parametrize("statements", ALLOWED.values(), ids=ALLOWED)
def test_what_oracle_allows_is_done(cur: oracledb.Cursor, statements: Sequence[str]) -> None:
    for statement in statements:
        cur.execute(statement)


def test_an_option_that_is_none_is_refused(cur: oracledb.Cursor, fails: Fails) -> None:
    fails(922, cur.execute, "create table t (a number) sort by moonlight")
    fails(3001, cur.execute, "create table t (a number) partition by reference (f)")


def test_the_dictionary_knows_partitions_and_compression(cur: oracledb.Cursor) -> None:
    cur.execute(
        "create table t (k number, v number) compress partition by range (k) "
        "(partition p values less than (1), partition q values less than (2))"
    )
    cur.execute("select compression, compress_for, partitioned from user_tables")
    assert cur.fetchall() == [("ENABLED", "BASIC", "YES")]
    cur.execute("select name, column_name, column_position from user_part_key_columns")
    assert cur.fetchall() == [("T", "K", 1)]
    cur.execute("alter table t set unused (v)")
    assert cur.execute("select table_name, count from user_unused_col_tabs").fetchall() == [
        ("T", 1)
    ]


def test_long_names_that_begin_alike_are_two_columns(cur: oracledb.Cursor, fails: Fails) -> None:
    first, second = "c" * 50 + "1", "c" * 50 + "2"
    cur.execute(f"create table t ({first} varchar2(3), {second} varchar2(3))")
    cur.execute(f"alter table t modify ({second} varchar2(4))")
    cur.execute("insert into t values ('aaa', 'bbbb')")
    fails(12899, cur.execute, "insert into t values ('aaaa', 'bbbb')")


@pytest.mark.parametrize(
    ("ddl", "code"),
    [("create table u (a nope)", 902), ("create table (", 903), ("alter table t frobnicate", 1735)],
)
def test_ddl_that_does_not_parse_leaves_the_transaction_open(
    server: OracleStandin, connect: Connect, fails: Fails, ddl: str, code: int
) -> None:
    cur = connect().cursor()
    cur.execute("create table t (a number)")
    cur.execute("insert into t values (1)")
    fails(code, cur.execute, ddl)
    assert cur.connection.transaction_in_progress
    cur.connection.rollback()
    assert cur.execute("select count(*) from t").fetchone() == (0,)
    cur.execute("insert into t values (1)")
    with server.switched(syntax_before_commit=False):
        fails(code, cur.execute, ddl)
    cur.connection.rollback()
    assert cur.execute("select count(*) from t").fetchone() == (1,)


def test_ddl_that_fails_for_another_reason_has_committed(
    cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute("create table t (a number)")
    cur.execute("insert into t values (1)")
    fails(942, cur.execute, "drop table nope")
    cur.connection.rollback()
    assert cur.execute("select count(*) from t").fetchone() == (1,)


def test_a_table_of_a_query_keeps_not_null(
    server: OracleStandin, connect: Connect, fails: Fails
) -> None:
    cur = connect().cursor()
    cur.execute("create table t (id number primary key, a number not null, b number)")
    nullable = "select column_name, nullable from user_tab_columns where table_name = :1 order by 1"
    cur.execute("create table u as select id, a, b, a + 1 c from t")
    cur.execute(nullable, ["U"])
    assert cur.fetchall() == [("A", "N"), ("B", "Y"), ("C", "Y"), ("ID", "Y")]
    with server.switched(not_null_of_queries=False):
        cur.execute("create table v as select a from t")
    assert cur.execute(nullable, ["V"]).fetchall() == [("A", "Y")]
    fails(1773, cur.execute, "create table w (a number) as select a from t")


def test_an_unknown_rule_is_named() -> None:
    with pytest.raises(ValueError, match=r"no such rules: gravity .there are char_padding"):
        OracleStandin(rules={"gravity": False})
    assert Rules.but({"triggers": False}).triggers is False


def test_invisible_columns_are_seen_where_they_are_named(
    cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute("create table t (a number, h number default 7 invisible, b number)")
    cur.execute("create table s (c number)")
    cur.execute("insert into s values (9)")
    cur.execute("insert into t values (1, 2)")
    fails(913, cur.execute, "insert into t values (1, 2, 3)")
    cur.execute("insert into t (a, h) values (3, 4)")
    assert cur.execute("select * from t order by a").fetchall() == [(1, 2), (3, None)]
    assert cur.execute("select x.*, s.* from t x, s where h = 4").fetchall() == [(3, None, 9)]
    assert cur.execute("select * from s, t x where h = 4").fetchall() == [(9, 3, None)]
    assert cur.execute("select a, h from t order by a").fetchall() == [(1, 7), (3, 4)]
    known = "select column_name, column_id, hidden_column from user_tab_cols where table_name = 'T'"
    assert ("H", None, "YES") in cur.execute(known).fetchall()
    cur.execute("select column_name from user_tab_columns where table_name = 'T' order by 1")
    assert cur.fetchall() == [("A",), ("B",)]
    cur.execute("alter table t modify (h visible)")
    assert cur.execute("select * from t order by a").fetchall() == [(1, 7, 2), (3, 4, None)]
    cur.execute("alter table t modify (h invisible)")
    assert cur.execute("select * from t order by a").fetchall() == [(1, 2), (3, None)]
    fails(54039, cur.execute, "create table u (h number invisible)")
