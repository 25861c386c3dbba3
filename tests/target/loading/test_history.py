"""History keeps a row for each key and replication key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target_oracle.errors import TableError

from tests.target.conftest import schema
from tests.target.loading.conftest import KEYED, KEYLESS, PROPERTIES, SORTED, row, rows

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
