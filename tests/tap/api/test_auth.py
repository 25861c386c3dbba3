from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tap_oracle_wms.api.auth import OAuth2Auth, trust
from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.config.sources import load
from tap_oracle_wms.errors import AuthenticationError, ConfigError, UnavailableError
from wms_standin import Fault, OAuthClient

from tests.tap.conftest import config_for, run

if TYPE_CHECKING:
    from pathlib import Path

OAUTH = {
    "base_url": "https://h/e",
    "auth_method": "oauth2_client_credentials",
    "token_url": "https://idcs.example.com/oauth2/v1/token",
    "client_id": "app",
    "client_secret": "se:cret",
}


class Server:
    """A token endpoint and an API that takes the newest token."""

    def __init__(self, expires_in: Any = 3600) -> None:
        self.expires_in = expires_in
        self.issued: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.calls = 0
        self.refuse = 0

    def __call__(self, request: Any) -> Any:
        if request.url.path.endswith("/token"):
            self.issued.append(dict(httpx.QueryParams(request.content.decode())))
            token = f"t{len(self.issued)}"
            self.tokens.add(token)
            return httpx.Response(200, json={"access_token": token, "expires_in": self.expires_in})
        self.calls += 1
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.tokens and self.refuse == 0:
            return httpx.Response(200, json={})
        self.refuse = max(0, self.refuse - 1)
        return httpx.Response(401, json={"code": "AUTHENTICATION_FAILED"})


def client_of(server: Any, **given: Any) -> Any:
    settings, _ = load({**OAUTH, "retry_wait_seconds": 0, **given}, set())
    return WmsClient(settings, httpx.MockTransport(server))


def get(client: Any) -> Any:
    return client.get("/entity/", None, msgspec.json.decode)


def test_a_scope_of_the_tenants_own_is_asked_for() -> None:
    server = Server()
    get(client_of(server, oauth_scope="urn:acme:wms"))

    assert [form["scope"] for form in server.issued] == ["urn:acme:wms"]


def test_a_token_is_asked_for_once_with_the_scope() -> None:
    server = Server()
    client = client_of(server)

    for _ in range(3):
        get(client)

    assert server.issued == [
        {
            "grant_type": "client_credentials",
            "scope": "urn:resource:fusion:scm:logistics:wms:lgfapi/",
        }
    ]


def test_the_password_grant_sends_the_user() -> None:
    server = Server()

    get(client_of(server, auth_method="oauth2_password", username="u", password="p"))

    (form,) = server.issued
    assert (form["grant_type"], form["username"], form["password"]) == ("password", "u", "p")


def test_a_method_without_a_grant_asks_for_no_token() -> None:
    settings, _ = load(OAUTH, set())
    auth = OAuth2Auth(settings.model_copy(update={"auth_method": "oauth2_new"}))

    with pytest.raises(ConfigError, match=r"^`auth_method` oauth2_new names no OAuth2 grant\.$"):
        next(auth.sync_auth_flow(httpx.Request("GET", "https://h/e")))


def test_a_token_is_replaced_before_it_ends(monkeypatch: Any) -> None:
    server = Server(expires_in=1000)
    client = client_of(server)
    begun = time.monotonic()
    get(client)

    # Not time.monotonic itself: servers that run in this process would sleep till then.
    later = SimpleNamespace(monotonic=lambda: begun + 930)
    monkeypatch.setattr("tap_oracle_wms.api.auth.time", later)
    get(client)
    later.monotonic = lambda: begun + 950
    get(client)

    assert len(server.issued) == 2


def test_a_refused_token_is_replaced_once() -> None:
    server = Server()
    client = client_of(server)
    get(client)
    server.tokens.clear()

    get(client)
    server.refuse = 2
    with pytest.raises(AuthenticationError, match="check `token_url` and `client_id`"):
        get(client)

    assert len(server.issued) == 3


