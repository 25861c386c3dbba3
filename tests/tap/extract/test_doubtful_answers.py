"""What an extract asks of the entity API is not believed at once where it is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.errors import CountError
from wms_standin import ExtractFault, Fault, Lie, Options, WmsStandin

from tests.tap.conftest import config_for, replayed, run
from tests.tap.extract.conftest import ENDPOINT, settings
from tests.tap.extract.judged import ENTITY, is_no_success

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("kind", "nth"),
    [("not_found", 1), ("not_found", 2), ("empty", 1), ("empty", 2), ("lost_rows", 1)],
)
def test_rows_that_are_looked_up_are_asked_for_again(
    wms: WmsStandin, bulk: dict[str, Any], kind: Any, nth: int
) -> None:
    """Keys of related records and sets would leave as null, and a warning would be all."""
    rule = wms.tell(Lie(kind, "by_ids", nth, ENTITY))

    extracted = run({**bulk, "entities": ENTITY})
    by_pages = run(config_for(wms, entities=ENTITY))

    assert rule.told
    assert extracted.error is None
    assert replayed(extracted.records(ENTITY)) == replayed(by_pages.records(ENTITY))


@pytest.mark.parametrize("always", [True, False])
def test_a_wms_that_caps_pages_and_links_none_gives_all_that_is_looked_up(
    tmp_path: Path, always: bool
) -> None:
    rows = {"order_hdr": 8, ENTITY: 12}
    with WmsStandin(seed=11, size=0.3, rows=rows, options=Options(max_page_size=2)) as capped:
        capped.extracts.add_endpoint(ENDPOINT, f"file://{tmp_path}")
        by_pages = run(config_for(capped, entities=ENTITY))
        times = None if always else 1
        capped.fail(Fault(kind="no_next", request="by_ids", entity=ENTITY, times=times))

        extracted = run(settings(capped, f"file://{tmp_path}/wms/extract", entities=ENTITY))

        assert extracted.error is None
        assert replayed(extracted.records(ENTITY)) == replayed(by_pages.records(ENTITY))


def test_a_row_that_is_gone_is_looked_for_once_more(
    wms: WmsStandin, bulk: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    gone = wms.world.ids(ENTITY)[0]
    first = Fault(kind="call", request="by_ids", nth=1, entity=ENTITY,
                  action=lambda: wms.world.delete(ENTITY, gone))  # fmt: skip
    wms.fail(first)

    done = run({**bulk, "entities": ENTITY, "max_concurrency": 1})

    looks = [(r.param("id__in") or "").split(",") for r in wms.requests if "by_ids" in r.roles]
    assert looks.count([str(gone)]) == 2  # one for what it links to, one for what is its own
    assert done.error is None
    assert gone in replayed(done.records(ENTITY))
    assert "could not be looked up for all rows, which are gone" in caplog.text


@pytest.mark.parametrize("kind", ["not_found", "empty"])
@pytest.mark.parametrize("nth", [1, 2])
def test_no_count_of_nothing_hides_that_a_file_is_missing(
    wms: WmsStandin, config: dict[str, Any], kind: Any, nth: int
) -> None:
    """The first count is taken before the extract begins, the second when its files are read."""
    wms.extracts.fail(ExtractFault(kind="missing"))
    rule = wms.tell(Lie(kind, "count", nth, ENTITY))

    broken = run(config)

    assert rule.told
    assert is_no_success(broken)
    assert "a file is missing or cut off" in str(broken.error)


def test_an_extract_that_cannot_be_counted_is_none(tmp_path: Path) -> None:
    """The number of its rows is all that tells whether a file is missing."""
    with WmsStandin(seed=11, size=0.3, options=Options(counts="null")) as wms:
        wms.extracts.add_endpoint(ENDPOINT, f"file://{tmp_path}")
        config = settings(wms, f"file://{tmp_path}/wms/extract", entities=ENTITY)

        broken = run(config)
        by_pages = run({**config, "read_mode": "auto", "extract_min_rows": 1})

        assert is_no_success(broken)
        assert isinstance(broken.error, CountError)
        assert str(broken.error) == (
            "WMS gives no number of rows with GET /entity/order_dtl/, by which an extract is "
            "compared; read the entity by pages (`extract_entities`)."
        )
        assert by_pages.error is None
        assert len(by_pages.records(ENTITY)) == wms.world.count(ENTITY)
