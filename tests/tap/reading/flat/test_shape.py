"""What is known of the keys of a link, and what records are asked for."""

from __future__ import annotations

from typing import Any

from tap_oracle_wms.catalog.fields import EntityField, Kind
from tap_oracle_wms.reading.flat.paths import KeyPath, candidates
from tap_oracle_wms.reading.flat.shape import PROVEN, LinkKeys

ITEM = EntityField("item_id", Kind.RELATION, key="item_key")
CODE = KeyPath(("item_id__code",))


def columns(ids: list[int | None], codes: list[str | None]) -> dict[str, Any]:
    return {"item_id": ids, "item_id__code": codes}


def test_each_new_key_is_asked_for_until_enough_have_been_compared() -> None:
    rows = columns([1, 2, None, 2], ["A", "B", None, "B"])

    assert LinkKeys(ITEM, CODE, {1: "A"}).unsure(rows) == {2}
    assert LinkKeys(ITEM, CODE, {n + 100: "X" for n in range(PROVEN)}).unsure(rows) == set()


def test_a_key_that_a_path_lacks_or_tells_otherwise_is_always_asked_for() -> None:
    proven: dict[int, Any] = {n + 100: "X" for n in range(PROVEN)} | {1: "A"}
    rows = columns([0, 1, 3, 4], [None, "B", "", "D"])
    link = LinkKeys(ITEM, CODE, proven)

    assert link.unsure(rows) == {0, 1, 3}
    assert link.differing(rows) == 1
    proven |= {0: "-----------", 1: "B", 3: "OTHER"}
    assert link.unsure(rows) == set()
    assert link.differing(rows) is None
    assert link.keys(rows) == ["-----------", "B", "OTHER", "D"]


def test_without_a_path_every_related_record_is_asked_for_once() -> None:
    link = LinkKeys(ITEM, None, {1: "A"})
    rows = columns([1, 2, None], [None, None, None])

    assert link.unsure(rows) == {2}
    link.known[2] = "B"
    assert link.keys(rows) == ["A", "B", None]


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