def test_of_many_threads_one_asks_for_a_token() -> None:
    server = Server()
    client = client_of(server)
    threads = [threading.Thread(target=get, args=(client,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(server.issued) == 1
    assert server.calls == 8


def test_a_refused_application_is_explained_without_its_secret() -> Any:
    def refuse(_: Any) -> Any:
        body = {"error": "invalid_client", "error_description": "Client authentication failed."}
        return httpx.Response(401, json=body)

    with pytest.raises(AuthenticationError, match=r"invalid_client Client auth") as caught:
        get(client_of(refuse))
    assert "cret" not in str(caught.value)


def test_a_token_endpoint_that_is_none_is_explained() -> None:
    with pytest.raises(AuthenticationError, match="check `token_url`"):
        get(client_of(lambda _: httpx.Response(200, text="<html>")))


def test_a_failing_token_endpoint_is_tried_again() -> Any:
    answers = [503, 200]
    server = Server()

    def shaky(request: Any) -> Any:
        if request.url.path.endswith("/token") and (status := answers.pop(0)) != 200:
            return httpx.Response(status)
        return server(request)

    assert get(client_of(shaky)) == {}
    with pytest.raises(UnavailableError, match="token endpoint: status 503"):
        get(client_of(lambda _: httpx.Response(503), max_retries=1))


def test_a_token_endpoint_that_never_answers_does_not_hang_the_run() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings, _ = load(
            {
                **OAUTH,
                "token_url": f"http://127.0.0.1:{silent.getsockname()[1]}/token",
                "request_timeout": 0.2,
                "max_retries": 0,
            },
            set(),
        )
        client = WmsClient(settings)
        asking = threading.Thread(target=pytest.raises, args=(UnavailableError, get, client))
        asking.daemon = True
        asking.start()
        asking.join(timeout=5)

    assert not asking.is_alive()
    assert client.requests.sent == 1


def test_a_life_of_a_token_that_is_given_as_text_is_understood() -> None:
    server = Server(expires_in="3600")
    client = client_of(server)

    get(client)
    get(client)

    assert len(server.issued) == 1


def test_a_bearer_token_is_sent_as_given() -> None:
    server = Server()
    server.tokens.add("mine")

    get(client_of(server, auth_method="bearer", access_token="mine"))

    assert server.issued == []


def test_extra_headers_are_sent() -> Any:
    seen = []

    def note(request: Any) -> Any:
        seen.append(request.headers["X-Gateway"])
        return httpx.Response(200, json={})

    get(client_of(note, auth_method="bearer", access_token="t", extra_headers={"X-Gateway": "k"}))

    assert seen == ["k"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"auth_method": "bearer"}, "Set `access_token`, which `auth_method` bearer needs"),
        ({**OAUTH, "client_secret": ""}, "Set `client_secret`, which"),
        ({**OAUTH, "token_url": "http://idcs.example.com/t"}, "`token_url` is wrong|must start"),
    ],
    ids=["bearer", "secret", "http"],
)
def test_missing_credentials_are_asked_for(given: Any, sentence: Any) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load({"base_url": "https://h/e", **given}, set())


@pytest.mark.parametrize("name", ["ca_file", "client_certificate"])
def test_a_certificate_file_that_is_missing_is_named(name: Any) -> None:
    with pytest.raises(ConfigError, match=f"`{name}`"):
        client_of(Server(), **{name: "/no/such/file.pem"})


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """A certificate of the test's own, with an encrypted key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wms")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"opensesame"),
        )
    )
    return {
        "ca_file": str(tmp_path / "cert.pem"),
        "client_certificate": str(tmp_path / "cert.pem"),
        "client_key": str(tmp_path / "key.pem"),
    }


def test_a_client_certificate_and_an_own_ca_are_used(certificate: dict[str, str]) -> None:
    settings, _ = load({**OAUTH, **certificate, "client_key_password": "opensesame"}, set())

    context = trust(settings)

    assert context.cert_store_stats()["x509"] == 1


def test_a_wrong_key_password_is_named_but_not_shown(certificate: dict[str, str]) -> None:
    settings, _ = load({**OAUTH, **certificate, "client_key_password": "hunter2"}, set())

    with pytest.raises(ConfigError, match="`client_certificate` and `client_key`") as caught:
        trust(settings)
    assert "hunter2" not in str(caught.value)


def test_a_whole_run_by_oauth_survives_expired_tokens(wms: Any) -> None:
    wms.add_client(OAuthClient(client_id="app", client_secret="se:cr%et", user=wms.username))
    wms.fail(Fault(kind="expired_token", entity="order_dtl", every=12))
    config = config_for(
        wms,
        entities="order_dtl",
        page_size=20,
        max_concurrency=2,
        auth_method="oauth2_client_credentials",
        token_url=wms.token_url,
        client_id="app",
        client_secret="se:cr%et",
    )

    done = run(config)

    assert done.error is None
    assert sorted(r["id"] for r in done.records("order_dtl")) == wms.world.ids("order_dtl")
