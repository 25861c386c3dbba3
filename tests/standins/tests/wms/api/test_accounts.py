"""Sections 1.4 and 1.5: credentials, tokens, permissions and what a user sees."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from wms_standin import OAuthClient, Options, User, WmsStandin

from ..conftest import client


@pytest.fixture(scope="module", autouse=True)
def accounts(wms: WmsStandin) -> None:
    wms.add_client(OAuthClient(client_id="app", client_secret="s&cret", user=wms.username))


def token(wms: WmsStandin, **form: str) -> httpx.Response:
    return httpx.post(wms.token_url, data=form, auth=("app", "s%26cret"))


def bearer(wms: WmsStandin, value: str) -> httpx.Response:
    url = f"{wms.base_url}/wms/lgfapi/v10/entity/company"
    return httpx.get(url, headers={"Authorization": f"Bearer {value}"})


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (None, "NOT_AUTHENTICATED"),
        (("tap_user", "wrong"), "AUTHENTICATION_FAILED"),
        (("nobody", "x"), "AUTHENTICATION_FAILED"),
    ],
)
def test_bad_credentials_are_401(wms: WmsStandin, auth: tuple[str, str] | None, code: str) -> None:
    answer = httpx.get(f"{wms.base_url}/wms/lgfapi/v10/entity/", auth=auth)
    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("header", ["Basic !!!", "Digest x", "Bearer nothing", "Basic ="])
def test_malformed_authorization_is_401(wms: WmsStandin, header: str) -> None:
    url = f"{wms.base_url}/wms/lgfapi/v10/entity/"
    assert httpx.get(url, headers={"Authorization": header}).status_code == 401


def test_a_client_credentials_token_reads_until_it_expires(wms: WmsStandin) -> None:
    answer = token(wms, grant_type="client_credentials").json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert bearer(wms, answer["access_token"]).status_code == 200
    wms.clock.shift(timedelta(seconds=3601))
    assert bearer(wms, answer["access_token"]).status_code == 401
    wms.clock.reset()


def test_a_password_grant_acts_as_its_user(wms: WmsStandin) -> None:
    wms.add_user(User(name="limited", password="pw", facilities=frozenset({"DC01"})))
    granted = token(wms, grant_type="password", username="limited", password="pw")
    assert bearer(wms, granted.json()["access_token"]).status_code == 200
    assert wms.requests[-1].user == "limited"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password", "username": "limited", "password": "no"}, 400, "invalid_grant"),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "all"}, 400, "invalid_scope"),
    ],
)
def test_refused_token_requests_say_why(
    wms: WmsStandin, form: dict[str, str], status: int, error: str
) -> None:
    answer = token(wms, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_an_unknown_client_gets_no_token(wms: WmsStandin) -> None:
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "no"}
    answer = httpx.post(wms.token_url, data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    form["client_secret"] = "s&cret"
    assert httpx.post(wms.token_url, data=form).status_code == 200


def test_a_user_without_read_access_gets_403(wms: WmsStandin) -> None:
    writer = User(name="writer", password="p", permissions=frozenset({"lgfapi_create_access"}))
    wms.add_user(writer)
    with client(wms, writer) as http:
        answer = http.get("/order_hdr")
    assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")


def test_rows_of_other_facilities_and_companies_do_not_exist_for_a_limited_user(
    wms: WmsStandin,
) -> None:
    user = User(
        name="dc1", password="p", facilities=frozenset({"DC01"}), companies=frozenset({"ACME"})
    )
    wms.add_user(user)
    facility = {row["code"]: row["id"] for row in wms.world.rows("facility")}["DC01"]
    company = {row["code"]: row["id"] for row in wms.world.rows("company")}["ACME"]
    orders = wms.world.rows("order_hdr")
    own = {r["id"] for r in orders if (r["facility_id"], r["company_id"]) == (facility, company)}
    lines = {row["id"] for row in wms.world.rows("order_dtl") if row["order_id"] in own}
    foreign = next(row["id"] for row in orders if row["facility_id"] != facility)
    with client(wms, user) as http:

        def seen(entity: str) -> set[int]:
            page = http.get(f"/{entity}?page_size=1250&fields=id,code").json()
            return {row["id"] for row in page["results"]}

        assert seen("order_hdr") == own
        assert seen("order_dtl") == lines
        assert seen("facility") == {facility}
        assert seen("company") == {company}
        assert seen("item") == {
            row["id"] for row in wms.world.rows("item") if row["company_id"] == company
        }
        assert seen("order_status") == set(wms.world.ids("order_status"))
        assert http.get(f"/order_hdr/{foreign}").status_code == 404
        assert http.get(f"/order_hdr?id={foreign}").status_code == 404
    assert own
    assert lines


def built_in(wms: WmsStandin, **form: str) -> httpx.Response:
    wms.add_user(User(name="person", password="pw"))
    owner = {"grant_type": "password", "username": "person", "password": "pw"}
    return httpx.post(wms.built_in_token_url, data=owner | form, auth=("app", "s%26cret"))


def test_the_server_of_wms_itself_takes_no_scope(wms: WmsStandin) -> None:
    assert wms.built_in_token_url == f"{wms.base_url}/api/oauth2/token/"
    granted = built_in(wms).json()
    assert set(granted) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert bearer(wms, granted["access_token"]).status_code == 200
    assert wms.requests[-1].user == "person"
    for scope in ("", "urn:resource:fusion:scm:logistics:wms:lgfapi/"):
        refused = built_in(wms, scope=scope)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")
    other = built_in(wms, grant_type="client_credentials")
    assert (other.status_code, other.json()["error"]) == (400, "unauthorized_client")
    assert built_in(wms, password="no").json()["error"] == "invalid_grant"


def test_scopes_are_options_of_both_token_servers() -> None:
    options = Options(built_in_scope="ignore", scope_required=True)
    with WmsStandin(options=options) as standin:
        standin.add_client(
            OAuthClient(client_id="app", client_secret="s&cret", user=standin.username)
        )
        assert built_in(standin, scope="x").status_code == 200
        form = {"grant_type": "client_credentials"}
        assert token(standin, **form).json()["error"] == "invalid_scope"
        scope = "urn:resource:fusion:scm:logistics:wms:lgfapi/"
        assert token(standin, **form, scope=scope).status_code == 200


def test_a_user_can_gain_a_facility_while_the_server_runs(own_wms: WmsStandin) -> None:
    user = User(name="dc1", password="p", facilities=frozenset({"DC01"}))
    own_wms.add_user(user)
    with client(own_wms, user) as http:

        def seen() -> set[str]:
            return {row["code"] for row in http.get("/facility?fields=code").json()["results"]}

        assert seen() == {"DC01"}
        own_wms.accounts.grant("dc1", facility="DC02", company="ACME")
        assert seen() == {"DC01", "DC02"}
        assert {row["code"] for row in http.get("/company").json()["results"]} == {"ACME"}
