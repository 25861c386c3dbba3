"""What a loader asks the dictionary before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import oracledb

    from .conftest import Connect


@pytest.fixture
def orders(cur: oracledb.Cursor) -> None:
    cur.execute(
        "create table orders (id number(38) not null, code varchar2(30 char) default 'x', "
        "amount number(12, 2), ratio binary_double, at timestamp(6), zoned timestamp with time "
        "zone, doc clob, raw_ raw(16), constraint orders_pk primary key (id), "
        "constraint positive check (amount > 0))"
    )
    cur.execute("comment on table orders is 'the orders'")
    cur.execute("comment on column orders.code is 'its code'")


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("view", ["user_tab_columns", "all_tab_columns", "all_tab_cols"])
def test_columns_are_described_as_declared(cur: oracledb.Cursor, view: str) -> None:
    owner = "" if view.startswith("user") else " and owner = 'APP'"
    cur.execute(
        "select column_name, data_type, data_length, char_length, char_used, data_precision, "
        f"data_scale, nullable from {view} where table_name = 'ORDERS'{owner} order by column_id"
    )
    assert cur.fetchall() == [
        ("ID", "NUMBER", 22, 0, None, 38, 0, "N"),
        ("CODE", "VARCHAR2", 120, 30, "C", None, None, "Y"),
        ("AMOUNT", "NUMBER", 22, 0, None, 12, 2, "Y"),
        ("RATIO", "BINARY_DOUBLE", 8, 0, None, None, None, "Y"),
        ("AT", "TIMESTAMP(6)", 11, 0, None, None, 6, "Y"),
        ("ZONED", "TIMESTAMP(6) WITH TIME ZONE", 13, 0, None, None, 6, "Y"),
        ("DOC", "CLOB", 4000, 0, None, None, None, "Y"),
        ("RAW_", "RAW", 16, 0, None, None, None, "Y"),
    ]


@pytest.mark.usefixtures("orders")
def test_constraints_and_comments_are_listed(cur: oracledb.Cursor) -> None:
    cur.execute(
        "select c.constraint_name, c.constraint_type, k.column_name, k.position from "
        "user_constraints c join user_cons_columns k on k.constraint_name = c.constraint_name "
        "where c.table_name = 'ORDERS' and c.constraint_type = 'P'"
    )
    assert cur.fetchall() == [("ORDERS_PK", "P", "ID", 1)]
    cur.execute("select search_condition from user_constraints where constraint_name = 'POSITIVE'")
    assert cur.fetchall() == [("amount > 0",)]
    cur.execute("select comments from all_tab_comments where owner = 'APP'")
    assert cur.fetchall() == [("the orders",)]
    cur.execute("select column_name, comments from all_col_comments where comments is not null")
    assert cur.fetchall() == [("CODE", "its code")]


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        (
            "select value from nls_database_parameters where parameter = 'NLS_CHARACTERSET'",
            "AL32UTF8",
        ),
        ("select value from nls_session_parameters where parameter = 'NLS_SORT'", "BINARY"),
        ("select value from v$parameter where name = 'compatible'", "19.0.0.0.0"),
        ("select version_full from product_component_version", "19.3.0.0.0"),
        ("select sys_context('userenv', 'session_user') from dual", "APP"),
        ("select username from user_users", "APP"),
        ("select default_tablespace from user_users", "USERS"),
    ],
)
def test_the_database_tells_about_itself(cur: oracledb.Cursor, sql: str, answer: str) -> None:
    assert cur.execute(sql).fetchall() == [(answer,)]


def test_rownum_is_given_before_the_order(cur: oracledb.Cursor) -> None:
    cur.execute("create table t (id number)")
    cur.executemany("insert into t values (:1)", [(3,), (1,), (2,)])
    cur.execute("select id from t where rownum <= 2 order by id")
    assert cur.fetchall() == [(1,), (3,)]
    cur.execute("select max(t.id) from t where t.id < 3 and rownum < 2")
    assert cur.fetchall() == [(1,)]
    cur.execute("select id from (select id from t order by id) where rownum = 1")
    assert cur.fetchall() == [(1,)]


def test_unistr_names_characters(connect23: Connect) -> None:
    cur = connect23().cursor()
    cur.execute(r"select unistr('\00e9t\00E9 \\ \d83d\de00') from dual")
    assert cur.fetchone() == ("\u00e9t\u00e9 \\ \U0001f600",)


def test_dictionary(cur: oracledb.Cursor) -> None:
    cur.execute(
        "create table p (id number(9) constraint pk_p primary key, v varchar2(7 char), "
        "w varchar2(8 byte) default 'q' not null, constraint uq_p unique (v, w))"
    )
    cur.execute("create table c (p_id number references p (id), n number)")
    cur.execute("create index ix_c on c (n, p_id desc)")
    cur.execute("comment on table p is 'parent'")
    cur.execute("select table_name from user_tables order by 1")
    assert cur.fetchall() == [("C",), ("P",)]
    cur.execute(
        "select column_name, data_type, data_length, char_length, char_used, nullable, "
        "data_precision from user_tab_columns where table_name = 'P' order by column_id"
    )
    assert cur.fetchall() == [
        ("ID", "NUMBER", 22, 0, None, "N", 9),
        ("V", "VARCHAR2", 28, 7, "C", "Y", None),
        ("W", "VARCHAR2", 8, 8, "B", "N", None),
    ]
    cur.execute("select count(*) from all_tab_columns where owner = 'APP'")
    assert cur.fetchone() == (5,)
    cur.execute(
        "select c.constraint_name, k.column_name from user_constraints c join "
        "user_cons_columns k on k.constraint_name = c.constraint_name "
        "where c.constraint_type in ('P', 'U') order by 1, k.position"
    )
    assert cur.fetchall() == [("PK_P", "ID"), ("UQ_P", "V"), ("UQ_P", "W")]
    cur.execute("select r_constraint_name from user_constraints where constraint_type = 'R'")
    assert cur.fetchone() == ("PK_P",)
    cur.execute("select index_name, uniqueness from user_indexes where table_name = 'C'")
    assert cur.fetchall() == [("IX_C", "NONUNIQUE")]
    cur.execute("select comments from user_tab_comments where table_name = 'P'")
    assert cur.fetchone() == ("parent",)
