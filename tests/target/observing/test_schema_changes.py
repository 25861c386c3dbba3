"""What is new, gone or changed in a stream's schema is told by the report, load log and log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.observing.schema_changes import SchemaChanges, as_text

from tests.target.conftest import ID, Target, record, schema, state

if TYPE_CHECKING:
    from pathlib import Path

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

V = {"v": {"type": ["null", "string"], "maxLength": 5}}
S = schema("s", {**ID, **V}, ["id"])


def changes(target: Target, folder: Path, *messages: Any, **settings: Any) -> dict[str, Any]:
    """What the report of a run tells of the stream `s`."""
    file = folder / "summary"
    target.load(*messages, summary_file=str(file), **settings)
    streams: dict[str, Any] = json.loads(file.read_text().splitlines()[-1])["streams"]
    found: dict[str, Any] = streams["s"]["schema_changes"]
    return found


def test_a_first_run_changes_nothing_even_where_a_value_widens_a_column(
    target: Target, tmp_path: Path
) -> None:
    messages = [S, record("s", id=1, v="longer than five")]
    settings = {"load_log_table": "LOAD_LOG", "validate_records": False}
    assert changes(target, tmp_path, *messages, **settings) == {}
    assert changes(target, tmp_path, *messages, **settings) == {}
    assert target.rows("LOAD_LOG", '"SCHEMA_CHANGES"') == [(None,), (None,)]


@pytest.mark.parametrize("add_record_metadata", [False, True])
def test_columns_that_are_added_or_widened_are_told(
    target: Target, tmp_path: Path, *, add_record_metadata: bool, caplog: pytest.LogCaptureFixture
) -> None:
    target.load(S, record("s", id=1, v="a"))
    wider = schema("s", {**ID, "v": {"type": "string", "maxLength": 9}, "w": V["v"]}, ["id"])
    settings = {"add_record_metadata": add_record_metadata}
    assert changes(target, tmp_path, wider, record("s", id=2), **settings) == {
        "new": ["w"],
        "changed": ["v VARCHAR2(5 CHAR) to VARCHAR2(9 CHAR)"],
    }
    assert (
        "Stream 's': the schema is not as it was: new: w; "
        "changed: v VARCHAR2(5 CHAR) to VARCHAR2(9 CHAR)." in caplog.messages
    )
    assert changes(target, tmp_path, wider, record("s", id=2), **settings) == {}


def test_a_value_that_widens_a_column_is_told(target: Target, tmp_path: Path) -> None:
    target.load(S, record("s", id=1, v="a"))
    messages = [S, record("s", id=1, v="longer than five")]
    assert changes(target, tmp_path, *messages, validate_records=False) == {
        "changed": ["v VARCHAR2(5 CHAR) to VARCHAR2(16 CHAR)"]
    }


def test_a_property_without_a_column_is_told(target: Target, tmp_path: Path) -> None:
    messages = [S, record("s", id=1, extra=5, other=6)]
    assert changes(target, tmp_path, *messages) == {
        "new": ["extra (not loaded)", "other (not loaded)"]
    }


def test_what_the_tap_saw_is_told_too(target: Target, tmp_path: Path) -> None:
    told = {"finished": True, "schema_changes": {"new": ["extra"], "gone": ["v", 7], "odd": 1}}
    report = {"status": "finished", "streams": {"s": told}}
    messages = [S, record("s", id=1), state({"report": report})]
    found = changes(target, tmp_path, *messages, load_log_table="LOAD_LOG")
    assert found == {"new": ["extra (not loaded)"], "gone": ["v"]}
    assert target.rows("LOAD_LOG", '"SCHEMA_CHANGES"') == [("new: extra (not loaded); gone: v",)]


def test_a_schema_that_changes_in_a_run_is_told(target: Target, tmp_path: Path) -> None:
    messages = [S, record("s", id=1), schema("s", ID, ["id"]), record("s", id=2)]
    assert changes(target, tmp_path, *messages) == {"gone": ["v"]}


def test_what_differs_from_the_last_run_is_told_once(target: Target, tmp_path: Path) -> None:
    log = {"load_log_table": "LOAD_LOG"}
    target.load(S, record("s", id=1, v="a"), **log)
    other = schema("s", {**ID, "w": {"type": "integer"}}, ["id"])
    row = record("s", id=1)
    assert changes(target, tmp_path, other, row, **log) == {"new": ["w"], "gone": ["v"]}
    assert changes(target, tmp_path, other, row, **log) == {}
    narrower = schema("s", {**ID, "w": {"type": "boolean"}}, ["id"])
    assert changes(target, tmp_path, narrower, row, **log).keys() == {"changed"}
    assert target.rows("LOAD_LOG", '"SCHEMA_CHANGES"', order='"STARTED_AT"')[:3] == [
        (None,),
        ("new: w; gone: v",),
        (None,),
    ]
    ((fields,),) = target.rows("LOAD_LOG_FIELDS", '"FIELDS"', order='"STREAM"')
    assert json.loads(fields).keys() == {"id", "w"}


@pytest.mark.parametrize("auto_create", [True, False])
def test_a_load_log_is_kept_also_where_nothing_may_be_made(
    oracle_server: OracleStandin, oracle_schema: OracleSchema, *, auto_create: bool
) -> None:
    target, log = Target(oracle_schema), {"load_log_table": "LOAD_LOG"}
    target.load(S, record("s", id=1, v="a"), **log)
    oracle_server.create_user("limited", "x", privileges=("CREATE SESSION",))
    with oracle_schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute('drop table "LOAD_LOG_FIELDS" purge')
        for table in ("S", "LOAD_LOG"):
            cursor.execute(f'grant select, insert, update on "{table}" to limited')
    limited = {"user": "limited", "password": "x", "default_target_schema": oracle_schema.user}
    try:
        target.load(S, record("s", id=2, v="b"), auto_create=auto_create, **log, **limited)
    finally:
        oracle_server.drop_user("limited")
    assert target.rows("LOAD_LOG", '"STATUS", "ROWS_WRITTEN"') == [("finished", 1)] * 2


def test_a_change_that_is_known_keeps_its_remark() -> None:
    found = SchemaChanges(changed={"v": "DATE to TIMESTAMP(6)"})
    found.leave_out(["w"])
    found.compare({"v": "DATE"}, {"v": "CLOB", "w": "DATE"})
    assert as_text(found.as_dict()) == "new: w (not loaded); changed: v DATE to TIMESTAMP(6)"
