"""What newer servers have: booleans and JSON columns."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import oracledb
import pytest
from oracle_standin import OracleStandin

from tests.oracle_rules import SWITCHED_OFF

from .conftest import Target, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

from tests.conftest import OracleSchema

TYPES = schema(
    "s",
    {
        "id": {"type": "integer"},
        "flag": {"type": ["null", "boolean"]},
        "doc": {"type": ["null", "object"]},
    },
    ["id"],
)


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with OracleStandin({"app": "secret"}, era=23, rules=SWITCHED_OFF) as server:
        yield Target(OracleSchema("app", "secret", server.dsn))


@pytest.mark.parametrize("straight", [0, 1000], ids=["staged", "straight"])
def test_23ai_takes_booleans_and_json(target: Target, straight: int) -> None:
    target.limit(straight_rows=straight, direct_rows=1)
    connection = oracledb.connect(user="app", password="secret", dsn=target.schema.dsn)
    with connection:
        cursor = connection.cursor()
        cursor.execute("drop table if exists s")
        cursor.execute("create table s (id number primary key, doc json)")
    connection_rows = [
        record("s", id=1, flag=True, doc={"a": [1, "é"]}),
        record("s", id=2, flag=False, doc=None),
        record("s", id=3),
    ]
    target.load(TYPES, *connection_rows)
    with oracledb.connect(user="app", password="secret", dsn=target.schema.dsn) as again:
        rows = again.cursor().execute("select id, flag, doc from s order by id").fetchall()
    assert rows == [(1, True, {"a": [1, "é"]}), (2, False, None), (3, None, None)]
    assert target.types("S")["FLAG"] == "BOOLEAN"


def test_objects_become_json_where_that_is_asked_and_the_server_has_it(target: Target) -> None:
    described = schema("n", {**TYPES["schema"]["properties"], "any": {}}, ["id"])
    for doc in ({"a": 1}, {"a": 1}, {"b": 2}):
        target.load(
            described, record("n", id=1, doc=doc), json_columns="native", skip_unchanged=True
        )
    types = target.types("N")
    assert (types["DOC"], types["ANY"]) == ("JSON", "CLOB")
    with oracledb.connect(user="app", password="secret", dsn=target.schema.dsn) as connection:
        assert connection.cursor().execute("select doc from n").fetchall() == [({"b": 2},)]


def test_a_json_column_keeps_every_digit(target: Target) -> None:
    connection = oracledb.connect(user="app", password="secret", dsn=target.schema.dsn)
    connection.cursor().execute("create table j (id number primary key, doc json)")
    properties = {"id": {"type": "integer"}, "doc": {"type": ["object", "array", "string"]}}
    digits = "12345678901234567890.123456789012345678"
    line = '{"type": "RECORD", "stream": "j", "record": {"id": 1, "doc": {"n": %s}}}'
    target.load(schema("j", properties, ["id"]), line % digits, record("j", id=2, doc="no {json}"))
    rows = connection.cursor().execute("select doc from j order by id").fetchall()
    connection.close()
    assert rows == [({"n": Decimal(digits)},), ("no {json}",)]


def test_a_server_with_parallel_dml_takes_several_statements_in_a_transaction() -> None:
    rules = SWITCHED_OFF
    with OracleStandin({"app": "secret"}, era=19, parallel_dml=True, rules=rules) as server:
        target = Target(OracleSchema("app", "secret", server.dsn))
        target.limit(straight_rows=0)
        described = schema("s", {"id": {"type": "integer"}, "v": {"type": "string"}}, ["id"])
        rows = [record("s", id=n, v="a") for n in range(3)]
        gone = record("s", id=1, _sdc_deleted_at="2024-01-01T00:00:00Z")
        target.load(described, *rows, gone, hard_delete=True)
        assert target.rows("S") == [(0, "a"), (2, "a")]
        target.load(described, *rows, load_method="overwrite")
        assert target.rows("S") == [(0, "a"), (1, "a"), (2, "a")]


def test_23ai_has_no_booleans_where_compatible_is_lower() -> None:
    rules = SWITCHED_OFF
    with OracleStandin({"app": "secret"}, era=23, compatible="19.0.0", rules=rules) as server:
        target = Target(OracleSchema("app", "secret", server.dsn))
        flag = schema("s", {"id": {"type": "integer"}, "flag": {"type": "boolean"}}, ["id"])
        target.load(flag, record("s", id=1, flag=True))
        assert target.types("S")["FLAG"] == "NUMBER(1,0)"
        assert target.rows("S") == [(1, 1)]


@pytest.mark.parametrize("path", ["array", "direct"])
def test_local_time_is_the_instant_that_was_sent_on_either_path(path: str) -> None:
    rules = SWITCHED_OFF
    with OracleStandin({"app": "secret"}, era=19, db_time_zone="+02:00", rules=rules) as server:
        target = Target(OracleSchema("app", "secret", server.dsn))
        target.limit(straight_rows=0, direct_rows=1)
        with target.schema.connect() as connection:
            connection.cursor().execute(
                "create table s (id number primary key, at timestamp with local time zone)"
            )
        moment = {"type": "string", "format": "date-time"}
        described = schema("s", {"id": {"type": "integer"}, "at": moment}, ["id"])
        row = record("s", id=1, at="2024-01-02T03:04:05.678Z")
        for unchanged in (False, True):
            target.load(described, row, load_path=path, skip_unchanged=unchanged)
        found = target.rows("S", "cast(sys_extract_utc(at) as timestamp)")
        assert found == [(datetime(2024, 1, 2, 3, 4, 5, 678_000),)]
