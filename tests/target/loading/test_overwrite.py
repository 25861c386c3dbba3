"""Overwrite replaces the rows of a table at the end of the run, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import RecordError

from tests.target.conftest import record, schema, state
from tests.target.loading.conftest import KEYED, KEYLESS, PROPERTIES, row, rows

if TYPE_CHECKING:
    from tests.target.conftest import Message, Target


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
