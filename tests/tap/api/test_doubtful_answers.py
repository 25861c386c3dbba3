"""A refusal or an error that may be false is asked about again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.config.sources import from_environment, load
from tap_oracle_wms.errors import AuthenticationError, UnavailableError
from wms_standin import Fault, OAuthClient, Options, WmsStandin

from tests.tap.api.clients import client_of, get, reply
from tests.tap.conftest import config_for, discovered, listed, run, selected

if TYPE_CHECKING:
    from collections.abc import Iterator

ERROR = '{"reference": "25b4", "code": "INTERNAL_ERROR", "message": "Try later.", "details": null}'


def test_one_401_within_a_run_is_asked_about_once_more() -> None:
    client = client_of(reply(), reply(401), reply())
    get(client)

    assert get(client) == {"ok": True}
    assert client.requests.sent == 3


@pytest.mark.parametrize("given", [{}, {"auth_method": "bearer", "access_token": "t"}])
def test_a_401_that_stays_ends_the_run(given: Any) -> None:
    client = client_of(reply(), reply(401), **given)
    get(client)

    with pytest.raises(AuthenticationError, match="401"):
        get(client)
    assert client.requests.sent == 3


def test_a_401_at_first_is_not_asked_about_again() -> None:
    client = client_of(reply(401))

    with pytest.raises(AuthenticationError):
        get(client)
    assert client.requests.sent == 1


def test_a_run_survives_one_401(wms: WmsStandin) -> None:
    wms.fail(Fault(status=401, entity="order_dtl", request="list", nth=3))

    done = run(config_for(wms, entities="order_dtl", page_size=20, max_concurrency=2))

    assert done.error is None
    assert sorted(r["id"] for r in done.records("order_dtl")) == wms.world.ids("order_dtl")


@pytest.mark.parametrize("body", [ERROR, ERROR.replace(', "details": null', "")])
def test_an_error_with_a_status_of_success_is_tried_again(body: str) -> None:
    client = client_of(reply(200, body), reply(200, body), reply())

    assert get(client) == {"ok": True}
    assert client.requests.retries == 2


def test_an_error_with_a_status_of_success_that_stays_is_told_with_its_message() -> None:
    client = client_of(reply(200, ERROR), max_retries=1)

    with pytest.raises(UnavailableError, match=r"an error with status 200: Try later\.$"):
        get(client)


def test_a_run_survives_an_error_with_a_status_of_success(wms: WmsStandin) -> None:
    wms.fail(Fault(kind="error_body", entity="uom", times=2))

    done = run(config_for(wms, entities="uom"))

    assert done.error is None
    assert sorted(r["id"] for r in done.records("uom")) == wms.world.ids("uom")


@pytest.fixture
def strict() -> Iterator[WmsStandin]:
    """A tenant without two fields that others' records have, which refuses unknown names."""
    absent = frozenset({"order_hdr.facility_id", "order_hdr.company_id"})
    with WmsStandin(options=Options(unknown_field="400", absent_fields=absent)) as wms:
        yield wms


def test_fields_that_the_tenant_does_not_know_are_asked_for_no_more(
    strict: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    config = config_for(strict, entities="order_hdr", page_size=20, max_concurrency=4)
    catalog = selected(discovered(config), "order_hdr")
    for metadata in catalog["streams"][0]["metadata"]:
        if metadata["breadcrumb"] == ["properties", "cust_field_1"]:
            metadata["metadata"]["selected"] = False
    strict.requests.clear()

    done = run(config, catalog=catalog)

    assert done.error is None
    records = done.records("order_hdr")
    assert sorted(r["id"] for r in records) == strict.world.ids("order_hdr")
    assert {r["facility_id"] for r in records} == {None}
    assert {r["order_nbr"] for r in records} == {
        row["order_nbr"] for row in strict.world.rows("order_hdr")
    }
    said = [r.getMessage() for r in caplog.records if "facility_id" in r.getMessage()]
    said = [each for each in said if each.startswith("Stream order_hdr")]
    (sentence,) = said
    assert sentence == (
        "Stream order_hdr: WMS does not know company_id, facility_id, which leave as null; "
        "deselect them, or run discovery again."
    )
    told = done.state["report"]["streams"]["order_hdr"]["schema_changes"]
    assert told == {"gone": ["company_id", "facility_id"]}
    assert 1 <= sum(r.status == 400 for r in listed(strict, "order_hdr")) <= 4


def test_the_token_server_of_wms_itself_gets_no_scope(wms: WmsStandin) -> None:
    wms.add_client(OAuthClient(client_id="app", client_secret="s", user=wms.username))
    config = config_for(
        wms,
        entities="uom",
        auth_method="oauth2_password",
        token_url=f"{wms.base_url}/api/oauth2/token/",
        client_id="app",
        client_secret="s",
    )

    done = run({**config, "oauth_scope": ""})

    assert done.error is None
    assert sorted(r["id"] for r in done.records("uom")) == wms.world.ids("uom")
    with pytest.raises(AuthenticationError) as caught:
        run(config)
    assert str(caught.value) == (
        "The token endpoint gave no token (400): invalid_scope The requested scope is invalid or "
        'unknown; check `oauth_scope`, of which "" sends none.'
    )


def test_a_scope_may_be_empty_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_OAUTH_SCOPE", "")
    monkeypatch.setenv("X_USERNAME", "")
    given = {"base_url": "https://h/e", "username": "u", "password": "p"}

    assert from_environment("X_") == {"oauth_scope": ""}
    assert load({**given, **from_environment("X_")}, set())[0].oauth_scope == ""
    assert load(given, set())[0].oauth_scope.startswith("urn:")
