"""Sections 3.1 to 3.4: paging, ordering, fields, empty lists."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from wms_standin import Options, User, WmsStandin

from ..conftest import Get, client

if TYPE_CHECKING:
    import httpx


def ids(answer: httpx.Response) -> list[int]:
    return [row["id"] for row in answer.json()["results"]]


def follow(get: Get, path: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """All result pages, each reached by the query of the page before."""
    pages = []
    while True:
        page = get(path, **parameters).json()
        pages.append(page)
        if page["next_page"] is None:
            return pages
        parameters = dict(parse_qsl(urlsplit(page["next_page"]).query))


def test_the_paged_envelope_counts(get: Get, wms: WmsStandin) -> None:
    page = get("/order_hdr", page_size=40, page=2, ordering="id").json()
    assert list(page) == [
        "result_count", "page_count", "page_nbr", "next_page", "previous_page", "results",
    ]  # fmt: skip
    assert (page["result_count"], page["page_count"], page["page_nbr"]) == (150, 4, 2)
    assert [row["id"] for row in page["results"]] == wms.world.ids("order_hdr")[40:80]


def test_page_links_keep_all_parameters_alphabetically_and_name_port_443(get: Get) -> None:
    page = get("/order_hdr", page_size=40, status_id__gte=0, ordering="id").json()
    assert page["next_page"] == (
        "https://127.0.0.1:443/acme/wms/lgfapi/v10/entity/order_hdr"
        "?ordering=id&page=2&page_size=40&status_id__gte=0"
    )
    assert page["previous_page"] is None


def test_timestamps_in_page_links_are_escaped(get: Get) -> None:
    page = get("/order_hdr", page_size=1, mod_ts__gte="2024-01-01T00:00:00+00:00").json()
    assert "mod_ts__gte=2024-01-01T00%3A00%3A00%2B00%3A00" in page["next_page"]


@pytest.mark.parametrize("mode", ["paged", "sequenced"])
@pytest.mark.parametrize(
    "ordering", ["id", "-id", "mod_ts", "status_id", "-status_id", "priority", "exp_date", ""]
)
def test_following_the_links_gives_every_row_once(
    get: Get, wms: WmsStandin, mode: str, ordering: str
) -> None:
    parameters = {"page_mode": mode, "page_size": 17, "fields": "id,mod_ts,status_id"}
    if ordering:
        parameters["ordering"] = ordering
    pages = follow(get, "/order_hdr", parameters)
    seen = [row["id"] for page in pages for row in page["results"]]
    assert sorted(seen) == wms.world.ids("order_hdr")
    assert len(pages) == 9
    if ordering in {"id", "-id"}:
        assert seen == sorted(seen, reverse=ordering == "-id")


def test_previous_links_of_sequenced_pages_lead_back(get: Get) -> None:
    parameters = {"page_mode": "sequenced", "page_size": 40, "ordering": "id", "fields": "id"}
    first, second, third, _ = follow(get, "/order_hdr", parameters)
    back = get("/order_hdr", **dict(parse_qsl(urlsplit(third["previous_page"]).query))).json()
    assert back["results"] == second["results"]
    start = get("/order_hdr", **dict(parse_qsl(urlsplit(back["previous_page"]).query))).json()
    assert start["results"] == first["results"]
    assert start["previous_page"] is None


def test_a_sequenced_envelope_has_no_counts_and_an_opaque_cursor(get: Get, wms: WmsStandin) -> None:
    page = get("/order_hdr", page_mode="sequenced", page_size=3, ordering="id").json()
    assert list(page) == ["next_page", "previous_page", "results"]
    cursor = dict(parse_qsl(urlsplit(page["next_page"]).query))["cursor"]
    assert base64.b64decode(cursor).decode() == f"p={wms.world.ids('order_hdr')[2]}"


def test_without_ordering_rows_come_in_a_stable_order_that_is_not_by_id(get: Get) -> None:
    first, again = ids(get("/order_hdr", page_size=150)), ids(get("/order_hdr", page_size=150))
    assert first == again
    assert first != sorted(first)
    assert first != sorted(first, reverse=True)


def test_page_size_is_clamped_to_1250_and_defaults_to_the_users_rows_per_page(
    wms: WmsStandin, get: Get
) -> None:
    assert len(ids(get("/order_dtl"))) == 25
    assert len(ids(get("/order_dtl", page_size=100_000))) == 380
    with WmsStandin(rows={"item_barcode": 1300}) as standin:
        few = User(name="few", password="p", rows_per_page=10)
        standin.add_user(few)
        with client(standin, few) as http:
            assert len(ids(http.get("/item_barcode?page_size=5000"))) == 1250
            assert len(ids(http.get("/item_barcode"))) == 10


def test_several_orderings_apply_in_turn(get: Get) -> None:
    rows = get("/order_hdr", ordering="status_id,-id", page_size=150).json()["results"]
    keys = [(row["status_id"], -row["id"]) for row in rows]
    assert keys == sorted(keys)


def test_fields_restrict_the_keys_in_record_order_and_ignore_unknown_names(get: Get) -> None:
    row = get("/order_hdr", fields="order_nbr,id,nothing,facility_id", page_size=1).json()[
        "results"
    ][0]
    assert list(row) == ["id", "facility_id", "order_nbr"]


def test_of_a_repeated_parameter_only_the_last_counts(get: Get) -> None:
    low, high = ids(get("/order_hdr", ordering="id", page_size=2))
    assert ids(get(f"/order_hdr?id={low}&id={high}")) == [high]


def test_an_empty_list_is_404_unless_another_code_is_asked_for(get: Get) -> None:
    nothing = {"order_nbr": "nothing"}
    assert get("/order_hdr", **nothing).status_code == 404
    assert get("/order_hdr", **nothing, page_mode="sequenced").status_code == 404
    ok = get("/order_hdr", **nothing, empty_response_http_code=200)
    assert (ok.status_code, ok.json()["results"], ok.json()["result_count"]) == (200, [], 0)
    none = get("/order_hdr", **nothing, empty_response_http_code=204)
    assert (none.status_code, none.content) == (204, b"")
    assert get("/order_hdr", **nothing, empty_response_http_code=404).status_code == 404
    assert get("/order_hdr", **nothing, empty_response_http_code=500).status_code == 400


@pytest.mark.parametrize("page", ["0", "-1", "x", "99"])
def test_pages_that_do_not_exist_are_404(get: Get, page: str) -> None:
    assert get("/order_hdr", page=page).status_code == 404


def test_a_cursor_that_is_not_one_is_404(get: Get) -> None:
    assert get("/order_hdr", page_mode="sequenced", cursor="§").status_code == 404


def test_other_answers_to_unknown_requests_are_options() -> None:
    options = Options(
        page_past_end="400", page_size_over="error", page_size_zero="error", bad_page="400",
        unknown_field="400", unknown_filter="ignore", links="self",
    )  # fmt: skip
    with WmsStandin(options=options) as standin, client(standin) as http:
        for query in ("page=99", "page=x", "page_size=1251", "page_size=0", "fields=id,nothing"):
            assert http.get(f"/order_hdr?{query}").status_code == 400, query
        page = http.get("/order_hdr?nothing=1").json()
        assert page["result_count"] == 150
        assert page["next_page"].startswith(standin.base_url)
    with WmsStandin(options=Options(page_past_end="empty")) as standin, client(standin) as http:
        assert http.get("/order_hdr?page=99").json()["results"] == []


def test_inventory_history_needs_one_of_the_documented_combinations(
    get: Get, wms: WmsStandin
) -> None:
    assert get("/inventory_history").status_code == 400
    assert get("/inventory_history", history_activity_id=1).status_code == 400
    owner = {"facility_id__code": "DC01", "company_id__code": "ACME"}
    found = get("/inventory_history", **owner, history_activity_id=1, status_id=0, page_size=1250)
    codes = {row["id"]: row["code"] for e in ("facility", "company") for row in wms.world.rows(e)}
    expected = {
        row["id"]
        for row in wms.world.rows("inventory_history")
        if (codes[row["facility_id"]], codes[row["company_id"]]) == ("DC01", "ACME")
        and (row["history_activity_id"], row["status_id"]) == (1, 0)
    }
    assert set(ids(found)) == expected
    assert expected
