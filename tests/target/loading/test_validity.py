"""`history_validity`: from when to when each version is valid, and a view of those in force."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from oracle_standin import OracleStandin
from target_oracle.errors import RecordError, TableError
from target_oracle.records.stamps import deletion_times

from tests.conftest import OracleSchema
from tests.oracle_rules import SWITCHED_OFF
from tests.target.conftest import Target, record, schema
from tests.target.loading.conftest import (
    KEYED,
    MARKED,
    PROPERTIES,
    SORTED,
    VALIDITY,
    gone,
    periods,
    row,
    version,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_oracle.records.slices import Slice

    from tests.target.conftest import Message

_users = itertools.count()


@pytest.fixture(scope="module", params=[19, 21, 23])
def server(request: pytest.FixtureRequest) -> Iterator[OracleStandin]:
    with OracleStandin({"app": "secret"}, era=request.param, rules=SWITCHED_OFF) as server:
        yield server


@pytest.fixture
def of_each_era(server: OracleStandin) -> Target:
    user = f"U{next(_users)}"
    server.create_user(user, "secret")
    return Target(OracleSchema(user, "secret", server.dsn))


@pytest.mark.parametrize("path", ["array", "direct"])
def test_a_version_is_valid_until_the_next_one_whenever_it_comes(
    of_each_era: Target, path: str
) -> None:
    target, settings = of_each_era, {**VALIDITY, "load_path": path}
    target.limit(direct_rows=1)
    target.load(SORTED, row(1, "a", 1), row(1, "c", 5), row(2, "z", 1), **settings)
    assert periods(target) == [(1, "a", 1, 5), (1, "c", 5, None), (2, "z", 1, None)]

    target.load(SORTED, row(1, "b", 3), row(1, "d", 9), **settings)  # the first one is late
    expected = [
        (1, "a", 1, 3), (1, "b", 3, 5), (1, "c", 5, 9), (1, "d", 9, None), (2, "z", 1, None)
    ]  # fmt: skip
    assert periods(target) == expected

    target.load(SORTED, row(1, "d", 9), row(1, "b", 3), row(1, "a", 1), **settings)  # again
    assert periods(target) == expected
    assert target.rows("S_CURRENT", '"ID", "V"') == [(1, "d"), (2, "z")]

    as_of = """
        select "V" from s where "_SDC_VALID_FROM" <= timestamp '2024-01-04 00:00:00'
        and ("_SDC_VALID_TO" is null or "_SDC_VALID_TO" > timestamp '2024-01-04 00:00:00')
        order by "ID"
    """
    assert target.schema.query(as_of) == [("b",), ("z",)]


def test_a_deletion_ends_the_version_in_force(of_each_era: Target) -> None:
    target = of_each_era
    target.load(SORTED, row(1, "a", 1), row(1, "b", 3), row(2, "z", 1), **MARKED)
    for day in (6, 7):  # told twice, by its key alone
        target.load(SORTED, gone(1, day), **MARKED)
        assert periods(target) == [(1, "a", 1, 3), (1, "b", 3, 6), (2, "z", 1, None)]
        assert target.rows("S_CURRENT", '"ID"') == [(2,)]
    marks = target.rows("S", '"V", nvl2("_SDC_DELETED_AT", 1, 0)', order='"V"')
    assert marks == [("a", 0), ("b", 1), ("z", 0)]

    late_and_back = [row(1, "late", 4), row(1, "back", 8)]
    target.load(SORTED, *late_and_back, gone(2, 9, at="2024-01-09T00:00:00Z", v="last"), **MARKED)
    assert periods(target) == [
        (1, "a", 1, 3), (1, "b", 3, 4), (1, "late", 4, 6), (1, "back", 8, None),
        (2, "z", 1, 9), (2, "last", 9, 9),
    ]  # fmt: skip


def test_a_row_that_comes_and_goes_within_a_flush_is_ended(target: Target) -> None:
    messages = [row(1, "a", 1), gone(1, 2), row(1, "b", 3), row(2, "c", 1), gone(2, 5)]
    target.load(SORTED, *messages, **MARKED)
    assert periods(target) == [(1, "a", 1, 2), (1, "b", 3, None), (2, "c", 1, 5)]


@pytest.mark.parametrize("metadata", [True, False])
def test_a_hard_deletion_leaves_no_version_up_to_it(target: Target, *, metadata: bool) -> None:
    settings = {**VALIDITY, "hard_delete": True, "add_record_metadata": metadata}
    target.load(SORTED, row(1, "a", 1), row(1, "b", 3), row(2, "z", 1), **settings)
    messages = [gone(1, 4), row(1, "back", 8)]
    for _ in range(2):
        target.load(SORTED, *messages, **settings)
        assert periods(target) == [(1, "back", 8, None), (2, "z", 1, None)]


@pytest.mark.parametrize("hard", [True, False])
def test_activate_version_ends_what_did_not_come_again_and_keeps_history(
    target: Target, *, hard: bool
) -> None:
    settings = {**MARKED, "hard_delete": hard}
    first = [row(1, "a", 1, version=1), row(1, "b", 3, version=1), row(2, "z", 1, version=1)]
    target.load(SORTED, *first, version(1), **settings)
    assert periods(target) == [(1, "a", 1, 3), (1, "b", 3, None), (2, "z", 1, None)]

    before = datetime.now(UTC).replace(tzinfo=None)
    target.load(SORTED, row(1, "b", 3, version=2), version(2), **settings)
    assert periods(target)[:2] == [(1, "a", 1, 3), (1, "b", 3, None)]
    ended = target.rows("S", '"_SDC_VALID_TO", "_SDC_DELETED_AT"', order='"ID", "AT"')[2:]
    if hard:
        assert ended == []
    else:
        ((to, deleted),) = ended
        assert before <= to == deleted
    assert target.rows("S_CURRENT", '"ID"') == [(1,)]


def test_a_table_that_was_filled_without_periods_gets_them_all(target: Target) -> None:
    target.load(SORTED, row(1, "a", 1), row(1, "b", 2), row(2, "c", 1), load_method="history")
    target.load(SORTED, row(2, "d", 5), **VALIDITY)
    assert periods(target) == [(1, "a", 1, 2), (1, "b", 2, None), (2, "c", 1, 5), (2, "d", 5, None)]


def test_the_view_follows_the_columns_of_its_table(target: Target) -> None:
    target.load(SORTED, row(1, "a", 1), **VALIDITY)
    wider = {**SORTED, "schema": schema("s", {**PROPERTIES, "w": {"type": "string"}})["schema"]}
    target.load(wider, record("s", id=1, v="b", at="2024-01-02T00:00:00Z", w="new"), **VALIDITY)
    assert target.rows("S_CURRENT", '"V", "W"') == [("b", "new")]
    target.load(wider, row(1, "c" * 5000, 3), **VALIDITY)
    assert target.rows("S_CURRENT", 'length("V"), "W"', order='"ID"') == [(5000, None)]


def test_a_user_without_the_right_to_make_views_has_periods(
    oracle_server: OracleStandin, caplog: pytest.LogCaptureFixture
) -> None:
    user = f"NO_VIEWS_{next(_users)}"
    oracle_server.create_user(user, "secret", privileges={"CREATE SESSION", "CREATE TABLE"})
    target = Target(OracleSchema(user, "secret", oracle_server.dsn))
    for _ in range(2):
        target.load(SORTED, row(1, "a", 1), row(1, "b", 2), **VALIDITY)
        assert periods(target) == [(1, "a", 1, 2), (1, "b", 2, None)]
    assert caplog.text.count("No CREATE VIEW right") == 2


def test_the_good_versions_of_a_flush_with_a_bad_one_have_periods(target: Target) -> None:
    with target.schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(
            "create table s (id number, at timestamp, v varchar2(10) check (\"V\" <> 'bad'), "
            "primary key (id, at))"
        )
    messages = [row(1, "a", 1), row(1, "bad", 2), row(1, "c", 3), row(2, "z", 1)]
    target.load(SORTED, *messages, on_invalid="reject", **VALIDITY)
    assert periods(target) == [(1, "a", 1, 3), (1, "c", 3, None), (2, "z", 1, None)]
    assert target.rows("REJECTS", '"REASON_CODE"') == [("ORA-02290",)]


@pytest.mark.parametrize("kind", ["date", "date-time"])
def test_a_replication_key_may_be_a_day_or_one_of_the_keys(target: Target, kind: str) -> None:
    properties = {**PROPERTIES, "at": {"type": "string", "format": kind}}
    dated = {**schema("s", properties, ["at", "id"]), "bookmark_properties": ["at"]}
    texts = ["2024-01-03", "2024-01-01"] if kind == "date" else ["2024-01-03T00:00:00Z"] * 2
    target.load(dated, *(record("s", id=1, v=at, at=at) for at in texts), **VALIDITY)
    expected = [(1, 3), (3, None)] if kind == "date" else [(3, None)]
    assert [ends for _, _, *ends in map(list, periods(target))] == list(map(list, expected))


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({**KEYED, "bookmark_properties": ["v"]}, "needs a replication_key that is a date"),
        (
            {**schema("s", PROPERTIES, ["at"]), "bookmark_properties": ["at"]},
            "and a key beside it",
        ),
        (
            {**schema("s", {**PROPERTIES, "_sdc_valid_to": {}}, ["id"]),
             "bookmark_properties": ["at"]},
            "a property becomes the column _SDC_VALID_TO",
        ),
    ],
)  # fmt: skip
def test_what_can_have_no_periods_is_refused(
    target: Target, message: Message, sentence: str
) -> None:
    with pytest.raises(TableError, match=sentence):
        target.load(message, **VALIDITY)


def test_a_record_that_is_no_deletion_needs_its_replication_key(target: Target) -> None:
    with pytest.raises(RecordError, match="property 'at'"):
        target.load(SORTED, record("s", id=1, v="a"), **MARKED)


def test_without_the_setting_a_history_is_as_it_was(target: Target) -> None:
    target.load(SORTED, row(1, "a", 1), load_method="history")
    assert list(target.types("S")) == ["ID", "AT", "V"]
    target.load(SORTED, row(1, "b", 1), history_validity=True, streams={"s": {"table": "T"}})
    assert list(target.types("T")) == ["ID", "V", "AT"]


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"history_validity": True}, 1),
        ({**VALIDITY, "streams": {"*": {"load_method": "upsert"}}}, 1),
        ({"history_validity": True, "streams": {"s": {"load_method": "history"}}}, 0),
        ({}, 0),
    ],
)
def test_the_setting_is_said_to_be_idle_once_where_no_stream_is_a_history(
    target: Target, caplog: pytest.LogCaptureFixture, settings: dict[str, Any], count: int
) -> None:
    other = {**schema("t", PROPERTIES, ["id"]), "bookmark_properties": ["at"]}
    messages = [SORTED, other, row(1, "a"), {**row(1, "a"), "stream": "t"}]
    target.load(*messages, **{"streams": {"t": {"load_method": "upsert"}}, **settings})
    told = [each for each in caplog.messages if "No stream of this run is a history" in each]
    assert len(told) == count
    assert all("`history_validity` does nothing" in each for each in told)
    target.load(**settings)
    assert caplog.text.count("is a history") == count  # no stream at all


def test_deletion_times_that_no_column_has_are_parsed_once(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = []

    def counting(piece: Slice) -> list[datetime | None]:
        parsed.append(len(piece.records))
        return deletion_times(piece)

    monkeypatch.setattr("target_oracle.records.shaping.deletion_times", counting)
    target.load(SORTED, row(1, "a", 1), row(2, "b", 2), gone(1, 6), **VALIDITY, hard_delete=True)
    assert parsed == [3]
    assert periods(target) == [(2, "b", 2, None)]
