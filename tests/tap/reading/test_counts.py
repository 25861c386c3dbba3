"""A page with too few rows is asked for again, and what was read is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tap_oracle_wms.errors import IncompleteError
from wms_standin import Fault, Lie, Options, WmsStandin

from tests.tap.conftest import Run, config_for, discovered, run, selected
from tests.tap.reading.six_pages import ENTITY, WITHOUT_ID, ids, read


def assert_whole_but_not_counted(done: Run, wms: WmsStandin) -> None:
    assert done.error is None
    assert ids(done, ENTITY) == wms.world.ids(ENTITY)
    assert done.tap.current_run.report.stream(ENTITY).counted is False


def test_a_page_with_a_link_and_too_few_rows_is_asked_for_again(big_wms: WmsStandin) -> None:
    """The counts agree where another row is deleted meanwhile: they may not be all that tells."""
    rule = big_wms.tell(Lie("lost_rows", "next", entity=ENTITY))

    done = read(big_wms, ENTITY, max_concurrency=1)

    assert rule.told
    assert ids(done, ENTITY) == big_wms.world.ids(ENTITY)
    pages = [str(r.params) for r in big_wms.requests if "sequenced" in str(r.params)]
    assert len(pages) - len(set(pages)) == 1
    assert sum("count" in r.roles for r in big_wms.requests if r.entity == ENTITY) == 2


def test_pages_that_are_always_short_are_asked_for_again_once() -> None:
    with WmsStandin(seed=1, rows={ENTITY: 300}, options=Options(max_page_size=25)) as capped:
        config = config_for(capped, entities=ENTITY, page_size=100, max_concurrency=1)

        done = run(config, selected(discovered(config), ENTITY))

        assert ids(done, ENTITY) == capped.world.ids(ENTITY)
        asked = [str(r.params) for r in capped.requests if r.entity == ENTITY]
        assert len(asked) - len(set(asked)) == 1


@pytest.mark.parametrize("kind", ["not_found", "empty", "lost_rows"])
def test_a_short_page_is_kept_where_the_second_answer_has_less(kind: Any) -> None:
    with WmsStandin(seed=1, rows={WITHOUT_ID: 60}, options=Options(max_page_size=25)) as capped:
        config = config_for(capped, entities=WITHOUT_ID, page_size=100)
        catalog = selected(discovered(config), WITHOUT_ID)
        rule = capped.tell(Lie(kind, "opening", 2, entity=WITHOUT_ID))

        done = run(config, catalog)

        assert rule.told
        assert done.error is None
        assert len(done.records(WITHOUT_ID)) == 60


def test_a_capped_page_with_too_few_rows_is_asked_for_again() -> None:
    with WmsStandin(seed=1, rows={ENTITY: 300}, options=Options(max_page_size=25)) as capped:
        rule = capped.tell(Lie("lost_rows", "next", 3, entity=ENTITY))
        config = config_for(capped, entities=ENTITY, page_size=100, max_concurrency=1)

        done = run(config, selected(discovered(config), ENTITY))

        assert rule.told
        assert ids(done, ENTITY) == capped.world.ids(ENTITY)
        asked = [str(r.params) for r in capped.requests if r.entity == ENTITY]
        assert len(asked) - len(set(asked)) == 2


def test_rows_that_are_counted_and_never_given_fail_the_run(big_wms: WmsStandin) -> None:
    """No version is activated, nothing counts as read, and the sentence says how many lack."""
    missing = set(big_wms.world.ids(ENTITY)[300:350])
    big_wms.fail(Fault(kind="lost_rows", entity=ENTITY, by=50, request="slice"))
    big_wms.fail(Fault(kind="lost_rows", entity=ENTITY, by=50, request="next"))

    done = read(big_wms, ENTITY)

    assert isinstance(done.error, IncompleteError)
    assert "of 638 rows were not given by WMS" in str(done.error)
    assert not done.of("ACTIVATE_VERSION")
    assert done.bookmark(ENTITY)["full_load"]["done"] == []
    assert missing


def test_a_count_that_hangs_does_not_fail_a_read(
    big_wms: WmsStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entity is read in sequence, and the report says that it was not counted."""
    monkeypatch.setattr("tap_oracle_wms.reading.list_requests.COUNT_SECONDS", 0.2)
    big_wms.fail(Fault(kind="hang", seconds=0.6, request="count", entity=ENTITY))

    done = read(big_wms, ENTITY)

    assert_whole_but_not_counted(done, big_wms)


def test_a_last_count_that_fails_hides_no_row_that_was_counted_before(
    big_wms: WmsStandin,
) -> None:
    """WMS gives a wrong greatest id, so that most rows are not asked for at first."""
    lie = big_wms.tell(Lie("unordered", "greatest", entity=ENTITY))
    last = big_wms.fail(Fault(status=400, request="count", entity=ENTITY))

    done = read(big_wms, ENTITY)

    assert lie.told
    assert last.told
    assert_whole_but_not_counted(done, big_wms)


def test_rows_that_lack_are_read_by_the_first_number_where_no_count_is_to_be_had(
    big_wms: WmsStandin,
) -> None:
    lie = big_wms.fail(Fault(kind="lost_rows", request="next", nth=2, by=5, entity=ENTITY))
    big_wms.fail(Fault(status=400, request="count", entity=ENTITY))

    done = read(big_wms, ENTITY)

    assert lie.told
    assert_whole_but_not_counted(done, big_wms)


@pytest.mark.parametrize("always", [False, True])
def test_a_last_count_that_fails_hides_no_row_without_an_id(
    big_wms: WmsStandin, always: bool
) -> None:
    lost = Fault(kind="lost_rows", entity=WITHOUT_ID, request="next", by=3)
    lie = big_wms.fail(lost if always else replace(lost, times=1))
    last = big_wms.fail(Fault(status=400, request="count", entity=WITHOUT_ID))

    done = read(big_wms, WITHOUT_ID, page_size=20)

    assert lie.told
    assert last.told
    if always:
        assert isinstance(done.error, IncompleteError)
        assert not done.of("ACTIVATE_VERSION")
    else:
        assert done.error is None
        assert len({str(record) for record in done.records(WITHOUT_ID)}) == 60
        assert len(done.records(WITHOUT_ID)) == 60


def test_a_count_is_one_further_request(big_wms: WmsStandin) -> None:
    read(big_wms, ENTITY)

    asked = [r.roles for r in big_wms.requests if r.entity == ENTITY]
    assert sum("count" in roles for roles in asked) == 2


def test_an_entity_of_one_page_costs_one_request(big_wms: WmsStandin) -> None:
    done = read(big_wms, "uom")

    assert done.error is None
    assert len([r for r in big_wms.requests if r.entity == "uom" and "list" in r.roles]) == 1
