"""ACTIVATE_VERSION and records with a deletion time delete rows, or mark them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target_oracle.errors import LoadError

from tests.target.conftest import record, schema
from tests.target.loading.conftest import KEYED, PROPERTIES, SORTED, row, rows, version

if TYPE_CHECKING:
    from tests.target.conftest import Target


def test_versions_are_found_however_their_columns_are_spelled(lower_case: Target) -> None:
    messages = [row(1, "a", version=1), row(2, "b", version=2), version(2)]
    lower_case.load(KEYED, *messages, add_record_metadata=True)
    found = lower_case.rows("S", '"id", nvl2("_sdc_deleted_at", 1, 0)')
    assert found == [(1, 1), (2, 0)]


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
def test_a_record_with_a_deletion_time_deletes_its_row(target: Target, *, staged: bool) -> None:
    target.limit(straight_rows=0 if staged else 10)
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
    target: Target, *, staged: bool
) -> None:
    target.limit(straight_rows=0 if staged else 10)
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


@pytest.mark.parametrize("staged", [False, True], ids=["straight", "staged"])
def test_a_deleted_record_leaves_its_last_values(
    target: Target, caplog: pytest.LogCaptureFixture, *, staged: bool
) -> None:
    target.limit(straight_rows=0 if staged else 10)
    gone = "2024-02-01T00:00:00Z"
    target.load(
        KEYED,
        row(1, "old"),
        record("s", id=1, v="last", _sdc_deleted_at=gone),
        record("s", id=2, v="new and gone", _sdc_deleted_at=gone),
        record("s", id=3, v="first", _sdc_deleted_at=gone),
        row(3, "back"),
        record("s", id=4, v=None, _sdc_deleted_at=gone),
        add_record_metadata=True,
    )
    at = "2024-02-01 00:00:00"
    found = rows(target, '"ID", "V", "_SDC_DELETED_AT"')
    assert [(number, value, when and str(when)) for number, value, when in found] == [
        (1, "last", at),
        (2, "new and gone", at),
        (3, "back", None),
    ]
    assert "the schema lacks" not in caplog.text


def test_a_deleted_record_with_values_goes_with_hard_delete(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    target.load(KEYED, row(1, "a"), row(2, "b"))
    gone = record("s", id=1, v="last", _sdc_deleted_at="2024-02-01T00:00:00Z")
    target.load(KEYED, gone, hard_delete=True)
    assert rows(target) == [(2, "b")]
    assert "the schema lacks" not in caplog.text


@pytest.mark.parametrize("method", ["upsert", "overwrite"])
def test_a_deletion_that_a_foreign_key_refuses_is_told(target: Target, method: str) -> None:
    target.load(KEYED, row(1, "a"), row(2, "b"), row(3, "c"))
    with target.schema.connect() as connection:
        connection.cursor().execute("create table child (s number references s)")
        connection.cursor().execute("insert into child values (2)")
        connection.commit()
    gone = [record("s", id=n, _sdc_deleted_at="2024-02-01T00:00:00Z") for n in (1, 2)]
    settings = {"hard_delete": True, "load_method": method, "on_invalid": "reject"}
    if method == "overwrite":
        with pytest.raises(LoadError, match=r"rows of another table refer to .*\(ORA-02292\)"):
            target.load(KEYED, row(3, "d"), **settings)
        assert rows(target) == [(1, "a"), (2, "b"), (3, "c")]
        return
    target.load(KEYED, *gone, row(3, "d"), **settings)
    assert rows(target) == [(2, "b"), (3, "d")]
    assert target.rows("REJECTS", '"REASON_CODE"') == [("ORA-02292",)]
