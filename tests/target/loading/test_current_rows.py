"""The periods of rows that were loaded without them, and the view of the rows in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import TableError

from tests.conftest import OracleSchema
from tests.target.conftest import Target, record, schema
from tests.target.loading.conftest import (
    MARKED,
    PROPERTIES,
    SORTED,
    VALIDITY,
    gone,
    periods,
    row,
)

if TYPE_CHECKING:
    from oracle_standin import OracleStandin

    from tests.target.conftest import Message

WITHOUT = {"load_method": "history", "add_record_metadata": True}
WIDER = {**SORTED, "schema": schema("s", {**PROPERTIES, "w": {"type": "string"}})["schema"]}


def execute(target: Target, *statements: str) -> None:
    with target.schema.connect() as connection:
        for each in statements:
            connection.cursor().execute(each)


@pytest.mark.parametrize("before", ["view", "table of the name", "columns of others"])
def test_rows_without_periods_get_them_before_deletions_end_them(
    target: Target, before: str
) -> None:
    settings = {**MARKED, "auto_create": before != "columns of others"}
    if before == "view":
        target.load(SORTED, row(2, "z", 1), **MARKED)
    if before == "table of the name":
        execute(target, "create table s_current (mine number)")
    target.load(SORTED, row(1, "a", 1), row(1, "b", 3), row(3, "n", 1), **WITHOUT)
    if before == "columns of others":
        ends = '("_SDC_VALID_FROM" timestamp(6), "_SDC_VALID_TO" timestamp(6))'
        execute(target, f"alter table s add {ends}")
    target.load(SORTED, gone(1, 6), gone(3, 7), **settings)
    of_others = [(2, "z", 1, None, None)] if before == "view" else []
    assert periods(target, '"_SDC_DELETED_AT"') == [
        (1, "a", 1, 3, None), (1, "b", 3, 6, 6), *of_others, (3, "n", 1, 7, 7)
    ]  # fmt: skip


def test_a_row_that_was_marked_without_its_period_is_ended(target: Target) -> None:
    target.load(SORTED, row(1, "a", 1), row(2, "z", 1), **MARKED)
    target.load(SORTED, gone(1, 6, v="a", at="2024-01-01T00:00:00Z"), **WITHOUT)
    target.load(SORTED, row(2, "y", 3), **MARKED)
    assert periods(target) == [(1, "a", 1, 6), (2, "z", 1, 3), (2, "y", 3, None)]


def test_a_table_is_looked_through_for_rows_without_periods_once_a_run(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.load(SORTED, row(1, "a", 1), **VALIDITY)
    looked = []
    monkeypatch.setattr(
        "target_oracle.loading.validity.Validity.fill", lambda each: looked.append(each.table.name)
    )
    target.load(SORTED, row(1, "b", 2), WIDER, row(1, "c" * 5000, 3), **VALIDITY)
    assert looked == ["S"]
    assert [ends for _, _, *ends in periods(target)] == [[1, 2], [2, 3], [3, None]]


def wider_row(number: int, day: int) -> Message:
    return record("s", id=number, v="b", at=f"2024-01-{day:02}T00:00:00Z", w="new")


def comments(target: Target, owner: str) -> list[tuple[Any, ...]]:
    query = "select comments from all_tab_comments where owner = :1 and table_name = 'S_CURRENT'"
    return target.schema.query(query, owner)


def test_a_view_that_its_user_may_not_comment_on_is_the_targets_all_the_same(
    oracle_server: OracleStandin, caplog: pytest.LogCaptureFixture
) -> None:
    verbs = ("CREATE", "ALTER", "DROP", "SELECT", "INSERT", "UPDATE", "DELETE")
    rights = {f"{verb} ANY TABLE" for verb in verbs} | {"CREATE SESSION", "CREATE ANY VIEW"}
    oracle_server.create_user("WITH_VIEW", "secret")
    oracle_server.create_user("NO_COMMENTS", "secret", privileges=rights)
    target = Target(OracleSchema("NO_COMMENTS", "secret", oracle_server.dsn))
    settings = {**VALIDITY, "default_target_schema": "WITH_VIEW"}
    target.load(SORTED, row(1, "a", 1), **settings)
    target.load(WIDER, wider_row(1, 2), **settings)
    assert target.schema.query("select v, w from with_view.s_current") == [("b", "new")]
    assert comments(target, "WITH_VIEW") == [(None,)]
    assert "is taken" not in caplog.text


def test_a_run_after_one_that_ended_before_the_views_comment_and_grants_makes_them(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {**VALIDITY, "grant_select_to": ["PUBLIC"]}
    target.load(SORTED, row(1, "a", 1), **settings)
    execute(target, "comment on table s_current is ''", "revoke select on s_current from public")
    target.load(SORTED, row(1, "b", 2), **settings)
    (found,) = comments(target, target.schema.user)
    assert found == ("The rows in force, made by target-oracle",)
    granted = "select grantee, privilege from user_tab_privs where table_name = 'S_CURRENT'"
    assert target.schema.query(granted) == [("PUBLIC", "SELECT")]
    assert "is taken" not in caplog.text


def test_a_view_that_an_earlier_version_of_the_target_made_is_its_own(target: Target) -> None:
    target.load(SORTED, row(1, "a", 1), **VALIDITY)
    execute(
        target,
        'create or replace view s_current as select "ID" from s where "_SDC_VALID_TO" is null',
        "comment on table s_current is 'The rows in force, made by target-oracle'",
    )
    target.load(WIDER, wider_row(1, 2), **VALIDITY)
    assert target.rows("S_CURRENT", '"V", "W"') == [("b", "new")]


@pytest.mark.parametrize(
    "made",
    [
        "create table s_current (mine number)",
        "create view s_current as select 1 as mine from dual",
        "create sequence s_current",
        "create procedure s_current as begin null; end;",
        "create synonym s_current for nothing",
    ],
)
def test_what_has_the_name_of_the_view_and_is_not_the_targets_is_left_alone(
    target: Target, caplog: pytest.LogCaptureFixture, made: str
) -> None:
    execute(target, made)
    before = target.schema.query("select object_name, object_type from user_objects")
    target.load(SORTED, row(1, "a", 1), row(1, "b", 2), **VALIDITY)
    found = target.schema.query("select object_name, object_type from user_objects")
    assert {*before} <= {*found}
    assert periods(target) == [(1, "a", 1, 2), (1, "b", 2, None)]
    assert caplog.text.count(TAKEN) == 1


BESIDE = schema("s_current", PROPERTIES, ["id"])
TAKEN = "The name S_CURRENT is taken: there is no view of the rows in force of S"


def test_a_stream_of_the_views_name_that_comes_first_keeps_its_table(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    ordinary = {"streams": {"s_current": {"load_method": "upsert"}}}
    for _ in range(2):
        messages = [BESIDE, {**row(9, "own"), "stream": "s_current"}, SORTED, row(1, "a", 1)]
        target.load(*messages, **VALIDITY, **ordinary)
    assert target.rows("S_CURRENT", '"ID", "V"') == [(9, "own")]
    assert periods(target) == [(1, "a", 1, None)]
    assert caplog.text.count(TAKEN) == 2


@pytest.mark.parametrize(
    ("method", "workers"), [("append-only", 1), ("upsert", 2), ("overwrite", 1), ("history", 2)]
)
def test_a_stream_of_the_views_name_that_comes_second_is_refused_before_rows_move(
    target: Target, method: str, workers: int
) -> None:
    """Rows written into the view would be rows of the history."""
    target.load(SORTED, row(1, "a", 1), **VALIDITY)
    settings = {**VALIDITY, "streams": {"s_current": {"load_method": method}}}
    other = {**BESIDE, "bookmark_properties": ["at"]}
    messages = [SORTED, row(2, "b", 1), other, {**row(9, "own"), "stream": "s_current"}]
    with pytest.raises(TableError, match=r"'s_current': .*S_CURRENT\" is the target's own view"):
        target.load(*messages, **settings, max_parallelism=workers)
    found = periods(target)
    assert (1, "a", 1, None) in found
    assert 9 not in {number for number, *_ in found}
    assert target.types("S_CURRENT").keys() == target.types("S").keys()
