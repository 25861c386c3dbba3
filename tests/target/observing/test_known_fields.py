"""The properties of the last run: what goes wrong with them costs no row of the load log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.target.conftest import Target, record
from tests.target.observing.reports import S

if TYPE_CHECKING:
    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

LOG = {"load_log_table": "LOAD_LOG"}
TOLD = "Changes since the last run are not told"


def warned(caplog: pytest.LogCaptureFixture) -> str:
    """The only sentence on it."""
    (found,) = [each.message for each in caplog.records if TOLD in each.message]
    assert '"LOAD_LOG_FIELDS"' in found
    return found


def logged(target: Target) -> list[tuple[str, int]]:
    return target.rows("LOAD_LOG", '"STATUS", "ROWS_WRITTEN"')


def test_another_table_of_that_name_is_left_alone(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute('create table load_log_fields ("STREAM" number)')
    target.load(S, record("s", id=1), **LOG)
    assert logged(target) == [("finished", 1)]
    assert target.types("LOAD_LOG_FIELDS") == {"STREAM": "NUMBER"}
    assert "ORA-00904" in warned(caplog)


@pytest.mark.parametrize("held", ["no JSON", "[1]", '{"id": 1}', None])
def test_content_of_others_is_left_alone(
    target: Target, caplog: pytest.LogCaptureFixture, held: str | None
) -> None:
    with target.schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("create table load_log_fields (stream varchar2(9), fields varchar2(9))")
        cursor.execute("insert into load_log_fields values ('other', :1)", [held])
        connection.commit()
    target.load(S, record("s", id=1), **LOG)
    assert logged(target) == [("finished", 1)]
    assert target.rows("LOAD_LOG_FIELDS") == [("other", held)]
    assert "the row of stream 'other' holds no properties" in warned(caplog)


def test_what_was_written_of_them_is_taken_back(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, caplog: pytest.LogCaptureFixture
) -> None:
    """A user may have been granted one right and not another."""
    target = Target(oracle_schema)
    target.load(S, record("s", id=1), **LOG)
    before = target.rows("LOAD_LOG_FIELDS")
    other = {**S, "schema": {"properties": {"id": {"type": "integer"}}}}
    oracle_server.faults.raise_error(1031, matching='INSERT INTO .*"LOAD_LOG_FIELDS"')
    try:
        target.load(other, record("s", id=2), **LOG)
    finally:
        oracle_server.faults.clear()
    assert logged(target) == [("finished", 1)] * 2
    assert target.rows("LOAD_LOG_FIELDS") == before
    assert "(ORA-01031)" in warned(caplog)
