"""JSON_VALUE, JSON_QUERY and IS JSON over columns of JSON and of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Connect, Fails

TEXT = '{"z": 1.50, "a": {"b": [1, "two", null, true], "long": "xxxx"}, "no": "n"}'


@pytest.fixture
def cursor(connect23: Connect) -> Any:
    cursor = connect23().cursor()
    cursor.execute("create table t (j json, v varchar2(200), c clob)")
    cursor.execute("insert into t values (:1, :2, :3)", [TEXT] * 3)
    return cursor


@pytest.mark.parametrize("column", ["j", "v", "c"])
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("json_value({}, '$.a.b[1]')", "two"),
        ("json_value({}, '$.\"a\".b[3]')", "true"),
        ("json_value({}, '$.a.b[2]')", None),
        ("json_value({}, '$.a.b[9]')", None),
        ("json_value({}, '$.a')", None),  # no scalar
        ("json_value({}, '$.z' returning number)", 1.5),
        ("json_value({}, '$.z' returning number(3, 0) error on error)", 2),
        ("json_value({}, '$.no' returning number)", None),
        ("json_value({}, '$.a.long' returning varchar2(3))", None),
    ],
)
def test_values(cursor: Any, column: str, call: str, expected: object) -> None:
    assert cursor.execute(f"select {call.format(column)} from t").fetchone() == (expected,)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("json_value(v, '$.x' error on error)", 40462),
        ("json_value(v, '$.a' error on error)", 40456),
        ("json_value('[{\"a\":1},{\"a\":2}]', '$.a' error on error)", 40470),
        ("json_value(v, '$.no' returning number error on error)", 1722),
        ("json_value(v, '$.a.long' returning varchar2(3) error on error)", 40478),
        ("json_value('{', '$.a' error on error)", 40441),
        ("json_value(v, 'a')", 40442),
    ],
)
def test_errors_are_raised_on_error(cursor: Any, fails: Fails, call: str, code: int) -> None:
    fails(code, cursor.execute, f"select {call} from t")


def test_queries_keep_the_order_of_keys(cursor: Any) -> None:
    cursor.execute("select json_query(v, '$.a'), json_query(v, '$.z') from t")
    assert cursor.fetchone() == ('{"b": [1, "two", null, true], "long": "xxxx"}', None)
    cursor.execute("select json_query(j, '$.a.b'), json_query(j, '$.a.long') from t")
    assert cursor.fetchone() == ([1, "two", None, True], "xxxx")


def test_text_is_tested_for_json(cursor: Any) -> None:
    cursor.execute("insert into t (v, c) values ('{', 'x')")
    assert cursor.execute("select count(*) from t where v is json").fetchone() == (1,)
    assert cursor.execute("select count(*) from t where c is not json").fetchone() == (1,)
