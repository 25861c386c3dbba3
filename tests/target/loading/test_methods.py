"""Load methods, versions, deletions and what an upsert may leave alone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import RecordError, TableError

from tests.target.conftest import record, schema, state

if TYPE_CHECKING:
    from tests.target.conftest import Message, Target

PROPERTIES = {
    "id": {"type": "integer"},
    "v": {"type": ["null", "string"]},
    "at": {"type": ["null", "string"], "format": "date-time"},
}
KEYED = schema("s", PROPERTIES, ["id"])
KEYLESS = schema("s", PROPERTIES)
SORTED = {**KEYED, "bookmark_properties": ["at"]}


def row(number: int, value: str | None, day: int = 1, **more: Any) -> Message:
    return {**record("s", id=number, v=value, at=f"2024-01-{day:02}T00:00:00Z"), **more}


def rows(target: Target, columns: str = '"ID", "V"') -> list[tuple[Any, ...]]:
    return target.rows("S", columns, order='"ID", "V"')


# Overwrite


@pytest.mark.parametrize("schema_message", [KEYED, KEYLESS], ids=["keys", "no keys"])
def test_overwrite_replaces_the_rows_at_the_end(target: Target, schema_message: Message) -> None:
    target.load(schema_message, row(1, "old"), row(2, "old"), load_method="overwrite")
    target.load(schema_message, row(2, "new"), row(3, "new"), load_method="overwrite")
    assert rows(target) == [(2, "new"), (3, "new")]
    assert target.schema.tables() == {"S"}


def test_overwrite_keeps_the_last_record_of_a_key_over_all_flushes(target: Target) -> None:
    messages = [row(n % 3, f"v{n}") for n in range(9)]
    target.load(KEYED, *messages, load_method="overwrite", batch_size_rows=2)
    assert rows(target) == [(0, "v6"), (1, "v7"), (2, "v8")]


def test_overwrite_shows_nothing_and_claims_nothing_before_its_end(target: Target) -> None:
    target.load(KEYED, row(1, "old"))
    bad = record("s", id="x")
    states: list[Any] = []
    with pytest.raises(RecordError):
        states = target.load(
            KEYED,
            row(2, "new"),
            row(3, "new"),
            state(1),
            bad,
            load_method="overwrite",
            batch_size_rows=2,
        )
    assert (rows(target), states) == ([(1, "old")], [])
    assert target.schema.tables() == {"S"}


def test_the_state_of_an_overwrite_comes_out_once_it_is_done(target: Target) -> None:
    messages = [KEYED, row(1, "a"), state(1), row(2, "b"), state(2), row(3, "c"), state(3)]
    assert target.load(*messages, load_method="overwrite", batch_size_rows=1) == [3]


def test_overwrite_goes_on_under_a_changed_schema(target: Target) -> None:
    changed = schema("s", {**PROPERTIES, "extra": {"type": "integer"}}, ["id"])
    target.load(KEYED, row(9, "old"))
    target.load(
        KEYED,
        row(1, "a"),
        row(2, "b"),
        changed,
        record("s", id=2, v="c", extra=7),
        load_method="overwrite",
    )
    assert rows(target, '"ID", "V", "EXTRA"') == [(1, "a", None), (2, "c", 7)]
    assert target.schema.tables() == {"S"}


def test_overwrite_holds_its_states_over_a_changed_schema(target: Target) -> None:
    changed = schema("s", {**PROPERTIES, "extra": {"type": "integer"}}, ["id"])
    bad = record("s", id="x")
    messages = [KEYED, row(1, "a"), changed, state(1), row(2, "b"), state(2)]
    assert target.load(*messages, load_method="overwrite", batch_size_rows=1) == [2]
    run = target.run(KEYED, row(3, "c"), changed, state(3), bad, load_method="overwrite")
    assert (run.code, run.states) == (1, [])
    assert rows(target) == [(1, "a"), (2, "b")]


def test_overwrite_goes_on_when_a_column_had_to_grow(target: Target) -> None:
    narrow = schema("s", {**PROPERTIES, "v": {"type": "string", "maxLength": 2}}, ["id"])
    target.load(
        narrow,
        row(1, "a"),
        row(2, "b"),
        row(3, "ccccc"),
        load_method="overwrite",
        batch_size_rows=1,
        validate_records=False,
    )
    assert rows(target) == [(1, "a"), (2, "b"), (3, "ccccc")]


# History


def test_history_keeps_a_row_per_version(target: Target) -> None:
    for _ in range(2):
        target.load(SORTED, row(1, "a", 1), row(1, "b", 2), row(2, "c", 1), load_method="history")
    target.load(SORTED, row(1, "b2", 2), row(1, "d", 3), load_method="history")
    assert rows(target) == [(1, "a"), (1, "b2"), (1, "d"), (2, "c")]


def test_a_replication_key_may_be_a_key_of_a_history_already(target: Target) -> None:
    dated = {**schema("s", PROPERTIES, ["id", "at", "id"]), "bookmark_properties": ["at"]}
    target.load(dated, row(1, "a", 1), row(1, "b", 2), row(1, "c", 2), load_method="history")
    assert rows(target) == [(1, "a"), (1, "c")]


@pytest.mark.parametrize("message", [KEYED, {**KEYLESS, "bookmark_properties": ["at"]}])
def test_history_without_keys_or_versions_is_refused(target: Target, message: Message) -> None:
    with pytest.raises(TableError, match="history needs key_properties and a replication_key"):
        target.load(message, load_method="history")


# Per stream


def test_streams_are_loaded_as_their_glob_says(target: Target) -> None:
    other = schema("log_a", {"id": {"type": "integer"}}, ["id"])
    repeated = [record("log_a", id=1)] * 2 + [row(1, "a"), row(1, "b")]
    streams = {"log_*": {"load_method": "append"}, "s": {"table": "Target Table"}}
    target.load(KEYED, other, *repeated, streams=streams, table_prefix="x_")
    assert target.rows("X_LOG_A") == [(1,), (1,)]
    assert target.rows("TARGET_TABLE", '"ID", "V"') == [(1, "b")]


def test_a_stream_may_be_given_keys(target: Target) -> None:
    streams = {"s": {"key_properties": ["id"]}}
    target.load(KEYLESS, row(1, "a"), row(1, "b"), streams=streams)
    assert rows(target) == [(1, "b")]


def test_a_stream_may_be_given_column_types(target: Target) -> None:
    streams = {"s": {"column_types": {"v": "VARCHAR2(7 CHAR)"}}}
    target.load(KEYED, row(1, "a"), streams=streams)
    assert target.types("S")["V"] == "VARCHAR2(7)"


# What an upsert leaves alone


@pytest.mark.parametrize("value", ["text", "x" * 5000, None], ids=["text", "lob", "null"])
def test_unchanged_rows_are_skipped_when_asked(target: Target, value: str | None) -> None:
    settings = {"skip_unchanged": True, "add_record_metadata": True}
    target.load(KEYED, row(1, value), row(2, value), **settings)
    before = target.rows("S", '"ID", "_SDC_BATCHED_AT"')
    target.load(KEYED, row(1, value), row(2, "changed"), **settings)
    after = target.rows("S", '"ID", "_SDC_BATCHED_AT"')
    assert after[0] == before[0]
    assert after[1] > before[1]
    assert target.rows("S", '"V"', '"ID"') == [(value,), ("changed",)]


def test_older_records_are_skipped_when_asked(target: Target) -> None:
    target.load(SORTED, row(1, "newer", 5), row(2, "a", 5), skip_older=True)
    target.load(SORTED, row(1, "older", 4), row(2, "b", 6), row(3, "c", 1), skip_older=True)
    assert rows(target) == [(1, "newer"), (2, "b"), (3, "c")]


@pytest.fixture
def lower_case(target: Target) -> Target:
    """A table whose columns are spelled in lower case, one of them made by the database."""
    with target.schema.connect() as connection:
        connection.cursor().execute(
            'create table s ("id" number primary key, "v" varchar2(10), "at" timestamp, '
            '"length" number generated always as (length("v")) virtual, '
            '"_sdc_table_version" number, "_sdc_deleted_at" timestamp)'
        )
    return target


@pytest.mark.parametrize("option", ["skip_unchanged", "skip_older"])
def test_rows_are_compared_by_the_columns_of_the_table_however_spelled(
    lower_case: Target, option: str
) -> None:
    properties = {**PROPERTIES, "length": {"type": "integer"}}
    described = {**schema("s", properties, ["id"]), "bookmark_properties": ["at"]}
    lower_case.load(described, row(1, "a", 5), row(2, "b", 5), **{option: True})
    lower_case.load(described, row(1, "c", 4), row(2, "dd", 6), **{option: True})
    first = "a" if option == "skip_older" else "c"
    found = lower_case.rows("S", '"id", "v", "length"')
    assert found == [(1, first, 1), (2, "dd", 2)]


def test_versions_are_found_however_their_columns_are_spelled(lower_case: Target) -> None:
    messages = [row(1, "a", version=1), row(2, "b", version=2), version(2)]
    lower_case.load(KEYED, *messages, add_record_metadata=True)
    found = lower_case.rows("S", '"id", nvl2("_sdc_deleted_at", 1, 0)')
    assert found == [(1, 1), (2, 0)]


def test_older_records_cannot_be_told_without_their_column(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute("create table s (id number primary key, v varchar2(10))")
    with pytest.raises(TableError, match="skip_older needs a column for 'at', which table S lacks"):
        target.load(SORTED, skip_older=True, on_schema_mismatch="ignore")


def test_without_a_replication_key_no_record_is_older_and_that_is_told(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    target.load(KEYED, row(1, "a", 5), row(1, "b", 4), skip_older=True)
    assert rows(target) == [(1, "b")]
    (told,) = [each.message for each in caplog.records if "skip_older" in each.message]
    assert told == "The stream has no replication key: skip_older skips none of its records"


@pytest.mark.parametrize("slice_rows", [1, 2, 100])
@pytest.mark.parametrize("batch_size_rows", [1, 100])
def test_older_records_are_skipped_wherever_a_batch_ends(
    target: Target, monkeypatch: pytest.MonkeyPatch, slice_rows: int, batch_size_rows: int
) -> None:
    monkeypatch.setattr("target_oracle.records.buffer.SLICE_ROWS", slice_rows)
    sent = [(1, "old", 4), (1, "newest", 6), (1, "older", 5), (2, "a", 3), (2, "b", 3), (2, "c", 1)]
    settings = {"skip_older": True, "batch_size_rows": batch_size_rows}
    target.load(SORTED, *(row(*each) for each in sent), **settings)
    assert rows(target) == [(1, "newest"), (2, "b")]


def test_instants_with_and_without_an_offset_are_told_apart_by_nothing_but_time(
    target: Target,
) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute("create table s (id number, at timestamp, v varchar2(9))")
    dated = {**schema("s", PROPERTIES, ["id", "at"]), "bookmark_properties": ["at"]}
    sent = [("2024-01-02T00:00:00Z", "a"), ("2024-01-02T00:00:00", "b"), ("2024-01-01", "c")]
    target.load(dated, *(record("s", id=1, at=at, v=v) for at, v in sent), skip_older=True)
    assert target.rows("S", "at, v") == [
        (datetime(2024, 1, 1), "c"),
        (datetime(2024, 1, 2), "b"),
    ]


# Versions and deletions


def version(number: int) -> Message:
    return {"type": "ACTIVATE_VERSION", "stream": "s", "version": number}


def test_activate_version_marks_the_rows_of_older_versions(target: Target) -> None:
    target.load(KEYED, row(1, "a", version=1), row(2, "b", version=1), add_record_metadata=True)
    target.load(KEYED, row(2, "c", version=2), version(2), add_record_metadata=True)
    marked = rows(target, '"ID", "V", "_SDC_DELETED_AT"')
    assert [(number, value, at is None) for number, value, at in marked] == [
        (1, "a", False),
        (2, "c", True),
    ]


def test_activate_version_deletes_the_rows_of_older_versions(target: Target) -> None:
    settings = {"add_record_metadata": True, "hard_delete": True}
    target.load(KEYED, row(1, "a", version=1), row(3, "no version"), **settings)
    target.load(KEYED, row(2, "c", version=2), version(2), **settings)
    assert rows(target) == [(2, "c")]


def test_activate_version_never_removes_newer_rows(target: Target) -> None:
    settings = {"add_record_metadata": True, "hard_delete": True}
    target.load(KEYED, row(1, "a", version=5), version(3), **settings)
    assert rows(target) == [(1, "a")]


def test_activate_version_without_versions_deletes_nothing(target: Target) -> None:
    target.load(KEYED, row(1, "a"), hard_delete=True)
    target.load(KEYED, version(2), hard_delete=True)
    assert rows(target) == [(1, "a")]


def test_activate_version_may_be_left_aside(target: Target) -> None:
    settings = {"add_record_metadata": True, "process_activate_version_messages": False}
    target.load(KEYED, row(1, "a", version=1), **settings)
    target.load(KEYED, row(2, "b", version=2), version(2), hard_delete=True, **settings)
    assert rows(target) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("staged", [False, True], ids=["straight", "staged"])
def test_a_record_with_a_deletion_time_deletes_its_row(
    target: Target, monkeypatch: pytest.MonkeyPatch, *, staged: bool
) -> None:
    monkeypatch.setattr("target_oracle.loading.loader.STRAIGHT_ROWS", 0 if staged else 10)
    target.load(KEYED, row(1, "a"), row(2, "b"), row(3, "c"))
    gone = "2024-02-01T00:00:00Z"
    target.load(
        KEYED,
        record("s", id=1, _sdc_deleted_at=gone),
        record("s", id=2, _sdc_deleted_at=gone),
        row(2, "back"),
        hard_delete=True,
    )
    assert rows(target) == [(2, "back"), (3, "c")]


def test_a_record_with_a_deletion_time_marks_its_row(target: Target) -> None:
    target.load(KEYED, row(1, "a"), add_record_metadata=True)
    gone = record("s", id=1, v="a", _sdc_deleted_at="2024-02-01T00:00:00Z")
    target.load(KEYED, gone, add_record_metadata=True)
    ((number, at),) = rows(target, '"ID", "_SDC_DELETED_AT"')
    assert (number, str(at)) == (1, "2024-02-01 00:00:00")


@pytest.mark.parametrize("staged", [False, True], ids=["straight", "staged"])
def test_a_deletion_that_is_no_more_than_a_key_leaves_the_rest_of_the_row(
    target: Target, monkeypatch: pytest.MonkeyPatch, *, staged: bool
) -> None:
    monkeypatch.setattr("target_oracle.loading.loader.STRAIGHT_ROWS", 0 if staged else 10)
    settings = {"add_record_metadata": True, "streams": {"s": {"rules": [{"required": ["v"]}]}}}
    target.load(KEYED, row(1, "a"), row(2, "b"), **settings)
    gone = "2024-02-01T00:00:00Z"
    target.load(
        KEYED,
        record("s", id=1, _sdc_deleted_at=gone),
        record("s", id=2, _sdc_deleted_at=gone),
        row(2, "back"),
        row(3, "new"),
        record("s", id=3, _sdc_deleted_at=gone),
        record("s", id=4, _sdc_deleted_at=gone),
        **settings,
    )
    found = rows(target, '"ID", "V", "_SDC_DELETED_AT"')
    at = "2024-02-01 00:00:00"
    assert [(number, value, when and str(when)) for number, value, when in found] == [
        (1, "a", at),
        (2, "back", None),
        (3, "new", at),
    ]


@pytest.mark.parametrize(
    ("batch_size_rows", "evolves"),
    [(2, True), (100, False)],
    ids=["small flushes and a new schema", "one flush"],
)
@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_an_overwrite_deletes_and_marks_rows_like_an_upsert(
    target: Target, batch_size_rows: int, *, hard: bool, evolves: bool
) -> None:
    settings = {"add_record_metadata": not hard, "hard_delete": hard}
    target.load(KEYED, row(7, "old"), **settings)
    gone = {"_sdc_deleted_at": "2024-02-01T00:00:00Z"}
    wider = {**KEYED, "schema": {"properties": {**PROPERTIES, "more": {"type": "integer"}}}}
    target.load(
        *(KEYED, row(1, "a"), record("s", id=1, **gone), row(2, "b"), row(3, "c")),
        *(record("s", id=4, **gone), record("s", id=3, v="c", **gone)),
        *([wider] if evolves else []),
        *(record("s", id=2, **gone), row(3, "back"), row(5, "e")),
        load_method="overwrite",
        batch_size_rows=batch_size_rows,
        **settings,
    )
    found = rows(target, '"ID", "V"' if hard else '"ID", "V", NVL2("_SDC_DELETED_AT", 1, 0)')
    marked = [(1, "a", 1), (2, "b", 1), (3, "back", 0), (5, "e", 0)]
    assert found == ([(3, "back"), (5, "e")] if hard else marked)


def test_deletions_of_an_overwrite_survive_records_that_the_table_refuses(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table s (id number primary key, v varchar2(9) not null)"
        )
    target.load(
        *(KEYED, row(1, "a"), row(2, None), row(3, "c")),
        record("s", id=1, _sdc_deleted_at="2024-02-01T00:00:00Z"),
        load_method="overwrite",
        hard_delete=True,
        on_invalid="reject",
    )
    assert rows(target) == [(3, "c")]
    assert target.schema.query("select reason_code from rejects") == [("ORA-01400",)]


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "metadata"])
def test_a_deletion_time_that_is_none_is_a_bad_record(target: Target, *, declared: bool) -> None:
    moment = {"type": ["null", "string"], "format": "date-time"}
    own = schema("s", {**PROPERTIES, "_sdc_deleted_at": moment}, ["id"])
    target.load(
        *(own if declared else KEYED, row(1, "a"), row(2, "b")),
        record("s", id=1, _sdc_deleted_at="soon"),
        record("s", id=2, _sdc_deleted_at=20240201),
        add_record_metadata=not declared,
        datetime_error_treatment="null",
        on_invalid="reject",
    )
    assert rows(target, '"ID", "V", "_SDC_DELETED_AT"') == [(1, "a", None), (2, "b", None)]
    refused = target.schema.query("select reason_code, property from rejects order by 1")
    assert refused == [("schema", "_sdc_deleted_at"), ("type", "_sdc_deleted_at")]


@pytest.mark.parametrize("batch_size_rows", [1, 100])
@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_a_deletion_that_is_older_than_its_row_is_skipped_when_asked(
    target: Target, batch_size_rows: int, *, hard: bool
) -> None:
    gone = {"_sdc_deleted_at": "2024-02-01T00:00:00Z"}
    target.load(
        *(SORTED, row(1, "newer", 5), row(2, "as old", 3), row(3, "older", 3), row(4, "any", 3)),
        *(
            record("s", id=key, at=f"2024-01-0{day}", **gone)
            for key, day in [(1, 3), (2, 3), (3, 4)]
        ),
        record("s", id=4, **gone),
        batch_size_rows=batch_size_rows,
        add_record_metadata=not hard,
        hard_delete=hard,
        skip_older=True,
    )
    living = "" if hard else ' where "_SDC_DELETED_AT" is null'
    assert target.schema.query(f"select v from s{living}") == [("newer",)]


def test_an_unchanged_row_lives_on_when_its_new_version_is_activated(target: Target) -> None:
    settings = {"add_record_metadata": True, "skip_unchanged": True}
    one, two = row(1, "a"), row(2, "b")
    living = []
    for number, present in enumerate(([one, two], [one], [one, two]), 1):
        versioned = [{**message, "version": number} for message in present]
        target.load(KEYED, *versioned, version(number), **settings)
        found = target.rows("S", '"ID", "_SDC_DELETED_AT"')
        living.append([key for key, at in found if at is None])
    assert living == [[1, 2], [1], [1, 2]]


def test_activate_version_spares_rows_that_skip_older_kept(target: Target) -> None:
    settings = {"add_record_metadata": True, "skip_older": True, "hard_delete": True}
    target.load(SORTED, {**row(1, "newer", 5), "version": 1}, **settings)
    target.load(SORTED, {**row(1, "older", 4), "version": 2}, version(2), **settings)
    assert rows(target) == [(1, "newer")]


def test_a_deletion_time_that_the_tap_declares_needs_no_metadata_setting(target: Target) -> None:
    moment = {"type": ["null", "string"], "format": "date-time"}
    declared = schema("s", {**PROPERTIES, "_sdc_deleted_at": moment}, ["id"])
    target.load(declared, row(1, "a"), row(2, "b"))
    target.load(declared, record("s", id=1, _sdc_deleted_at="2024-02-01T00:00:00Z"))
    found = rows(target, '"ID", "V", "_SDC_DELETED_AT"')
    assert [(number, value, at is None) for number, value, at in found] == [
        (1, "a", False),
        (2, "b", True),
    ]


def test_a_stream_may_be_given_a_replication_key(target: Target) -> None:
    streams = {"s": {"replication_key": "at", "load_method": "history"}}
    target.load(KEYED, row(1, "a", 1), row(1, "b", 2), streams=streams)
    assert rows(target) == [(1, "a"), (1, "b")]


def test_a_stream_may_be_given_a_schema(target: Target) -> None:
    streams = {"s": {"schema": target.schema.user.lower()}}
    target.load(KEYED, row(1, "a"), streams=streams, table_suffix="_raw")
    assert target.rows("S_RAW", '"ID", "V"') == [(1, "a")]
