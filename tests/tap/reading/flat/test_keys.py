"""What is known of the keys of a link, and what records are asked for."""

from __future__ import annotations

from typing import Any

from tap_oracle_wms.catalog.fields import EntityField, Kind
from tap_oracle_wms.reading.flat.keys import PROVEN, LinkKeys
from tap_oracle_wms.reading.flat.paths import KeyPath, candidates

ITEM = EntityField("item_id", Kind.RELATION, key="item_key")
CODE = KeyPath(("item_id__code",))


def columns(ids: list[int | None], codes: list[str | None]) -> dict[str, Any]:
    return {"item_id": ids, "item_id__code": codes}


def test_each_new_key_is_to_be_compared_once_until_enough_are() -> None:
    rows = columns([1, 2, None, 2, 3], ["A", "B", None, "B", None])
    link = LinkKeys(ITEM, CODE, {1: "A"})

    assert link.of(rows).unproven() == {2}
    assert link.of(rows).unproven() == set()
    more = columns(list(range(100, 150)), ["X"] * 50)
    assert len(link.of(more).unproven()) == PROVEN - 2
    proven = LinkKeys(ITEM, CODE, {n + 100: "X" for n in range(PROVEN)})
    proven.of(more).prove()
    assert proven.of(rows).unproven() == set()


def test_a_key_that_only_records_have_told_proves_nothing_of_the_path() -> None:
    link = LinkKeys(ITEM, CODE, {n: f"c{n}" for n in range(2 * PROVEN)})
    link.of(columns([1, 2, 3], ["c1", "c2", None])).prove()

    assert link.proven == {1, 2}
    new = range(100, 100 + PROVEN)
    assert len(link.of(columns([*new], ["X"] * PROVEN)).unproven()) == PROVEN - 2


def test_a_key_that_was_compared_is_counted_once() -> None:
    link = LinkKeys(ITEM, CODE, {})
    compared: set[int] = set()
    for first in range(0, 5 * PROVEN, 7):
        ids = list(range(first, first + 7))
        new = link.of(columns([*ids], [f"c{n}" for n in ids])).unproven()
        link.learn(sorted(new), [f"c{n}" for n in sorted(new)])
        compared |= new

    assert compared == set(range(PROVEN))


def test_a_key_that_a_path_lacks_or_tells_otherwise_is_always_asked_for() -> None:
    proven: dict[int, Any] = {n + 100: "X" for n in range(PROVEN)} | {1: "A"}
    link = LinkKeys(ITEM, CODE, proven)
    found = link.of(columns([0, 1, 3, 4], [None, "B", "", "D"]))

    assert found.unsure() == {0, 1, 3}
    assert found.differing() == 1
    assert found.lacking() == [0, 2]
    link.learn([0, 1, 3, None], ["-----------", "B", "OTHER", None])
    assert found.unsure() == set()
    assert found.differing() is None
    assert found.lacking() == []
    assert found.keys() == ["-----------", "B", "OTHER", "D"]


def test_without_a_path_every_related_record_is_asked_for_once() -> None:
    link = LinkKeys(ITEM, None, {1: "A"})
    found = link.of(columns([1, 2, None], [None, None, None]))

    assert found.unsure() == {2}
    assert found.unproven() == set()
    link.known[2] = "B"
    assert found.keys() == ["A", "B", None]


def test_keys_of_several_columns_are_joined_and_blank_ones_stay_blank() -> None:
    line = KeyPath(("number", "line"), ",")

    found: dict[str, Any] = {"number": ["A", None, "C"], "line": ["1", "2", "3"]}
    assert line.keys([7, 8, None], found) == ["A,1", None, None]
    assert KeyPath().keys([7, None], {}) == ["", None]


def test_paths_are_those_of_the_entity_that_addresses_name_or_of_the_links_own_name() -> None:
    address = "https://wms.example.com:443/acme/wms/lgfapi/v10/entity/facility/7"

    assert candidates("dest_id", ["", None, address]) == (KeyPath(("dest_id__code",)),)
    assert candidates("wave_id", [""]) == (KeyPath(("wave_id__run_nbr",)),)
    assert candidates("type_id", [""]) == ()
