"""Sections 3.6 and 3.7: lookups, negation, paths, zones. Expectations come from the raw rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from wms_standin import User, WmsStandin

from ..conftest import Get, client

if TYPE_CHECKING:
    import httpx

BRAZIL = ZoneInfo("America/Sao_Paulo")
MIDDLE = datetime(2024, 10, 1, 12, 30, 15, 250_000, tzinfo=UTC)


def found(get: Get, entity: str, **filters: Any) -> set[int]:
    answer = get(f"/{entity}", **filters, page_size=1250, fields="id")
    if answer.status_code == 404:
        return set()
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()["results"]}


Lookup = tuple[str, str, str, Callable[[Any], bool]]
LOOKUPS: list[Lookup] = [
    ("order_hdr", "status_id", "90", lambda v: v == 90),
    ("order_hdr", "status_id__exact", "90", lambda v: v == 90),
    ("order_hdr", "status_id__in", "90,99", lambda v: v in {90, 99}),
    ("order_hdr", "status_id__range", "20,30", lambda v: 20 <= v <= 30),
    ("order_hdr", "status_id__gt", "27", lambda v: v > 27),
    ("order_hdr", "status_id__lte", "27", lambda v: v <= 27),
    ("order_hdr", "order_nbr__startswith", "ORD/", lambda v: v.startswith("ORD/")),
    ("order_hdr", "order_nbr__istartswith", "ord/", lambda v: v.startswith("ORD/")),
    ("order_hdr", "order_nbr__endswith", "7", lambda v: v.endswith("7")),
    ("order_hdr", "order_nbr__iendswith", "Ç", lambda v: v.endswith("ç")),
    ("order_hdr", "order_nbr__contains", "&", lambda v: "&" in v),
    ("order_hdr", "order_nbr__icontains", "ord0", lambda v: "ORD0" in v),
    ("order_hdr", "order_nbr__iexact", "ord0000007", lambda v: v == "ORD0000007"),
    ("order_hdr", "order_nbr__contains", "%", lambda v: "%" in v),
    ("order_hdr", "exp_date__isnull", "true", lambda v: v is None),
    ("order_hdr", "exp_date__isnull", "false", lambda v: v is not None),
    ("order_hdr", "exp_date__gte", "2025-01-01", lambda v: bool(v) and v >= date(2025, 1, 1)),
    ("order_hdr", "ord_date__gte", "2025-01-01", lambda v: v >= date(2025, 1, 1)),
    ("order_hdr", "ord_date__week_day", "1", lambda v: v.isoweekday() == 7),
    ("order_hdr", "ord_date__month", "2", lambda v: v.month == 2),
    ("order_hdr", "mod_ts__year", "2024", lambda v: v.astimezone(BRAZIL).year == 2024),
    ("order_hdr", "mod_ts__day", "1", lambda v: v.astimezone(BRAZIL).day == 1),
    ("order_hdr", "mod_ts__hour", "23", lambda v: v.astimezone(BRAZIL).hour == 23),
    ("order_hdr", "mod_ts__minute__gte", "30", lambda v: v.minute >= 30),
    ("order_hdr", "mod_ts__lt", "2024-10-01T12:30:15.250000+00:00", lambda v: v < MIDDLE),
    ("order_hdr", "mod_ts__gte", "2024-10-01T09:30:15.25-03:00", lambda v: v >= MIDDLE),
    ("order_hdr", "mod_ts__gte", "2024-10-01T09:30:15.25", lambda v: v >= MIDDLE),
    ("order_hdr", "stop_ship_flg", "true", lambda v: v),
    ("order_hdr", "cust_decimal_1__gt", "9", lambda v: v > 9),
    ("order_hdr", "cust_decimal_1__lt", "0", lambda v: v < 0),
    ("order_hdr", "total_orig_ord_qty__gte", "100", lambda v: v >= 100),
    ("order_hdr", "cust_decimal_2__in", "0,16.00", lambda v: v in {Decimal(0), Decimal(16)}),
    ("order_hdr", "cust_number_3", "0", lambda v: v == 0),
    ("order_hdr", "cust_field_1", "", lambda v: v == ""),
]


@pytest.mark.parametrize(
    ("entity", "name", "value", "holds"),
    LOOKUPS,
    ids=[f"{name}={value}" for _, name, value, _ in LOOKUPS],
)
def test_a_lookup_finds_exactly_the_rows_it_describes(
    get: Get, wms: WmsStandin, entity: str, name: str, value: Any, holds: Callable[[Any], bool]
) -> None:
    field = name.partition("__")[0]
    rows = wms.world.rows(entity)
    expected = {row["id"] for row in rows if holds(row[field])}
    assert found(get, entity, **{name: value}) == expected
    negated = {row["id"] for row in rows} - expected
    assert found(get, entity, **{f"{name}!": value}) == negated


def test_most_lookups_split_the_rows(wms: WmsStandin) -> None:
    """Guards the table above against expectations that hold for all rows or for none."""
    rows = wms.world.rows("order_hdr")
    splits = [
        0 < sum(bool(holds(row[name.partition("__")[0]])) for row in rows) < len(rows)
        for _, name, _, holds in LOOKUPS
    ]
    assert sum(splits) >= len(LOOKUPS) - 2


def test_filters_are_combined_with_and(get: Get, wms: WmsStandin) -> None:
    expected = {
        row["id"]
        for row in wms.world.rows("order_hdr")
        if row["status_id"] == 90 and row["ord_date"] >= date(2025, 1, 1)
    }
    assert found(get, "order_hdr", status_id=90, ord_date__gte="2025-01-01") == expected
    assert expected


def test_paths_follow_relations(get: Get, wms: WmsStandin) -> None:
    facility = {row["id"]: row["code"] for row in wms.world.rows("facility")}
    orders = {row["id"]: row for row in wms.world.rows("order_hdr")}
    lines = wms.world.rows("order_dtl")
    assert found(get, "order_hdr", facility_id__code="DC02") == {
        row["id"] for row in orders.values() if facility[row["facility_id"]] == "DC02"
    }
    assert found(get, "order_dtl", order_id__facility_id__code__in="DC01,DC03") == {
        row["id"]
        for row in lines
        if facility[orders[row["order_id"]]["facility_id"]] in {"DC01", "DC03"}
    }
    assert found(get, "order_dtl", order_id__status_id__description__icontains="SHIPP") == {
        row["id"] for row in lines if orders[row["order_id"]]["status_id"] == 90
    }


def test_reverse_relations_can_be_tested_for_null(get: Get, wms: WmsStandin) -> None:
    with_lines = {row["order_id"] for row in wms.world.rows("order_dtl")}
    everything = set(wms.world.ids("order_hdr"))
    assert found(get, "order_hdr", orderdtl__isnull="true") == everything - with_lines
    locked = {row["container_id"] for row in wms.world.rows("container_lock_xref")}
    assert found(get, "container", containerlockxref__isnull="false") == locked


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1", "id=abc", "ord_date=null", "mod_ts__gte=yesterday", "stop_ship_flg=maybe",
        "orig_sale_price=cheap", "facility_id__nothing=1", "status_id__range=1",
        "order_nbr__code=1", "exp_date__isnull=2", "order_dtl_set=1", "order_nbr__year=2025",
        "ordering=nothing",
    ],
)  # fmt: skip
def test_filters_that_make_no_sense_are_400_with_details(get: Get, query: str) -> None:
    answer = get(f"/order_hdr?{query}")
    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], body["message"]) == ("VALIDATION_ERROR", "Invalid input.")
    assert len(body["details"]) == 1


def test_naive_times_are_in_the_zone_of_the_user(wms: WmsStandin) -> None:
    india = User(name="india", password="p", time_zone="Asia/Kolkata")
    wms.add_user(india)
    at = MIDDLE.astimezone(ZoneInfo("Asia/Kolkata")).replace(tzinfo=None)
    with client(wms, india) as http:

        def get(path: str, **parameters: Any) -> httpx.Response:
            return http.get(path, params=parameters)

        expected = {row["id"] for row in wms.world.rows("order_hdr") if row["mod_ts"] >= MIDDLE}
        assert found(get, "order_hdr", mod_ts__gte=at.isoformat()) == expected
        stamp = http.get("/order_hdr?page_size=1").json()["results"][0]["mod_ts"]
    assert stamp.endswith("+05:30")


def test_a_closed_window_holds_its_lower_bound_and_not_its_upper(get: Get, wms: WmsStandin) -> None:
    rows = sorted(wms.world.rows("order_hdr"), key=lambda row: row["mod_ts"])
    low, high = rows[10]["mod_ts"], rows[20]["mod_ts"]
    window = {"mod_ts__gte": low.isoformat(), "mod_ts__lt": high.isoformat()}
    assert found(get, "order_hdr", **window) == {
        row["id"] for row in rows if low <= row["mod_ts"] < high
    }
    just_above = (low + timedelta(microseconds=1)).isoformat()
    assert rows[10]["id"] not in found(get, "order_hdr", mod_ts__gte=just_above)


def test_view_entities_hold_their_part_of_the_table(get: Get, wms: WmsStandin) -> None:
    containers = {row["id"]: row["type"] for row in wms.world.rows("container")}
    inbound, outbound = set(wms.world.ids("iblpn")), set(wms.world.ids("oblpn"))
    assert inbound == {i for i, kind in containers.items() if kind == "I"}
    assert outbound == {i for i, kind in containers.items() if kind == "O"}
    assert found(get, "iblpn") == inbound
    assert found(get, "oblpn", id__in=",".join(map(str, containers))) == outbound
    active = {row["type_id"] for row in wms.world.rows("active_location")}
    assert active == {1}
