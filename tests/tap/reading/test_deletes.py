from __future__ import annotations

import tracemalloc
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_oracle_wms.errors import ConfigError, DataError
from tap_oracle_wms.reading.bookmark import Bookmark
from tap_oracle_wms.reading.deletes import IdSet, gone
from wms_standin import User

from tests.tap.conftest import config_for, discovered, replayed, run, selected

if TYPE_CHECKING:
    from wms_standin import WmsStandin

ids = st.sets(st.integers(-(2**40), 2**62) | st.integers(0, 200_000))


@given(ids)
def test_packed_ids_come_back(some: set[int]) -> None:
    packed = IdSet(some).pack()

    assert set(IdSet.unpack(packed)) == some
    assert len(IdSet.unpack(packed)) == len(some)
    assert list(IdSet(some)) == sorted(some)


@given(ids, ids)
def test_a_difference_is_what_the_other_lacks(some: set[int], others: set[int]) -> None:
    assert set(IdSet(some | others).minus(IdSet(others))) == some - others


def test_a_million_ids_are_small() -> None:
    assert len(IdSet(range(5_000_000, 8_000_000, 3)).pack()) < 100_000


def test_ids_that_are_far_apart_take_some_bytes_each() -> None:
    sparse = range(0, 100_000 * 1_000_003, 1_000_003)

    tracemalloc.start()
    ids = IdSet(sparse)
    text = ids.pack()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert list(IdSet.unpack(text)) == list(sparse)
    assert len(text) < 1_500_000
    assert most < 30_000_000


def test_ids_that_version_0_1_0_packed_are_read() -> None:
    packed = (
        "c%1FrF$#b%3<c0u@EA&GZ{gsjoa!09kBVA6fl!h6mL%IBvIVm3x3voZ00000004YeEZ5yVq}ovc00000004j&<"
        "fls^EY)HF000000000l$+0wNjdK~MrcxY!<N7wy4)=bIedRO&00000004YOJOI?h81V"
    )

    assert list(IdSet.unpack(packed)) == [
        -70_000, -1, 0, 7, 65_535, 65_536, *range(8_000_000, 8_000_040), 5_000_000_000
    ]  # fmt: skip


def test_a_text_that_is_no_pack_is_refused() -> None:
    with pytest.raises(ConfigError, match="State of stream item cannot be used"):
        Bookmark.read("item", {"known_ids": "nonsense"}, "mod_ts")


def test_too_many_missing_rows_are_no_deletes() -> None:
    known = IdSet(range(100))

    assert len(gone("item", known, IdSet(range(60)), 0.5)) == 40
    with pytest.raises(DataError, match=r"Stream item: 60 of 100 rows seem to be gone"):
        gone("item", known, IdSet(range(40)), 0.5)


def deleted(records: list[dict[str, Any]]) -> set[int]:
    return {r["id"] for r in records if r["_sdc_deleted_at"] is not None}


def test_rows_that_are_gone_leave_as_deleted(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_dtl,uom", detect_deletes="order_*", page_size=50)
    first = run(config)
    victims = set(wms.world.ids("order_dtl")[5:8])
    for victim in victims:
        wms.world.delete("order_dtl", victim)
    wms.clock.shift(timedelta(minutes=30))

    second = run(config, state=first.state)
    third = run(config, state=second.state)

    assert deleted(first.records("order_dtl")) == set()
    assert deleted(second.records("order_dtl")) == victims
    assert deleted(third.records("order_dtl")) == set()
    assert "_sdc_deleted_at" in first.of("SCHEMA")[0]["schema"]["properties"]
    assert all("_sdc_deleted_at" not in r for r in first.records("uom"))
    table = replayed(first.records("order_dtl") + second.records("order_dtl"))
    left = {key for key, row in table.items() if row["_sdc_deleted_at"] is None}
    assert left == set(wms.world.ids("order_dtl"))


def test_a_sweep_asks_for_ids_alone(wms: WmsStandin) -> None:
    run(config_for(wms, entities="order_dtl", detect_deletes="*"))

    sweeps = [r for r in wms.requests if r.param("values_list")]
    assert {r.param("values_list") for r in sweeps} == {"id"}
    assert len(sweeps) < 5


def test_deletes_are_found_where_a_resumed_load_had_read_before(wms: WmsStandin) -> None:
    from wms_standin import Fault  # noqa: PLC0415

    config = config_for(
        wms, entities="order_dtl", detect_deletes="order_dtl", page_size=20, max_retries=0
    )
    wms.fail(Fault(entity="order_dtl", status=500, nth=12, params={"page_size": "20"}))
    broken = run(config)
    wms.heal()
    victim = broken.records("order_dtl")[0]["id"]
    wms.world.delete("order_dtl", victim)

    resumed = run(config, state=broken.state)

    assert deleted(resumed.records("order_dtl")) == {victim}


def test_turned_on_later_it_finds_what_goes_from_then_on(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="order_dtl")), "order_dtl")
    first = run(config_for(wms), catalog=catalog)
    config = config_for(wms, detect_deletes="order_dtl")
    wms.clock.shift(timedelta(minutes=30))

    second = run(config, catalog=catalog, state=first.state)
    victim = wms.world.ids("order_dtl")[3]
    wms.world.delete("order_dtl", victim)
    third = run(config, catalog=catalog, state=second.state)

    assert deleted(second.records("order_dtl")) == set()
    assert deleted(third.records("order_dtl")) == {victim}


def test_a_lost_facility_is_not_taken_for_deletes(wms: WmsStandin) -> None:
    config = config_for(wms, entities="location", detect_deletes="location")
    first = run(config)
    one = wms.world.rows("facility")[0]["code"]
    wms.add_user(User(name=wms.username, password=wms.password, facilities=frozenset({one + "x"})))

    second = run(config, state=first.state)

    assert isinstance(second.error, DataError)
    assert "seem to be gone" in str(second.error)
    assert second.records("location") == []

    told = run({**config, "max_deleted_share": 1}, state=first.state)  # it is meant

    assert told.error is None
    assert deleted(told.records("location")) == set(replayed(first.records("location")))


def test_a_full_load_that_sees_too_little_makes_targets_drop_nothing(wms: WmsStandin) -> None:
    config = config_for(
        wms, entities="location", detect_deletes="location", force_full_table=True
    )  # fmt: skip
    first = run(config)
    facility = wms.world.rows("facility")[0]["code"]
    wms.add_user(User(name=wms.username, password=wms.password, facilities=frozenset({facility})))

    second = run({**config, "max_deleted_share": 0.1}, state=first.state)

    assert first.of("ACTIVATE_VERSION")
    assert isinstance(second.error, DataError)
    assert 0 < len(second.records("location")) < len(first.records("location"))
    assert second.of("ACTIVATE_VERSION") == []
