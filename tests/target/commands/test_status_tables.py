"""`--status` reads two tables beside the load log, whose names may be those of other tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from target_oracle.commands.status import status

from tests.target.commands.history import keep, run, settings, stream

if TYPE_CHECKING:
    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

TABLES = {"REJECTS": "reject table", "LOAD_LOG_RECONCILED": "table of comparisons"}


@pytest.mark.parametrize("table", TABLES)
def test_another_table_of_that_name_is_left_aside(oracle: OracleSchema, table: str) -> None:
    given = settings(oracle.config)
    keep(given, [run(datetime.now(UTC) - timedelta(minutes=5), {"a": stream(9)})])
    with oracle.connect() as connection:
        connection.cursor().execute(f"create table {table} (x number)")
    answer = status(given)
    assert (answer.status, answer.problems) == ("healthy", [])
    found = answer.details["streams"]["a"]
    assert (found["rejects"], found["compared"]) == ([], None)


@pytest.mark.parametrize("table", TABLES)
def test_one_that_cannot_be_read_is_named(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, table: str
) -> None:
    given = settings(oracle_schema.config)
    keep(given, [run(datetime.now(UTC) - timedelta(minutes=5), {"a": stream(9)})])
    oracle_server.faults.raise_error(1555, matching=f'FROM "[^"]*"."{table}"')
    try:
        answer = status(given)
    finally:
        oracle_server.faults.clear()
    assert answer.status == "unhealthy"
    (problem,) = answer.problems
    name = f'"{oracle_schema.user}"."{table}"'
    assert problem.startswith(f"The {TABLES[table]} {name} cannot be read: ")
    assert "ORA-01555" in problem
