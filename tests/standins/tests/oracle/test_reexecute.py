"""Statements that the driver executes again by their cursor number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import oracledb


def test_row_counts_come_back_again_when_a_statement_is_executed_again(
    cur: oracledb.Cursor,
) -> None:
    cur.execute("create table counted (id number)")
    cur.executemany("insert into counted values (:1)", [(1,), (2,), (2,)])
    for _ in range(3):
        cur.executemany(
            "update counted set id = id where id = :1", [(1,), (2,), (3,)], arraydmlrowcounts=True
        )
        assert cur.getarraydmlrowcounts() == [1, 2, 0]


def test_a_string_that_became_a_lob_is_still_a_string(cur: oracledb.Cursor) -> None:
    for kind, value in (("varchar2(10)", "a"), ("clob", "b" * 5000), ("number", 5)):
        cur.execute(f"create table t (v {kind})")
        cur.execute("insert into t values (:1)", [value])
        assert cur.execute("select v from t").fetchall() == [(value,)]
        cur.execute("drop table t")
    for kind in ("raw(10)", "blob"):
        cur.execute(f"create table t (v {kind})")
        cur.execute("insert into t values (:1)", [b"a"])
        assert cur.execute("select t.v from t").fetchall() == [(b"a",)]
        cur.execute("drop table t")
