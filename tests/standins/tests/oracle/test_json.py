"""JSON columns: OSON in and out, text in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import oracledb
import pytest

if TYPE_CHECKING:
    from .conftest import Connect, Fails

VALUES: list[Any] = [
    {"a": 1, "b": [True, False, None, {"a": "x"}], "\u00e9": "\U0001f600", "": ""},
    [],
    {},
    [[], {}, [[Decimal("-12345678901234567890.123456789")]]],
    "text " * 20000,
    Decimal("0.5"),
    True,
    {f"field {i}": i for i in range(300)},
    {"long": ["x" * 300, "y" * 70000], "wide": list(range(70000))},
]


@pytest.fixture
def cur23(connect23: Connect) -> oracledb.Cursor:
    cur = connect23().cursor()
    cur.execute("create table j (id number primary key, doc json)")
    return cur


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_value_comes_back_as_it_went(cur23: oracledb.Cursor, value: Any) -> None:
    cur23.setinputsizes(None, oracledb.DB_TYPE_JSON)
    cur23.execute("insert into j values (:1, :2)", [1, value])
    cur23.executemany("insert into j values (:1, :2)", [(2, value), (3, None)])
    found = cur23.execute("select doc from j order by id").fetchall()
    assert found == [(value,), (value,), (None,)]


def test_json_is_described_and_told_as_json(cur23: oracledb.Cursor) -> None:
    cur23.execute('insert into j values (1, \'{"n": 1.50, "s": ["x"]}\')')
    cur23.execute("select doc from j")
    assert [column[1] for column in cur23.description or ()] == [oracledb.DB_TYPE_JSON]
    assert cur23.fetchone() == ({"n": Decimal("1.5"), "s": ["x"]},)
    cur23.execute("select data_type from user_tab_columns where column_name = 'DOC'")
    assert cur23.fetchone() == ("JSON",)


def test_times_and_bytes_keep_their_types(cur23: oracledb.Cursor) -> None:
    cur23.setinputsizes(None, oracledb.DB_TYPE_JSON)
    at = dt.datetime(2024, 1, 2, 3, 4, 5, 600)
    cur23.execute("insert into j values (:1, :2)", [1, {"at": at, "b": b"\x01\xff"}])
    cur23.execute("select doc from j")
    assert cur23.fetchone() == ({"at": at, "b": b"\x01\xff"},)
    cur23.execute("select json_value(doc, '$.at'), json_serialize(doc) from j")
    text = '{"at":"2024-01-02T03:04:05.000600","b":"01ff"}'
    assert cur23.fetchone() == ("2024-01-02T03:04:05.000600", text)


def test_text_that_is_no_json_is_refused(cur23: oracledb.Cursor, fails: Fails) -> None:
    fails(40441, cur23.execute, "insert into j values (1, '{nope')")
    fails(40441, cur23.executemany, "insert into j values (:1, :2)", [(1, "{}"), (2, "nope")])


def test_there_is_no_json_type_in_19c(cur: oracledb.Cursor, fails: Fails) -> None:
    fails(902, cur.execute, "create table j (doc json)")
