"""The tables that a run makes for itself, and those that dead runs left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target_oracle.database.own_tables import OwnTables
from target_oracle.errors import LoadError
from target_oracle.target import TargetOracle

from tests.target.conftest import Target, record, schema, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oracle_standin import OracleStandin
    from oracle_standin.faults import Faults

    from tests.conftest import OracleSchema

KEYED = schema("s", {"id": {"type": "integer"}, "v": {"type": "string"}}, ["id"])
ROWS = [record("s", id=n, v=f"v{n}") for n in range(30)]


@pytest.fixture
def target(oracle_schema: OracleSchema) -> Target:
    return Target(oracle_schema)


@pytest.fixture
def faults(oracle_server: OracleStandin, target: Target) -> Iterator[Faults]:
    target.limit(first_wait=0.001)
    yield oracle_server.faults
    oracle_server.faults.clear()


def test_runs_of_the_same_hour_have_tables_of_their_own(target: Target) -> None:
    session = TargetOracle(config=target.config).current_run.session
    names = {OwnTables(session, "S").table("FLUSHES").name for _ in range(1000)}
    assert (len(names), {len(name) <= 30 for name in names}) == (1000, {True})


def test_tables_that_a_dead_run_left_are_dropped_in_time(target: Target) -> None:
    with target.schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute('create table "SDC$1$ABCD$S" (id number)')
        cursor.execute('create table "SDC$FFFFF$ABCD$S" (id number)')
        cursor.execute('create table "SDC$MINE" (id number)')
    target.load(KEYED, ROWS[0])
    assert target.schema.tables() == {"S", "SDC$FFFFF$ABCD$S", "SDC$MINE"}


@pytest.mark.parametrize("code", [54, 1031])
def test_a_table_of_a_dead_run_that_cannot_be_dropped_stops_no_other(
    target: Target, faults: Faults, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute('create table "SDC$1$ABCD$S" (id number)')
    fault = faults.raise_error(code, matching="^DROP TABLE")
    assert target.load(KEYED, ROWS[0], state(1)) == [1]
    assert (fault.hits, target.schema.tables()) == (1, {"S", "SDC$1$ABCD$S"})
    told = [each.getMessage() for each in caplog.records if "ABCD" in each.getMessage()]
    assert told == [f"SDC$1$ABCD$S, left by an older run, cannot be dropped (ORA-{code:05})"]


@pytest.mark.parametrize("method", ["upsert", "overwrite"])
def test_a_run_that_fails_leaves_none_of_its_tables(
    target: Target, faults: Faults, method: str
) -> None:
    """Several streams at the same time, of which one runs out of retries."""
    target.limit(straight_rows=0)
    streams = [schema(name, {"id": {"type": "integer"}}, ["id"]) for name in "abc"]
    rows = [record(name, id=n) for name in "abc" for n in range(20)]
    target.load(*streams)
    fault = faults.raise_error(60, matching=r'^(MERGE INTO|INSERT INTO) "\w+"."B" ', times=None)
    settings = {"max_parallelism": 2, "max_retries": 2, "load_method": method}
    with pytest.raises(LoadError, match=r"Stream 'b'.*ORA-00060"):
        target.load(*streams, *rows, **settings)
    assert fault.hits == 3
    assert target.schema.tables() == {"A", "B", "C"}


def test_without_the_right_to_create_tables_existing_ones_are_loaded(
    target: Target, oracle_server: OracleStandin
) -> None:
    target.load(KEYED)
    oracle_server.create_user("limited", "x", privileges=("CREATE SESSION",))
    try:
        with target.schema.connect() as connection:
            connection.cursor().execute('grant select, insert, update on "S" to limited')
        many = [record("s", id=n, v=f"v{n}") for n in range(2_000)]
        settings = {"user": "limited", "password": "x"}
        settings["default_target_schema"] = target.schema.user
        target.load(KEYED, *many, state(1), **settings)
        more = [record("s", id=n, v=f"v{n}") for n in range(2_000, 2_010)]
        target.load(KEYED, *more, state(1), load_method="append-only", **settings)
    finally:
        oracle_server.drop_user("limited")
    assert target.rows("S", '"ID", "V"') == [(n, f"v{n}") for n in range(2_010)]
