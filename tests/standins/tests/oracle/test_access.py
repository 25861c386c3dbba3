"""Privileges and quota: what a user without them is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import oracledb
    from oracle_standin import OracleStandin

    from .conftest import Connect, Fails

    Login = Callable[..., oracledb.Cursor]

LOADER = ("CREATE SESSION", "CREATE TABLE")


@pytest.fixture
def login(server: OracleStandin, connect: Connect) -> Iterator[Login]:
    """login(privileges, quota) gives a cursor of a new user LIMITED."""

    def make(*privileges: str, quota: bool = True) -> oracledb.Cursor:
        server.create_user("limited", "x", privileges=privileges, quota=quota)
        return connect(user="limited", password="x").cursor()

    server.drop_user("limited")
    yield make
    server.drop_user("limited")


def test_without_create_session_there_is_no_logon(login: Login, fails: Fails) -> None:
    assert "LIMITED lacks CREATE SESSION" in fails(1045, login).message


def test_without_create_table_nothing_is_created(
    login: Login, cur: oracledb.Cursor, fails: Fails
) -> None:
    limited = login("CREATE SESSION")
    fails(1031, limited.execute, "create table t (id number)")
    fails(1031, limited.execute, "create view v as select 1 a from dual")
    cur.execute("grant create table to limited")
    limited.execute("create table t (id number)")
    cur.execute("revoke create table from limited")
    fails(1031, limited.execute, "create table t2 (id number)")
    limited.execute("alter table t add (v number)")
    limited.execute("create index i on t (v)")
    limited.execute("drop table t")


def test_a_table_of_another_schema_is_there_only_when_granted(
    login: Login, cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute("create table t (id number primary key, v number)")
    cur.execute("insert into t values (1, 1)")
    cur.connection.commit()
    limited = login(*LOADER)
    fails(942, limited.execute, "select * from app.t")
    fails(942, limited.execute, "insert into app.t values (2, 2)")
    fails(942, limited.execute, "drop table app.t")
    fails(942, limited.connection.direct_path_load, "APP", "T", ["ID"], [(1,)])
    assert limited.execute("select * from all_tables where table_name = 'T'").fetchall() == []

    cur.execute("grant select, insert on t to limited")
    assert limited.execute("select v from app.t").fetchall() == [(1,)]
    limited.execute("insert into app.t values (2, 2)")
    limited.connection.commit()
    fails(1031, limited.execute, "update app.t set v = 3")
    fails(1031, limited.execute, "delete from app.t")
    fails(1031, limited.execute, "truncate table app.t")
    fails(1031, limited.execute, "alter table app.t add (w number)")
    fails(1031, limited.execute, "drop table app.t")
    fails(1031, limited.execute, "create index app.i on app.t (v)")
    limited.execute("select owner from all_tables where table_name = 'T'")
    assert limited.fetchall() == [("APP",)]
    limited.execute("select column_name from all_tab_columns where owner = 'APP' order by 1")
    assert limited.fetchall() == [("ID",), ("V",)]

    merge = (
        "merge into app.t t using (select 1 id, 9 v from dual) s on (t.id = s.id) "
        "when matched then update set t.v = s.v when not matched then insert values (s.id, s.v)"
    )
    fails(1031, limited.execute, merge)
    cur.execute("grant update on t to limited")
    limited.execute(merge)
    limited.connection.rollback()
    cur.execute("revoke all on t from limited")
    fails(942, limited.execute, "select v from app.t")
    fails(1927, cur.execute, "revoke select on t from limited")


def test_creating_in_another_schema_takes_any(
    login: Login, cur: oracledb.Cursor, fails: Fails
) -> None:
    limited = login(*LOADER)
    fails(1031, limited.execute, "create table app.t (id number)")
    cur.execute("grant create any table to limited")
    limited.execute("create table app.t (id number)")
    cur.execute("select count(*) from t")


def test_the_current_schema_changes_no_rights(
    login: Login, cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute("create table t (id number)")
    limited = login(*LOADER)
    limited.execute("alter session set current_schema = app")
    fails(942, limited.execute, "select * from t")
    cur.execute("grant select on t to public")
    assert limited.execute("select * from t").fetchall() == []


def test_without_quota_the_first_row_fails(
    login: Login, cur: oracledb.Cursor, fails: Fails
) -> None:
    limited = login(*LOADER, quota=False)
    limited.execute("create table t (id number)")
    fails(1950, limited.execute, "insert into t values (1)")
    fails(1950, limited.executemany, "insert into t values (:1)", [(1,), (2,)])
    fails(1950, limited.connection.direct_path_load, "LIMITED", "T", ["ID"], [(1,)])
    fails(1950, limited.execute, "create table u as select 1 a from dual")
    assert limited.execute("select table_name from user_tables").fetchall() == [("T",)]
    limited.execute("create global temporary table g (id number) on commit preserve rows")
    limited.execute("insert into g values (1)")
    assert limited.execute("select * from user_ts_quotas").fetchall() == []
    cur.execute("alter user limited quota unlimited on users")
    limited.execute("insert into t values (1)")
    limited.execute("select tablespace_name, max_bytes from user_ts_quotas")
    assert limited.fetchall() == [("USERS", -1)]


def test_quota_is_the_owners(login: Login, cur: oracledb.Cursor, fails: Fails) -> None:
    limited = login(*LOADER, quota=False)
    limited.execute("create table t (id number)")
    fails(1950, cur.execute, "insert into limited.t values (1)")


def test_session_privs_tells_the_truth(login: Login, cur: oracledb.Cursor) -> None:
    limited = login(*LOADER)
    limited.execute("select privilege from session_privs order by 1")
    assert limited.fetchall() == [("CREATE SESSION",), ("CREATE TABLE",)]
    cur.execute("select count(*) from session_privs where privilege = 'UNLIMITED TABLESPACE'")
    assert cur.fetchone() == (1,)


def test_some_dictionary_views_are_not_for_everyone(
    login: Login, cur: oracledb.Cursor, fails: Fails
) -> None:
    limited = login(*LOADER)
    for view in ("v$parameter", "dba_tables", "v$instance", "sys.v$parameter"):
        fails(942, limited.execute, f"select * from {view}")
        cur.execute(f"select * from {view}")
    assert limited.execute("select count(*) from v$version").fetchone() == (1,)
    cur.execute("grant select any dictionary to limited")
    limited.execute("select * from v$parameter")


def test_only_those_who_may_grant(login: Login, cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (id number)")
    cur.execute("grant dba to app")
    limited = login(*LOADER)
    fails(1031, limited.execute, "grant create table to app")
    fails(942, limited.execute, "grant select on app.t to limited")
    fails(1031, limited.execute, "create user x identified by x")
    fails(1917, cur.execute, "grant create table to nobody_there")
    fails(990, cur.execute, "grant flying to limited")
    fails(1952, cur.execute, "revoke create view from limited")


def test_users_made_by_sql_begin_with_nothing(
    server: OracleStandin, connect: Connect, cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute("create user made identified by pw quota unlimited on users")
    try:
        fails(1045, connect, user="made", password="pw")
        cur.execute("grant connect, resource to made")
        made = connect(user="made", password="pw").cursor()
        made.execute("create table t (id number)")
        made.execute("insert into t values (1)")
        fails(1031, made.execute, "create view v as select id from t")
        made.connection.close()
    finally:
        server.drop_user("made")
