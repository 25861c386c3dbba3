"""Everything that is unknown of the real API can be turned the other way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from wms_standin import Fault, Latency, OAuthClient, Options, User, WmsStandin
from wms_standin.server.imitation import alternatives

from ..conftest import client


@dataclass
class Asker:
    """Asks a stand-in of whose options one may be turned."""

    wms: WmsStandin
    http: httpx.Client

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def status(self, path: str) -> int:
        return self.get(path).status_code

    def ids(self, path: str) -> list[int]:
        return [row["id"] for row in self.get(path).json()["results"]]

    def text(self, path: str, pattern: str) -> str:
        found = re.search(pattern, self.get(path).text)
        return found.group(1) if found else ""


@contextmanager
def asking(options: Options) -> Iterator[Asker]:
    with WmsStandin(options=options) as standin, client(standin) as http:
        yield Asker(standin, http)


Ask = Callable[[Asker], Any]


def other_version(ask: Asker) -> list[int]:
    root = f"{ask.wms.base_url}/wms/lgfapi"
    auth = (ask.wms.username, ask.wms.password)
    return [httpx.get(f"{root}/{v}/entity/company", auth=auth).status_code for v in ("v10", "v11")]


def order_by_id(ask: Asker) -> bool:
    found = ask.ids("/order_hdr?ordering=id&page_size=100")
    return found == sorted(found)


def own_order(ask: Asker) -> bool:
    found = ask.ids("/order_hdr?page_size=100")
    return found == sorted(found)


def second_page(ask: Asker, after: timedelta) -> int:
    page = ask.get("/order_hdr?page_mode=sequenced&page_size=5&ordering=id").json()
    query = dict(parse_qsl(urlsplit(page["next_page"]).query))
    ask.wms.clock.shift(after)
    status = ask.http.get("/order_hdr", params=query).status_code
    ask.wms.clock.reset()
    return status


def refused_reader(ask: Asker) -> int:
    reader = User(name="writer", password="p", permissions=frozenset())
    ask.wms.add_user(reader)
    with client(ask.wms, reader) as http:
        return http.get("/order_hdr").status_code


def token(ask: Asker, url: str, **form: str) -> int:
    ask.wms.add_client(OAuthClient(client_id="a", client_secret="b", user=ask.wms.username))
    owner = {"username": ask.wms.username, "password": ask.wms.password}
    return httpx.post(url, data=owner | form, auth=("a", "b")).status_code


def expired(ask: Asker) -> int:
    ask.wms.add_client(OAuthClient(client_id="a", client_secret="b", user=ask.wms.username))
    form = {"grant_type": "client_credentials"}
    granted = httpx.post(ask.wms.token_url, data=form, auth=("a", "b")).json()
    ask.wms.clock.shift(timedelta(seconds=100))
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    status = httpx.get(f"{ask.wms.base_url}/wms/lgfapi/v10/entity/", headers=header).status_code
    ask.wms.clock.reset()
    return status


def crowd(ask: Asker) -> set[int]:
    ask.wms.latency = Latency(base=0.3, factor=1)
    with ThreadPoolExecutor(4) as pool:
        found = {*pool.map(ask.status, ["/company"] * 4)}
    ask.wms.latency = Latency()
    return found


def slow(ask: Asker) -> tuple[int, str]:
    ask.wms.fail(Fault(kind="hang", seconds=0.2))
    answer = ask.get("/company")
    ask.wms.heal()
    return answer.status_code, answer.headers["content-type"][:9]


def skew(ask: Asker) -> int:
    shown = parsedate_to_datetime(ask.get("/company").headers["date"])
    return round((shown - datetime.now(UTC)).total_seconds() / 100)


def rows_since(ask: Asker, zone: str) -> bool:
    """Whether a naive bound means the given offset."""
    row = ask.wms.world.rows("order_hdr")[0]
    at = row["mod_ts"].astimezone(UTC).replace(tzinfo=None) - timedelta(hours=int(zone))
    bounds = {"mod_ts__gte": at, "mod_ts__lt": at + timedelta(seconds=1)}
    given = {name: bound.isoformat() for name, bound in bounds.items()}
    found = ask.http.get("/order_hdr", params=given | {"empty_response_http_code": 200})
    return row["id"] in [row["id"] for row in found.json()["results"]]


def required(ask: Asker) -> list[Any]:
    fields = ask.get("/item/describe/").json()["fields"]
    return [fields[name]["required"] for name in ("id", "mod_ts")]


def owned_key(ask: Asker) -> bool:
    rows = ask.get("/inventory?ordering=id&page_size=1&fields=item_id").json()["results"]
    codes = [company["code"] for company in ask.wms.world.rows("company")]
    return any(rows[0]["item_id"]["key"].startswith(f"{code} / ") for code in codes)


SEQUENCED = "/order_hdr?page_mode=sequenced&page_size=5&ordering=id"
CASES: dict[str, tuple[Ask, Any, dict[Any, Any]]] = {
    "version": (other_version, [200, 404], {"v11": [404, 200]}),
    "other_versions": (other_version, [200, 404], {frozenset({"v11"}): [200, 200]}),
    "describe_tokens": (
        lambda a: a.get("/item/describe/").json()["fields"]["company_id"]["type"],
        "relation", {None: "foreign_key"},
    ),
    "required_form": (required, [True, False], {"letter": ["Y", "N"]}),
    "absent_fields": (
        lambda a: "cart_nbr" in a.get("/container?page_size=1").json()["results"][0],
        True, {None: False},
    ),
    "key_forms": (owned_key, False, {None: True}),
    "last_link": (lambda a: "next_page" in a.get("/company").json(), True, {"absent": False}),
    "max_page_size": (
        lambda a: len(a.ids("/order_dtl?page_size=1250&id__isnull=false")), 380, {None: 300},
    ),
    "page_size_over": (
        lambda a: a.status("/order_dtl?page_size=1300"), 200, {"error": 400, "serve": 200},
    ),
    "page_size_zero": (lambda a: a.status("/company?page_size=0"), 200, {"error": 400}),
    "page_past_end": (lambda a: a.status("/company?page=99"), 404, {"400": 400, "empty": 200}),
    "bad_page": (lambda a: a.status("/company?page=x"), 404, {"400": 400}),
    "empty_list": (lambda a: a.status("/company?code=no"), 404, {"200": 200, "204": 204}),
    "empty_response_parameter": (
        lambda a: a.status("/company?code=no&empty_response_http_code=200"), 200, {False: 400},
    ),
    "counts": (lambda a: a.get("/facility").json()["result_count"], 8, {"null": None}),
    "ordering": (order_by_id, True, {"ignored": False}),
    "default_order": (own_order, False, {"id": True}),
    "sequenced_cursor": (
        lambda a: a.text(SEQUENCED, "cursor=([^&]*)") == "cD01", False, {"offset": True},
    ),
    "cursor_seconds": (lambda a: second_page(a, timedelta(seconds=100)), 200, {None: 404}),
    "unknown_filter": (lambda a: a.status("/company?nothing=1"), 400, {"ignore": 200}),
    "unknown_field": (lambda a: a.status("/company?fields=id,nothing"), 200, {"400": 400}),
    "unknown_ordering": (lambda a: a.status("/company?ordering=nothing"), 400, {"ignore": 200}),
    "unsupported_lookups": (lambda a: a.status("/company?code__in=ACME,X"), 200, {None: 400}),
    "naive_times": (
        lambda a: (rows_since(a, "0"), rows_since(a, "3")), (False, True), {"utc": (True, False)},
    ),
    "inventory_history_rule": (lambda a: a.status("/inventory_history"), 400, {False: 200}),
    "values_list": (
        lambda a: len(a.get("/order_hdr?values_list=id&page_size=1").text.split(",")) > 100,
        False, {"off": False, "ignored": True},
    ),
    "failing_paths": (
        lambda a: a.status("/inventory?values_list=item_id__code"), 200, {None: 500},
    ),
    "alias_clash": (
        lambda a: a.status("/order_hdr?values_list=id,facility_id__code:cust_nbr"),
        200, {"any_field": 400},
    ),
    "aggregates": (lambda a: a.status("/order_hdr?values_list=max(id)"), 200, {False: 400}),
    "missing_permission": (refused_reader, 403, {"404": 404}),
    "denied_entities": (lambda a: (a.status("/item"), a.status("/company")), (200, 200),
                        {None: (403, 200)}),
    "token_path": (
        lambda a: token(a, f"{a.wms.base_url.removesuffix('/acme')}/oauth2/v1/token",
                        grant_type="password"),
        200, {None: 404},
    ),
    "token_seconds": (expired, 200, {None: 401}),
    "scope_required": (
        lambda a: token(a, a.wms.token_url, grant_type="password"), 200, {True: 400},
    ),
    "built_in_tokens": (
        lambda a: token(a, a.wms.built_in_token_url, grant_type="password"), 200, {False: 404},
    ),
    "built_in_scope": (
        lambda a: token(a, a.wms.built_in_token_url, grant_type="password", scope="x"),
        400, {"ignore": 200},
    ),
    "gzip": (lambda a: a.get("/order_hdr").headers.get("content-encoding"), None, {True: "gzip"}),
    "date_skew": (skew, 0, {None: 4}),
    "error_codes": (lambda a: a.get("/company?code=no").json()["code"], "NOT_FOUND",
                    {None: "NO_DATA"}),
    "max_at_once": (crowd, {200}, {None: {200, 429}}),
    "gateway_seconds": (slow, (200, "applicati"), {None: (504, "text/html")}),
}  # fmt: skip
"""Option -> how to see it, what is seen by default, and what with each other value (None: the only
other one that is tried)."""
SMALLER = {"max_page_size": 300, "gateway_seconds": 0.05}
"""Values that show sooner than those of `alternatives`."""


@pytest.fixture(scope="module")
def usual() -> Any:
    with asking(Options()) as asker:
        yield asker


@pytest.mark.parametrize(("option", "value"), alternatives(), ids=str)
def test_an_option_turns_one_answer(usual: Asker, option: str, value: Any) -> None:
    ask, by_default, turned = CASES[option]
    value = SMALLER.get(option, value)
    assert ask(usual) == by_default
    with asking(Options(**{option: value})) as asker:
        assert ask(asker) == (turned[None] if None in turned else turned[value])


def test_every_option_that_a_probe_may_tell_is_tried() -> None:
    assert {option for option, _ in alternatives()} == CASES.keys()


def test_a_refused_values_list_says_so() -> None:
    with asking(Options(values_list="off")) as asker:
        assert asker.status("/company?values_list=id") == 400


def test_a_page_may_be_larger_than_the_limit() -> None:
    sizes = {}
    for over in ("clamp", "serve"):
        options = Options(page_size_over=over, max_page_size=100)
        with asking(options) as asker:
            sizes[over] = len(asker.ids("/order_hdr?page_size=120"))
    assert sizes == {"clamp": 100, "serve": 120}
