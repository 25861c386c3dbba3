"""History keeps a row for each key and replication key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target_oracle.errors import TableError

from tests.target.conftest import schema
from tests.target.loading.conftest import KEYED, KEYLESS, PROPERTIES, SORTED, row, rows, version

if TYPE_CHECKING:
    from tests.target.conftest import Message, Target


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


@pytest.mark.parametrize("hard", [True, False])
def test_activate_version_leaves_the_older_versions_of_a_row_that_came_again(
    target: Target, *, hard: bool
) -> None:
    settings = {"load_method": "history", "add_record_metadata": True, "hard_delete": hard}
    first = [row(1, "a", 1), row(1, "b", 3), row(2, "y", 1), row(2, "z", 2)]
    target.load(SORTED, *({**each, "version": 1} for each in first), version(1), **settings)
    for number in (2, 3):
        target.load(SORTED, row(1, "b", 3, version=number), version(number), **settings)
        marks = target.rows("S", '"V", nvl2("_SDC_DELETED_AT", 1, 0)', order='"V"')
        gone = [] if hard else [("y", 0), ("z", 1)]
        assert marks == [("a", 0), ("b", 0), *gone]
