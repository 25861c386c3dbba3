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
