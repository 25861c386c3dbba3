"""Section 3.5: flat projections, aliases, distinct, aggregates."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from wms_standin import Options, WmsStandin

from ..conftest import Get, client


def values(get: Get, entity: str, wanted: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = get(f"/{entity}", values_list=wanted, page_size=1250, **parameters)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_paths_give_flat_rows_with_links_as_bare_ids(get: Get, wms: WmsStandin) -> None:
    facility = {row["id"]: row["code"] for row in wms.world.rows("facility")}
    found = values(get, "order_hdr", "id,ship_via_id,facility_id__code:fac,mod_ts", ordering="id")
    rows = wms.world.rows("order_hdr")
    zone = ZoneInfo("America/Sao_Paulo")
    assert found == [
        {
            "id": row["id"],
            "ship_via_id": row["ship_via_id"],
            "fac": facility[row["facility_id"]],
            "mod_ts": row["mod_ts"].astimezone(zone).isoformat(timespec="microseconds"),
        }
        for row in rows
    ]


def test_reverse_relations_repeat_rows_like_a_join(get: Get, wms: WmsStandin) -> None:
    stock = Counter(row["container_id"] for row in wms.world.rows("inventory"))
    found = values(get, "container", "id,cntr_inv__id", ordering="id")
    repeated = Counter(row["id"] for row in found)
    assert repeated == {i: max(1, stock[i]) for i in wms.world.ids("container")}


def test_distinct_gives_each_combination_once_and_needs_an_ordering_on_it(
    get: Get, wms: WmsStandin
) -> None:
    found = values(get, "order_hdr", "status_id", distinct="true", ordering="-status_id")
    statuses = {row["status_id"] for row in wms.world.rows("order_hdr")}
    assert [row["status_id"] for row in found] == sorted(statuses, reverse=True)
    assert get("/order_hdr", values_list="status_id", distinct=1).status_code == 400
    assert get("/order_hdr", distinct=1, page_size=1).json()["result_count"] == 150


def test_aggregates_are_grouped_by_the_plain_values(get: Get, wms: WmsStandin) -> None:
    groups: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in wms.world.rows("order_hdr"):
        groups[row["status_id"]].append(row)
    wanted = (
        "status_id,count(id):n,sum(total_orig_ord_qty):qty,"
        "min(mod_ts):first,max(mod_ts):last,avg(priority):mean"
    )
    found = values(get, "order_hdr", wanted, ordering="status_id")
    assert [row["status_id"] for row in found] == sorted(groups)
    for row in found:
        own = groups[row["status_id"]]
        assert row["n"] == len(own)
        assert Decimal(row["qty"]) == sum(order["total_orig_ord_qty"] for order in own)
        assert datetime.fromisoformat(row["first"]) == min(order["mod_ts"] for order in own)
        assert datetime.fromisoformat(row["last"]) == max(order["mod_ts"] for order in own)
        mean = Decimal(sum(order["priority"] for order in own)) / len(own)
        assert abs(Decimal(row["mean"]) - mean) < Decimal("0.0001")


def test_aggregates_alone_probe_a_table_in_one_row(get: Get, wms: WmsStandin) -> None:
    rows = wms.world.rows("order_dtl")
    answer = get("/order_dtl", values_list="max(id),count(id)").json()
    assert answer["results"] == [{"max(id)": max(r["id"] for r in rows), "count(id)": len(rows)}]
    assert answer["result_count"] == 1


def test_min_and_max_of_decimals_compare_numbers_not_text(get: Get, wms: WmsStandin) -> None:
    amounts = [row["cust_decimal_1"] for row in wms.world.rows("order_dtl")]
    (found,) = values(get, "order_dtl", "min(cust_decimal_1):low,max(cust_decimal_1):high")
    assert (Decimal(found["low"]), Decimal(found["high"])) == (min(amounts), max(amounts))


def test_datetz_is_the_local_date(get: Get, wms: WmsStandin) -> None:
    found = values(get, "order_hdr", "id,create_ts__datetz:day", ordering="id")
    zone = ZoneInfo("America/Sao_Paulo")
    days = [
        row["create_ts"].astimezone(zone).date().isoformat() for row in wms.world.rows("order_hdr")
    ]
    assert [row["day"] for row in found] == days
    assert get("/order_hdr", create_ts__datetz="2025-01-01").status_code == 400


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("id:a,status_id:a", "Values list alias names must be unique: a"),
        ("id,status_id:id", "Values list alias names must be unique: id"),
        ("order_nbr:id,id:number", "Values list alias names must be unique: id"),
        ("order_dtl_set", "Unknown field order_dtl_set"),
        ("nothing", "Unknown field nothing"),
    ],
)
def test_wrong_projections_are_400(get: Get, wanted: str, message: str) -> None:
    answer = get("/order_hdr", values_list=wanted)
    assert answer.status_code == 400
    assert list(answer.json()["details"].values()) == [message]


@pytest.mark.parametrize(
    "query",
    [
        {"values_list": "id,lpn_count"},
        {"values_list": "sum(lpn_count)"},
        {"lpn_count": "4"},
        {"shipped_qty__gt": "0"},
        {"ordering": "-received_qty"},
    ],
)
def test_computed_fields_are_no_columns(get: Get, query: dict[str, str]) -> None:
    assert get("/ib_shipment", **query).status_code == 400


def test_sequenced_pages_of_values_hold_every_row_once(get: Get, wms: WmsStandin) -> None:
    seen, last = list[int](), 0
    while True:
        answer = get(
            "/order_hdr", values_list="id,mod_ts", ordering="id", id__gt=last,
            page_mode="sequenced", page_size=40,
        )  # fmt: skip
        if answer.status_code == 404:
            break
        seen += [row["id"] for row in answer.json()["results"]]
        last = seen[-1]
    assert seen == wms.world.ids("order_hdr")


def answers(options: Options, *queries: str) -> list[Any]:
    """Status and body of each query on order lines of a stand-in with those options."""
    with WmsStandin(options=options) as standin, client(standin) as http:
        found = [http.get(f"/order_dtl?page_size=3&ordering=id&{query}") for query in queries]
        return [(answer.status_code, answer.json()) for answer in found]


def test_values_list_can_be_refused_or_ignored() -> None:
    [(status, body)] = answers(Options(values_list="off"), "values_list=id")
    assert (status, body["details"]) == (400, {"values_list": "Unsupported parameter."})
    [(_, flat), (_, records)] = answers(Options(values_list="ignored"), "values_list=id", "fields=")
    assert flat["results"] == records["results"]


def test_a_path_can_fail_for_one_entity_or_for_all() -> None:
    paths = {"item_id__code": 500, "order_hdr:order_nbr": 400, "order_dtl:seq_nbr": 400}
    found = answers(
        Options(failing_paths=paths),
        "values_list=id,item_id__code:item",
        "values_list=seq_nbr",
        "values_list=item_id,order_id__order_nbr",
    )
    assert [status for status, _ in found] == [500, 400, 200]


def test_an_alias_may_have_to_differ_from_every_field() -> None:
    query = "values_list=id,item_id__code:cost"
    [(free, _)] = answers(Options(), query)
    [(strict, body), (other, _)] = answers(
        Options(alias_clash="any_field"), query, "values_list=id,item_id__code:item_code"
    )
    assert (free, strict, other) == (200, 400, 200)
    assert body["details"]["values_list"].endswith("must be unique: cost")


def test_releases_before_25c_have_no_aggregates() -> None:
    queries = ("values_list=count(id)", "values_list=create_ts__datetz", "values_list=id")
    assert [status for status, _ in answers(Options(aggregates=False), *queries)] == [400, 400, 200]
    assert [status for status, _ in answers(Options(), *queries)] == [200, 200, 200]
