"""A list of entities, a description and codes that seem to lack something are asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.catalog.discovery import codes_of
from tap_oracle_wms.config.sources import load
from tap_oracle_wms.errors import ConfigError, IncompleteError
from wms_standin import Fault, Options, WmsStandin

from tests.tap.conftest import config_for, discovered, run, selected

if TYPE_CHECKING:
    from collections.abc import Iterator

HISTORY = "inventory_history"


def test_an_entity_that_is_denied_once_is_read(wms: WmsStandin) -> None:
    """A 404 may mean that the user is not eligible: then the entity is left out."""
    rule = wms.fail(Fault(status=404, request="describe", entity="uom_class", times=1))

    done = run(config_for(wms, entities="uom*"))

    assert rule.told
    assert done.error is None
    assert len(done.records("uom_class")) == wms.world.count("uom_class") > 0


def test_an_entity_that_stays_denied_is_left_out(wms: WmsStandin) -> None:
    wms.fail(Fault(status=404, request="describe", entity="uom_class"))

    done = run(config_for(wms, entities="uom*"))

    assert done.error is None
    assert "uom_class" not in done.streams
    asked = [r for r in wms.requests if r.entity == "uom_class" and "describe" in r.roles]
    assert len(asked) == 2


def test_a_list_of_no_entities_is_asked_for_again(wms: WmsStandin) -> None:
    rule = wms.fail(Fault(kind="empty", request="entities", times=1))

    catalog = discovered(config_for(wms, entities="uom"))

    assert rule.told
    assert [entry["stream"] for entry in catalog["streams"]] == ["uom"]


def test_a_user_who_is_offered_no_entity_is_told(wms: WmsStandin) -> None:
    wms.fail(Fault(kind="empty", request="entities"))

    with pytest.raises(ConfigError, match=r"^WMS offers this user no entity at all; it needs the "):
        discovered(config_for(wms))


@pytest.fixture
def capped() -> Iterator[WmsStandin]:
    """A WMS that gives few codes at once."""
    with WmsStandin(seed=1, options=Options(max_page_size=2)) as wms:
        yield wms


def client_of(wms: WmsStandin) -> WmsClient:
    settings, _ = load(config_for(wms), also_known=set())
    return WmsClient(settings)


@pytest.mark.parametrize("kind", ["no_next", "missing_next", "lost_rows"])
@pytest.mark.parametrize("times", [1, None])
def test_codes_are_compared_with_their_number(
    capped: WmsStandin, kind: Any, times: int | None
) -> None:
    """A facility that is missed is one of which no history is read."""
    rule = capped.fail(Fault(kind=kind, request="codes", entity="facility", times=times))
    client = client_of(capped)

    if kind == "lost_rows" and times is None:
        with pytest.raises(IncompleteError, match=r"^WMS counts \d+ of facility, and gives \d+ "):
            codes_of(client, "facility", {})
    else:
        found = codes_of(client, "facility", {})
        assert found == {row["id"]: row["code"] for row in capped.world.rows("facility")}
    client.close()
    assert rule.told


def test_a_history_has_no_facility_less_than_wms_counts(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities=HISTORY)), HISTORY)
    honest = run(config_for(wms), catalog)
    rules = [
        wms.fail(Fault(kind="lost_rows", request="codes", entity=name, times=1))
        for name in ("facility", "company")
    ]

    done = run(config_for(wms), catalog)

    assert all(rule.told for rule in rules)
    assert {r["id"] for r in done.records(HISTORY)} == {r["id"] for r in honest.records(HISTORY)}
    assert done.state["sees"] == honest.state["sees"]


def test_codes_without_a_number_are_read_by_their_pages() -> None:
    with WmsStandin(seed=1, options=Options(max_page_size=2, counts="null")) as wms:
        client = client_of(wms)
        found = codes_of(client, "facility", {})
        client.close()

    assert sorted(found) == wms.world.ids("facility")
