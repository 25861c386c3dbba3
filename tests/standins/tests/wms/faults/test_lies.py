"""Answers that look right and are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import LIES, POSITIONS, Fault, Lie, Options, WmsStandin

from ..conftest import Get, client

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

SEQUENCED = {"page_mode": "sequenced", "ordering": "id", "page_size": 20}


@pytest.fixture(autouse=True)
def healed(wms: WmsStandin) -> Iterator[None]:
    yield
    wms.heal()


def ids(answer: httpx.Response) -> list[int]:
    return [row["id"] for row in answer.json()["results"]]


def lied(wms: WmsStandin, get: Get, **parameters: Any) -> tuple[httpx.Response, httpx.Response]:
    """The same request answered wrongly, then rightly."""
    answers = get("/order_hdr", **parameters), get("/order_hdr", **parameters)
    assert wms.requests[-2].fault
    assert not wms.requests[-1].fault
    return answers


def test_a_false_404_has_the_apis_own_envelope(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="not_found", times=1))
    wrong, right = lied(wms, get, **SEQUENCED)
    true = get("/order_hdr", order_nbr="nothing")
    assert wrong.status_code == true.status_code == 404
    assert {**wrong.json(), "reference": ""} == {**true.json(), "reference": ""}
    assert len(ids(right)) == 20


@pytest.mark.parametrize("mode", ["paged", "sequenced"])
def test_an_empty_page_has_the_envelope_of_a_list_without_rows(
    wms: WmsStandin, get: Get, mode: str
) -> None:
    wms.fail(Fault(kind="empty", times=1))
    wrong, right = lied(wms, get, page_mode=mode)
    true = get("/order_hdr", page_mode=mode, order_nbr="nothing", empty_response_http_code=200)
    assert (wrong.status_code, wrong.json()) == (200, true.json())
    assert len(ids(right)) == 25


def test_the_list_of_entities_can_be_empty(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="empty", request="entities", times=1))
    wrong, right = get("/").json(), get("/").json()
    assert wrong == {}
    assert "order_hdr" in right


def test_a_link_can_be_null_or_missing_on_a_full_page(wms: WmsStandin, get: Get) -> None:
    for kind in ("no_next", "missing_next"):
        wms.heal()
        wms.fail(Fault(kind=kind, times=1))
        wrong, right = lied(wms, get, **SEQUENCED)
        assert wrong.json().get("next_page", "missing") == (
            None if kind == "no_next" else "missing"
        )
        assert right.json()["next_page"]
        assert ids(wrong) == ids(right)
    wms.heal()
    wms.fail(Fault(kind="missing_next"))
    assert all("next_page" not in get("/order_hdr", **SEQUENCED).json() for _ in range(3))


def test_a_page_can_end_early_and_without_a_link(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="cut_off", by=18, times=1))
    wrong, right = lied(wms, get, page_size=20)
    assert wrong.json() == right.json() | {"next_page": None, "results": wrong.json()["results"]}
    assert ids(wrong) == ids(right)[:2]


def test_ordering_can_be_ignored(wms: WmsStandin, get: Get) -> None:
    every = wms.world.ids("order_hdr")
    rule = wms.fail(Fault(kind="unordered", request="greatest", times=1))
    assert ids(get("/order_hdr", **SEQUENCED)) == every[:20]
    assert not rule.told
    wrong, right = lied(wms, get, ordering="-id", page_size=1)
    assert ids(wrong) == ids(get("/order_hdr", page_size=1)) != ids(right) == every[-1:]
    wms.fail(Fault(kind="unordered"))
    assert ids(get("/order_hdr", **SEQUENCED)) == ids(
        get("/order_hdr", page_mode="sequenced", page_size=20)
    )


def test_rows_can_come_in_the_wrong_order_twice_or_not_at_all(wms: WmsStandin, get: Get) -> None:
    every = wms.world.ids("order_hdr")[:20]
    wms.fail(Fault(kind="shuffled", times=1))
    wms.fail(Fault(kind="lost_rows", by=3, times=1))
    wms.fail(Fault(kind="repeated_rows", times=1))
    assert ids(get("/order_hdr", **SEQUENCED)) == every[::-1]
    assert ids(get("/order_hdr", **SEQUENCED)) == every[:8] + every[11:]
    assert ids(get("/order_hdr", **SEQUENCED)) == every[:11] + every[10:]
    assert ids(get("/order_hdr", **SEQUENCED)) == every


def test_counts_fail_or_lie_while_pages_work(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="wrong_count", by=-1, request="count", times=1))
    wms.fail(Fault(kind="wrong_count", by=50, request="count", times=1))
    wms.fail(Fault(status=500, request="count"))
    count = {"ordering": "-id", "page_size": 1, "fields": "id"}
    assert get("/order_hdr", **count).json()["result_count"] == 149
    more = get("/order_hdr", **count).json()
    assert (more["result_count"], more["page_count"]) == (200, 200)
    assert get("/order_hdr", **count).status_code == 500
    assert len(ids(get("/order_hdr", **SEQUENCED))) == 20


def test_the_date_can_be_wrong_once_or_always(wms: WmsStandin, get: Get) -> None:
    def skew() -> timedelta:
        shown = get("/order_hdr", page_size=2).headers.get_list("date")
        assert len(shown) == 1
        return parsedate_to_datetime(shown[0]) - datetime.now(UTC)

    wms.fail(Fault(kind="date", seconds=86_400, nth=2))
    wms.fail(Fault(kind="date", seconds=-400, after=1))
    expected = [0, 86_400, -400, -400]
    assert all(abs(skew() - timedelta(seconds=at)) < timedelta(seconds=5) for at in expected)


def test_an_error_body_can_come_with_200(wms: WmsStandin, get: Get) -> None:
    wms.fail(Fault(kind="error_body", request="describe", entity="item"))
    for _ in range(2):
        answer = get("/item/describe/")
        assert (answer.status_code, set(answer.json())) == (200, {"reference", "code", "message"})
    assert "fields" in get("/company/describe/").json()
    wms.fail(Fault(kind="error_body", request="opening", entity="item"))
    assert set(get("/item").json()) == {"reference", "code", "message"}


def test_a_flat_value_can_be_wrong_from_a_page_on(wms: WmsStandin, get: Get) -> None:
    flat = SEQUENCED | {"values_list": "id,facility_id__code"}
    first = get("/order_hdr", **flat).json()["results"]
    wms.fail(Fault(kind="wrong_value", request="flat", column="facility_id__code", after=1))
    assert get("/order_hdr", **flat).json()["results"] == first
    assert get("/order_hdr", **flat).json()["results"] == [
        row | {"facility_id__code": f"{row['facility_id__code']}x"} for row in first
    ]


@pytest.mark.parametrize(
    "parameters",
    [{"order_nbr": "nothing"}, {"page_size": 1250}, {"page_size": 1, "id__lt": 0}],
)
def test_a_lie_that_would_change_nothing_waits_for_the_next_request(
    wms: WmsStandin, get: Get, parameters: dict[str, Any]
) -> None:
    rule = wms.tell(Lie("no_next"))
    get("/order_hdr", **parameters)
    assert (rule.seen, rule.told) == (1, False)
    assert get("/order_hdr", **SEQUENCED).json()["next_page"] is None
    assert rule.told
    assert get("/order_hdr", **SEQUENCED).json()["next_page"]


def test_a_lie_is_told_at_its_position_to_one_request(wms: WmsStandin, get: Get) -> None:
    rule = wms.tell(Lie("not_found", "slice", nth=2, entity="order_hdr"))
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/order_hdr", SEQUENCED),
        ("/order_hdr", {"id__gt": 5}),
        ("/order_dtl", {"id__gt": 5}),
        ("/order_hdr", {"id__gt": 5}),
        ("/order_hdr", {"id__gt": 5}),
    ]
    statuses = [get(path, **parameters).status_code for path, parameters in asked]
    assert statuses == [200, 200, 200, 404, 200]
    assert (rule.told, rule.hits) == (True, 1)


def test_a_seed_chooses_a_lie() -> None:
    chosen = [Lie.chosen(seed) for seed in range(500)]
    assert chosen == [Lie.chosen(seed) for seed in range(500)]
    assert {lie.kind for lie in chosen} == set(LIES)
    assert {lie.position for lie in chosen} == set(POSITIONS)
    assert {lie.nth for lie in chosen} == {1, 2, 3, 4, 5, 6}
    few = Lie.chosen(1, kinds=("empty",), positions=("sweep",), most=1, entity="item")
    assert few == Lie("empty", "sweep", 1, "item")


@pytest.mark.parametrize("kind", LIES)
def test_every_lie_can_be_told(wms: WmsStandin, get: Get, kind: Any) -> None:
    honest = get("/order_hdr", ordering="id", page_size=20)
    rule = wms.tell(Lie(kind, "opening"))
    answer = get("/order_hdr", ordering="id", page_size=20)
    assert rule.told
    if kind.startswith("date"):
        assert answer.headers["date"] != honest.headers["date"]
    else:
        assert answer.content != honest.content


def test_a_tenant_can_lack_a_field_that_others_have() -> None:
    options = Options(unknown_field="400", absent_fields=frozenset({"container.cart_nbr"}))
    with WmsStandin(options=options) as standin, client(standin) as http:
        refused = http.get("/container?fields=id,cart_nbr,foo")
        assert refused.status_code == 400
        assert refused.json()["details"] == {"fields": "Unknown field(s): cart_nbr, foo"}
        assert "cart_nbr" not in http.get("/container?page_size=1").json()["results"][0]
        assert "cart_nbr" in http.get("/oblpn?page_size=1").json()["results"][0]
