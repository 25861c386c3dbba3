"""Rules for binds, transactions and messages, and the options of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import oracledb
import pytest
from oracle_standin import OracleStandin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Connect, Fails

TEXT, LONG, CLOB = oracledb.DB_TYPE_VARCHAR, oracledb.DB_TYPE_LONG, oracledb.DB_TYPE_CLOB
INSERT = "insert into t ({}) values (:1, :2)"  # text of 4,000 characters: 16,000 bytes
MERGE = (
    "merge into t using (select 1 n from dual) s on (t.v = 'x') when not matched then "
    "insert (c, v) values (:1, :2)"
)


@pytest.fixture
def lobs(cur: oracledb.Cursor) -> oracledb.Cursor:
    cur.execute("create table t (v varchar2(4000), c clob, d clob)")
    return cur


@pytest.mark.parametrize(
    ("statement", "types"),
    [
        (INSERT.format("c, v"), (LONG, 4000)),
        (INSERT.format("c, v"), (CLOB, 4000)),
        (INSERT.format("c, v"), (4000, 4000)),  # into a LOB, of any length
        ("update t set c = :1 where v = :2", (LONG, 4000)),
        (MERGE, (LONG, 4000)),
    ],
)
def test_wide_text_may_not_follow_a_lob(
    server: OracleStandin, connect: Connect, fails: Fails, statement: str, types: tuple[Any, Any]
) -> None:
    cur = connect().cursor()
    cur.execute("create table t (v varchar2(4000), c clob, d clob)")
    lob = cur.connection.createlob(CLOB, "a") if types[0] is CLOB else "a"
    cur.setinputsizes(*types)
    fails(24816, cur.execute, statement, [lob, "b"])
    with server.switched(lob_binds_last=False):
        cur.setinputsizes(*types)
        cur.execute(statement, [lob, "b"])


@pytest.mark.parametrize(
    ("statement", "types"),
    [
        (INSERT.format("c, v"), (LONG, 1000)),  # as wide as it is
        (INSERT.format("v, c"), (4000, LONG)),  # LOB last
        (INSERT.format("v, c"), (4000, CLOB)),
        (INSERT.format("c, d"), (4000, 4000)),  # both into LOBs
        (INSERT.format("c, d"), (LONG, CLOB)),
        ("update t set v = :1 where c is null or v = :2", (4000, 4000)),
    ],
)
def test_lobs_and_wide_text_in_the_right_order(
    lobs: oracledb.Cursor, statement: str, types: tuple[Any, Any]
) -> None:
    lobs.setinputsizes(*types)
    lobs.execute(statement, ["a", "b"])


@pytest.fixture(scope="module")
def autonomous() -> Iterator[OracleStandin]:
    """A database like the services HIGH and MEDIUM of an Autonomous Database."""
    with OracleStandin({"app": "secret"}, parallel_dml=True) as server:
        yield server


@pytest.fixture
def parallel(autonomous: OracleStandin) -> Iterator[oracledb.Cursor]:
    autonomous.drop_user("app")
    autonomous.create_user("app", "secret")
    with oracledb.connect(user="app", password="secret", dsn=autonomous.dsn) as conn:
        cur = conn.cursor()
        cur.execute("create table t (id number, v number)")
        cur.execute("create table s (id number)")
        yield cur


WRITES = [
    "merge into t using s on (t.id = s.id) when not matched then insert (id) values (s.id)",
    "insert into t (id) select id from s",
    "update t set v = 1",
    "delete from t",
]


@pytest.mark.parametrize("write", WRITES)
def test_what_parallel_dml_touched_waits_for_commit(
    parallel: oracledb.Cursor, fails: Fails, write: str
) -> None:
    parallel.execute(write)
    for again in ("select * from t", "delete from t", "insert into t (id) values (1)"):
        fails(12838, parallel.execute, again)
    parallel.execute("select * from s")
    fails(12841, parallel.execute, "alter session disable parallel dml")
    parallel.connection.commit()
    parallel.execute("select * from t")


def test_single_rows_are_not_inserted_in_parallel(parallel: oracledb.Cursor) -> None:
    parallel.execute("insert into t (id) values (1)")
    parallel.execute("insert into t (id) values (2)")
    assert parallel.execute("select count(*) from t").fetchone() == (2,)


def test_parallel_dml_can_be_switched(parallel: oracledb.Cursor, fails: Fails) -> None:
    parallel.execute("alter session disable parallel dml")
    for write in WRITES:
        parallel.execute(write)
    parallel.connection.commit()
    parallel.execute("alter session force parallel dml parallel 4")
    parallel.execute("alter session enable parallel query")
    parallel.execute("delete from t")
    fails(12838, parallel.execute, "delete from t")


def test_parallel_dml_is_off_by_default(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (id number)")
    cur.execute("delete from t")
    cur.execute("delete from t")
    cur.connection.commit()
    cur.execute("alter session enable parallel dml")
    cur.execute("delete from t")
    fails(12838, cur.execute, "delete from t")
    fails(3001, cur.execute, "alter session enable guard")


@pytest.fixture(scope="module")
def western() -> Iterator[OracleStandin]:
    """A database of Western European characters, 23ai with the types of 19c."""
    options: dict[str, Any] = {"charset": "WE8MSWIN1252", "era": 23, "compatible": "19.0.0"}
    with OracleStandin({"app": "secret"}, **options) as server:
        yield server


@pytest.fixture
def narrow(western: OracleStandin) -> Iterator[oracledb.Cursor]:
    western.drop_user("app")
    western.create_user("app", "secret")
    with oracledb.connect(user="app", password="secret", dsn=western.dsn) as conn:
        yield conn.cursor()


def test_characters_that_a_database_lacks_are_lost(narrow: oracledb.Cursor, fails: Fails) -> None:
    parameter = "select value from nls_database_parameters where parameter = 'NLS_CHARACTERSET'"
    assert narrow.execute(parameter).fetchone() == ("WE8MSWIN1252",)
    narrow.execute("select sys_context('userenv', 'language') from dual")
    assert narrow.fetchone() == ("AMERICAN_AMERICA.WE8MSWIN1252",)
    narrow.execute("create table t (id number, v varchar2(3))")
    narrow.executemany(
        "insert into t values (:1, :2)", [(1, "\u00e9\u00e9\u00e9"), (2, "\u20ac\u4e2d")]
    )
    narrow.execute("insert into t values (3, 'a\u4e2d')")
    assert narrow.execute("select v from t order by id").fetchall() == [
        ("\u00e9\u00e9\u00e9",),
        ("\u20ac\u00bf",),
        ("a\u00bf",),
    ]
    fails(12899, narrow.execute, "insert into t values (4, '\u00e9\u00e9\u00e9\u00e9')")


def test_a_direct_path_load_converts_no_characters(narrow: oracledb.Cursor) -> None:
    narrow.execute("create table t (v varchar2(9))")
    narrow.connection.direct_path_load("APP", "T", ["V"], [("\u00e9",)])
    assert narrow.execute("select v from t").fetchone() == ("\u00c3\u00a9",)


def test_compatible_decides_about_types(
    western: OracleStandin, narrow: oracledb.Cursor, fails: Fails
) -> None:
    narrow.execute("select value from v$parameter where name = 'compatible'")
    assert narrow.fetchone() == ("19.0.0",)
    fails(902, narrow.execute, "create table t (b boolean)")
    fails(902, narrow.execute, "create table t (j json)")
    with western.switched(types_by_compatible=False):
        narrow.execute("create table t (b boolean, j json)")


def test_names_are_short_below_12_2(fails: Fails) -> None:
    with (
        OracleStandin({"app": "secret"}, compatible="12.1.0.2") as server,
        oracledb.connect(user="app", password="secret", dsn=server.dsn) as conn,
    ):
        fails(972, conn.cursor().execute, f"create table {'t' * 31} (id number)")
    with pytest.raises(ValueError, match="charset must be one of"):
        OracleStandin(charset="EBCDIC")


def test_messages_of_23ai_hold_values(
    server23: OracleStandin, connect23: Connect, connect: Connect, fails: Fails
) -> None:
    statements = (
        (1722, "insert into t values ('secret', null)", "secret"),
        (1, "insert into t values (47, 11)", "row with column values (A, B:47, 11) already exists"),
    )
    new, old = connect23().cursor(), connect().cursor()
    for cur in (new, old):
        cur.execute("create table t (a number, b number, constraint pk primary key (a, b))")
        cur.execute("insert into t values (47, 11)")
    for code, statement, told in statements:
        assert told in fails(code, new.execute, statement).message
        assert told not in fails(code, old.execute, statement).message
        with server23.switched(values_in_messages=False):
            assert told not in fails(code, new.execute, statement).message
    assert "on table APP.T columns (A, B)" in fails(1, new.execute, statements[1][1]).message


@pytest.mark.usefixtures("plain_fetch")
def test_an_empty_lob_is_not_null(server: OracleStandin, connect: Connect) -> None:
    cur = connect().cursor()
    cur.execute("create table t (id number, c clob, b blob)")
    kept = "select id, length(c), nvl2(b, 1, 0) from t where c is not null order by id"
    empty = (
        cur.connection.createlob(oracledb.DB_TYPE_CLOB),
        cur.connection.createlob(oracledb.DB_TYPE_BLOB),
    )
    cur.execute("insert into t values (1, empty_clob(), empty_blob())")
    cur.execute("insert into t values (2, :1, :2)", empty)
    cur.execute("insert into t values (3, '', null)")
    cur.execute("insert into t values (4, :1, null)", [""])
    assert cur.execute(kept).fetchall() == [(1, 0, 1), (2, 0, 1)]
    with server.switched(empty_lobs=False):
        cur.execute("insert into t values (5, empty_clob(), empty_blob())")
        cur.execute("insert into t values (6, :1, :2)", empty)
    assert len(cur.execute(kept).fetchall()) == 2
