"""Other names of tables, private and public, and what becomes of them when there is no table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import oracledb
    from oracle_standin import OracleStandin

    from .conftest import Connect, Fails

    Login = Callable[..., oracledb.Cursor]


@pytest.fixture
def other(server: OracleStandin, connect: Connect) -> Iterator[oracledb.Cursor]:
    """A cursor of the user OTHER, who may do all."""
    server.drop_user("other")
    server.create_user("other", "x")
    yield connect(user="other", password="x").cursor()
    server.drop_user("other")


@pytest.fixture
def loader(server: OracleStandin, connect: Connect) -> Iterator[oracledb.Cursor]:
    """A cursor of the user LOADER, who may log on and no more."""
    server.drop_user("loader")
    server.create_user("loader", "x", privileges=["CREATE SESSION", "CREATE SYNONYM"])
    yield connect(user="loader", password="x").cursor()
    server.drop_user("loader")


@pytest.fixture
def public(cur: oracledb.Cursor) -> Iterator[Callable[[str, str], None]]:
    """public(name, table) makes a public synonym for the time of the test."""
    made: list[str] = []

    def make(name: str, table: str) -> None:
        cur.execute(f"create public synonym {name} for {table}")
        made.append(name)

    yield make
    for name in made:
        cur.execute(f"drop public synonym {name}")


def test_dml_goes_through_a_synonym_and_a_chain_of_them(
    cur: oracledb.Cursor, other: oracledb.Cursor
) -> None:
    cur.execute("create table t (id number primary key, v number)")
    other.execute("create synonym far for app.t")
    cur.execute("create synonym near for other.far")
    cur.executemany("insert into near values (:1, :2)", [(1, 1), (2, 2)])
    cur.execute("update app.near set v = 5 where id = 1")
    cur.execute(
        "merge into near n using (select 2 id from dual) s on (n.id = s.id) "
        "when matched then update set n.v = 6"
    )
    assert cur.execute("select id, v from t order by id").fetchall() == [(1, 5), (2, 6)]


def test_ddl_does_not_go_through_a_synonym(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (id number)")
    cur.execute("create synonym s for t")
    for statement in ("alter table s add (v number)", "drop table s", "create index i on s (id)"):
        fails(942, cur.execute, statement)
    fails(955, cur.execute, "create table s (id number)")
    cur.execute("comment on table s is 'the orders'")
    found = cur.execute("select comments from user_tab_comments where table_name = 'T'")
    assert found.fetchall() == [("the orders",)]


def test_a_synonym_without_a_table_or_in_a_circle_is_told(
    cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute("create synonym s for nowhere")
    fails(980, cur.execute, "select * from s")
    cur.execute("create synonym a for b")
    cur.execute("create synonym b for a")
    fails(1775, cur.execute, "insert into a values (1)")
    cur.execute("create synonym link for t@elsewhere")
    fails(2019, cur.execute, "select * from link")
    found = cur.execute("select db_link from user_synonyms where synonym_name = 'LINK'")
    assert found.fetchall() == [("ELSEWHERE",)]


def test_a_public_synonym_counts_where_nothing_else_has_the_name(
    cur: oracledb.Cursor, loader: oracledb.Cursor, fails: Fails, public: Callable[[str, str], None]
) -> None:
    cur.execute("create table orders_ (id number)")
    public("shared_orders", "app.orders_")
    fails(942, loader.execute, "insert into shared_orders values (1)")
    cur.execute("grant insert, select on shared_orders to loader")
    loader.execute("insert into shared_orders values (1)")
    assert loader.execute("select * from shared_orders").fetchall() == [(1,)]
    fails(942, loader.execute, "select * from loader.shared_orders")
    cur.execute("create table shared_orders (id number)")
    assert cur.execute("select * from shared_orders").fetchall() == []


def test_a_public_synonym_of_a_table_that_is_gone_leads_back_to_itself(
    cur: oracledb.Cursor, fails: Fails, public: Callable[[str, str], None]
) -> None:
    cur.execute("create table gone (id number)")
    public("gone", "app.gone")
    cur.execute("drop table gone")
    fails(1775, cur.execute, "select * from gone")


def test_public_synonyms_take_privileges_of_their_own(
    loader: oracledb.Cursor, cur: oracledb.Cursor, fails: Fails
) -> None:
    fails(1031, loader.execute, "create public synonym p for t")
    fails(1432, cur.execute, "drop public synonym p")
    loader.execute("create synonym p for t")
    fails(1434, cur.execute, "drop synonym p")


def test_all_synonyms_lists_ones_own_the_public_and_those_of_reachable_tables(
    cur: oracledb.Cursor, loader: oracledb.Cursor, public: Callable[[str, str], None]
) -> None:
    cur.execute("create table t (id number)")
    cur.execute("create synonym s for t")
    cur.execute("create synonym dangling for nowhere")
    public("p", "nowhere")
    loader.execute("create synonym mine for app.t")
    query = "select owner, synonym_name, table_owner, table_name from all_synonyms where owner in "
    query += "('APP', 'LOADER') or synonym_name in ('P', 'ALL_TABLES') order by 1, 2"
    mine = ("LOADER", "MINE", "APP", "T")
    everyones = [("PUBLIC", "ALL_TABLES", "SYS", "ALL_TABLES"), ("PUBLIC", "P", "APP", "NOWHERE")]
    assert loader.execute(query).fetchall() == [mine, *everyones]
    cur.execute("grant select on t to loader")
    assert loader.execute(query).fetchall() == [("APP", "S", "APP", "T"), mine, *everyones]
    kept = loader.execute("select oracle_maintained from all_users where username = 'SYS'")
    assert kept.fetchall() == [("Y",)]
