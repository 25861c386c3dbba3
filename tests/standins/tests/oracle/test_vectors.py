"""VECTOR, as 23ai has it."""

from __future__ import annotations

import array
from typing import TYPE_CHECKING

import oracledb
import pytest

if TYPE_CHECKING:
    from .conftest import Connect, Fails


@pytest.fixture
def table(connect23: Connect) -> oracledb.Cursor:
    cursor = connect23().cursor()
    cursor.execute("create table v (a vector, b vector(2, float32), c vector(2, int8))")
    return cursor


def test_vectors_come_back_in_the_format_of_their_column(table: oracledb.Cursor) -> None:
    given = [array.array("d", [1.1, -2.5]), array.array("d", [1.1, 2]), array.array("f", [3, -4])]
    table.execute("insert into v values (:1, :2, :3)", given)
    table.execute("insert into v (b) values ('[1.5, 2]')")
    table.execute("select * from v")
    assert table.fetchall() == [
        (given[0], array.array("f", [1.1, 2]), array.array("b", [3, -4])),
        (None, array.array("f", [1.5, 2]), None),
    ]
    told = [(d.vector_dimensions, d.vector_format) for d in table.description or ()]
    assert told == [
        (None, None),
        (2, oracledb.VECTOR_FORMAT_FLOAT32),
        (2, oracledb.VECTOR_FORMAT_INT8),
    ]


def test_what_no_vector_column_takes_is_refused(table: oracledb.Cursor, fails: Fails) -> None:
    insert = "insert into v ({}) values (:1)"
    fails(51803, table.execute, insert.format("b"), [array.array("d", [1, 2, 3])])
    fails(51806, table.execute, insert.format("c"), [array.array("d", [1, 200])])
    fails(51805, table.execute, insert.format("a"), [array.array("d", [1, float("inf")])])
    fails(51805, table.execute, insert.format("a"), ["[1, x]"])
    fails(3001, table.execute, "select to_vector('[9, [1], [2]]', 9, float32, sparse) from dual")
    fails(902, table.execute, "create table w (a vector(2, float16))")


def test_distances_and_dimensions(table: oracledb.Cursor) -> None:
    table.execute(
        "select vector_distance(:1, :2, euclidean), vector_dimension_count(:1), "
        "vector_distance(to_vector('[1, 0]'), to_vector('[0, 1]'), cosine), "
        "to_vector('[255, 0]', 16, binary) from dual",
        [array.array("b", [1, 1]), array.array("b", [4, 5]), array.array("b", [1, 1])],
    )
    assert table.fetchone() == (5.0, 2, 1.0, array.array("B", [255, 0]))


def test_there_are_no_vectors_before_23ai(cur: oracledb.Cursor, fails: Fails) -> None:
    fails(902, cur.execute, "create table v (a vector)")
