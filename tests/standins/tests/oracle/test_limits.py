"""What a database's parameters limit: lengths of strings and of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import oracledb
import pytest
from oracle_standin import OracleStandin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Fails


@pytest.fixture(scope="module")
def extended() -> Iterator[OracleStandin]:
    """A server with long strings and short names."""
    with OracleStandin({"app": "x"}, max_string_size="EXTENDED", identifier_bytes=30) as running:
        yield running


@pytest.fixture
def wide(extended: OracleStandin) -> Iterator[oracledb.Cursor]:
    extended.drop_user("app")
    extended.create_user("app", "x")
    with oracledb.connect(user="app", password="x", dsn=extended.dsn) as conn:
        yield conn.cursor()


PROBE = "select length(rpad('x', 5000, 'x')), length(rpad('x', 40000, 'x')) from dual"
PARAMETER = "select value from v$parameter where name = 'max_string_size'"


def test_strings_are_short_by_default(cur: oracledb.Cursor, fails: Fails) -> None:
    assert cur.execute(PROBE).fetchone() == (4000, 4000)
    assert cur.execute(PARAMETER).fetchone() == ("STANDARD",)
    fails(910, cur.execute, "create table t (v varchar2(4001))")
    fails(910, cur.execute, "create table t (v nvarchar2(2001))")
    fails(910, cur.execute, "create table t (v raw(2001))")
    cur.execute("create table t (v varchar2(4000 char), r raw(2000))")
    fails(1461, cur.execute, "insert into t (v) values (:1)", ["x" * 4001])
    cur.execute("select data_length, char_length from user_tab_columns where column_name = 'V'")
    assert cur.fetchone() == (4000, 4000)


def test_extended_strings_are_long(wide: oracledb.Cursor, fails: Fails) -> None:
    assert wide.execute(PROBE).fetchone() == (5000, 32767)
    assert wide.execute(PARAMETER).fetchone() == ("EXTENDED",)
    wide.execute("create table t (id number, v varchar2(32767), r raw(32767))")
    wide.executemany(
        "insert into t values (:1, :2, :3)", [(1, "x" * 32767, b"r" * 32767), (2, "y" * 5000, b"r")]
    )
    assert wide.execute("select v, r from t order by id").fetchall() == [
        ("x" * 32767, b"r" * 32767),
        ("y" * 5000, b"r"),
    ]
    fails(1461, wide.execute, "insert into t (v) values (:1)", ["x" * 32768])
    fails(910, wide.execute, "create table u (v varchar2(32768))")


def test_a_cap_of_bytes_holds_for_characters_too(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute("create table t (v varchar2(4000 char))")
    cur.execute("insert into t values (:1)", ["\u00e9" * 2000])
    fails(1461, cur.execute, "insert into t values (:1)", ["\u00e9" * 2001])


def test_names_may_be_short(wide: oracledb.Cursor, fails: Fails) -> None:
    wide.execute(f"create table {'t' * 30} (id number)")
    fails(972, wide.execute, f"create table {'t' * 31} (id number)")
    fails(972, wide.execute, f"alter table {'t' * 30} add ({'c' * 31} number)")
    fails(972, wide.execute, 'create table "' + "\u00e9" * 16 + '" (id number)')
    wide.execute("select value from v$parameter where name = 'compatible'")
    assert wide.fetchone() == ("12.1.0",)


def test_a_wrong_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="STANDARD or EXTENDED"):
        OracleStandin(max_string_size="LONG")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="era must be one of"):
        OracleStandin(era=12)


def test_long_strings_are_lobs_within(extended: OracleStandin, wide: oracledb.Cursor) -> None:
    wide.execute("create table t (v varchar2(4000), w varchar2(4001), c clob, r raw(2001))")
    lobs = "select column_name from user_lobs order by 1"
    assert wide.execute(lobs).fetchall() == [("C",), ("R",), ("W",)]
    with extended.switched(extended_lobs=False):
        assert wide.execute(lobs).fetchall() == [("C",)]


@pytest.mark.parametrize("length", [50, 60, 120])
def test_columns_that_are_alike_in_many_characters_are_two(
    cur: oracledb.Cursor, length: int
) -> None:
    """Also where the database makes names of its own for keys and checks."""
    one, two, three = (f"{'n' * length}{n}" for n in range(3))
    cur.execute(
        f'create table t ("{one}" number primary key check ("{one}" > 0), '
        f'"{two}" number not null unique check ("{two}" > 0))'
    )
    cur.execute(f'alter table t add "{three}" number default 3 not null check ("{three}" > 0)')
    cur.execute(f'insert into t ("{one}", "{two}") values (1, 2)')
    cur.execute(f'create table u ("{three}" number not null, "{two}" number not null unique)')
    assert cur.execute("select * from t").fetchall() == [(1, 2, 3)]
    assert [column[0] for column in cur.description or ()] == [one, two, three]
    names = "select column_name from user_tab_columns where table_name = 'U' order by column_id"
    assert cur.execute(names).fetchall() == [(three,), (two,)]
