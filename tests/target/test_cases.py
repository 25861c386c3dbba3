"""Inputs from the field that once failed or loaded wrong values; each stands for its kind.

The files under `cases/` are what taps and machines sent, with personal details replaced.
"""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from oracle_standin import OracleStandin
from target_oracle.errors import TableError
from target_oracle.target import TargetOracle

from tests.conftest import OracleSchema

from .conftest import Target

CASES = Path(__file__).parent / "cases"


@dataclass
class Loads:
    """A file that loads: a query and its rows, and parts of the warnings that are given."""

    query: str
    rows: list[tuple[Any, ...]]
    ddl: str = ""
    warns: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass
class Fails:
    """A file that does not load: parts of the one sentence, and the rows of what came before."""

    says: list[str]
    query: str = ""
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    ddl: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


LOADING = {
    "base16_into_blob": Loads(
        "select id, payload, h from ev16",
        [(1, bytes.fromhex("A1B2C3D4E5F60708"), bytes.fromhex("00FF00FF"))],
        "create table ev16 (id number(38) primary key, payload blob, h raw(64))",
    ),
    "bom": Loads("select id from e1", [(1,)]),
    "char_overwrite": Loads(
        "select id, code from ch1 order by id",
        [(0, "ab "), (1, "ab "), (2, "ab ")],
        "create table ch1 (id number primary key, code char(3 char))",
        settings={"load_method": "overwrite"},
    ),
    "clob_before_text": Loads(
        "select id, payload, note from orders", [("a1", '{"x":1}', "short")]
    ),
    "date_with_offset": Loads(
        "select id, d from t3 order by id", [(1, datetime(2024, 1, 1)), (2, datetime(2024, 1, 1))]
    ),
    "deleted_row_that_is_new": Loads(
        'select id, txt, cast(sys_extract_utc("_SDC_DELETED_AT") as date) from t order by id',
        [
            (1, "never seen before, deleted at the source", datetime(2026, 1, 1)),
            (2, "last value before the deletion", datetime(2026, 1, 1)),
        ],
        settings={"add_record_metadata": True},
    ),
    "draft4_numeric": Loads("select id, v from p1", [(1, Decimal("12.34"))]),
    "eight_text_keys": Loads("select dim0, dim7, m from k7", [("x", "x", 1)]),
    "empty_property_name": Loads('select id, "UNNAMED" from b2', [(1, "x")]),
    "empty_property_name_as_key": Loads('select "UNNAMED", v from ek', [(1, "x")]),
    "invalid_schema_no_property_named": Loads(
        "select id, a, b from z1", [(1, "x", "y")], warns=["'a'", "maxLength", "'b'", "required"]
    ),
    "json_column_holds_array": Loads(
        "select id, tags from js order by id", [(1, '["a","b"]'), (2, "[]")]
    ),
    "offset_twice": Loads(
        'select id, cast(sys_extract_utc("_SDC_DELETED_AT") as date) from t3',
        [(1, datetime(2019, 12, 18, 13, 19, 44))],
        settings={"add_record_metadata": True},
    ),
    "ref_replication_key": Loads(
        "select id, cast(sys_extract_utc(upd) as date), v from so",
        [(1, datetime(2024, 1, 2), 1)],
        settings={"skip_older": True},
    ),
    "required_of_deselected": Loads("select id from rq", [(1,)]),
    "rowid_column": Loads('select "ROWID_", name from b1', [(1, "x")], warns=["ROWID"]),
    "type_changed_to_text": Loads(
        "select id, age from t1 order by id", [(1, "30"), (2, "n/a")]
    ),
    "type_turns_on_existing_table": Loads(
        "select id, age from t4 order by id", [(1, "3"), (2, "UNKNOWN")]
    ),
    "x_sql_datatype_boolean_19c": Loads(
        "select id, v, j from xs", [(1, 1, '{"a":1}')], warns=["x-sql-datatype", "boolean"]
    ),
}  # fmt: skip

FAILING = {
    "epoch_ms_as_date_time": Fails(
        ["'hs'", "'close'"], "select count(*) from hs", [(0,)]
    ),
    "key_changed": Fails(
        ["'t6'", "key", "K2"], "select id, k2, v from t6", [(1, "a", 1)]
    ),
    "lone_surrogate": Fails(["'e1'", "'v'", "surrogate"]),
    "long_composite_key": Fails(["'lk3'", "key"], "select a, b, v from lk3", []),
    "nan": Fails(["'n1'", "'v'", "NaN"]),
    "seven_digit_key": Fails(
        ["'t4'", "'ts'", "two keys one"], "select count(*) from t4", [(0,)]
    ),
    "tiny_number": Fails(["'t7'", "'p'", "column_types", "BINARY_DOUBLE"]),
}  # fmt: skip


def loaded(target: Target, name: str, settings: dict[str, Any]) -> list[Any]:
    """Load a file as the program reads it, byte by byte; the states that came out."""
    out = io.StringIO()
    given = io.TextIOWrapper(io.BytesIO((CASES / f"{name}.jsonl").read_bytes()))
    with redirect_stdout(out):
        TargetOracle(config={**target.config, **settings}).run(given)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def made(schema: OracleSchema, ddl: str) -> None:
    if ddl:
        with schema.connect() as connection, connection.cursor() as cursor:
            cursor.execute(ddl)


@pytest.mark.parametrize("name", LOADING)
def test_loads(
    target: Target, oracle: OracleSchema, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    case = LOADING[name]
    caplog.set_level("INFO")
    made(oracle, case.ddl)
    loaded(target, name, case.settings)
    assert oracle.query(case.query) == case.rows
    told = "\n".join(each.getMessage() for each in caplog.records)
    assert [part for part in case.warns if part not in told] == []


@pytest.mark.parametrize("name", FAILING)
def test_fails_in_a_sentence(target: Target, oracle: OracleSchema, name: str) -> None:
    case = FAILING[name]
    made(oracle, case.ddl)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it says is the point
        loaded(target, name, case.settings)
    said = str(caught.value)
    assert [part for part in case.says if part not in said] == []
    if case.query:
        assert oracle.query(case.query) == case.rows


def test_no_direct_path_where_it_would_store_other_characters() -> None:
    with OracleStandin({"app": "secret"}, era=19, charset="WE8MSWIN1252") as server:
        schema = OracleSchema("app", "secret", server.dsn)
        with pytest.raises(TableError, match=r"`load_path`.*WE8MSWIN1252.*'auto' or 'array'"):
            loaded(Target(schema), "latin1_direct_path", {"load_path": "direct"})
        assert schema.query("select table_name from user_tables") == []
        loaded(Target(schema), "latin1_direct_path", {})
        assert schema.query("select id, t from cs order by id")[0] == (0, "¿Hola?")


def test_every_file_is_a_case() -> None:
    files = {path.stem for path in CASES.glob("*.jsonl")}
    assert files - {"latin1_direct_path"} == LOADING.keys() | FAILING.keys()
