"""Whose certificates are believed, and which one is shown, on a real handshake."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import trustme
from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.config.sources import load
from tap_oracle_wms.errors import ConfigError

from tests.certificates import without_key_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUTHORITY = trustme.CA(organization_name="Tests")


@contextmanager
def serving(context: ssl.SSLContext, shown: list[Any]) -> Iterator[str]:
    """The address of a server, which keeps the subjects of the certificates that it is shown."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append((self.connection.getpeercert() or {}).get("subject"))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}/acme"
    server.shutdown()
    server.server_close()


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[Any]]]:
    """The address of a server that wants a client's certificate, and the names it was shown."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.configure_trust(context)
    shown: list[Any] = []
    with serving(context, shown) as address:
        yield address, shown


def get(address: str, **given: Any) -> Any:
    config = {"base_url": address, "username": "u", "password": "p", **given}
    client = WmsClient(load(config, set())[0])
    try:
        return client.get("/entity/", None, msgspec.json.decode)
    finally:
        client.close()


def test_an_own_authority_is_believed_and_the_clients_certificate_shown(
    gateway: tuple[str, list[Any]], tmp_path: Path
) -> None:
    address, shown = gateway
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    client = AUTHORITY.issue_cert("warehouse.example", common_name="warehouse")
    client.private_key_and_cert_chain_pem.write_to_path(tmp_path / "client.pem")

    answer = get(
        address,
        ca_file=str(tmp_path / "ca.pem"),
        client_certificate=str(tmp_path / "client.pem"),
    )

    assert answer == {}
    assert (("commonName", "warehouse"),) in shown[0]


def test_an_unknown_authority_is_told_at_once(gateway: tuple[str, list[Any]]) -> None:
    address, shown = gateway
    with pytest.raises(
        ConfigError,
        match=r"^The certificate of localhost is not trusted \(.+\); `ca_file` may name",
    ):
        get(address, retry_wait_seconds=60)
    assert shown == []


@pytest.mark.parametrize("shown", [None, "stranger"])
def test_a_client_whose_certificate_is_refused_is_told_at_once(
    gateway: tuple[str, list[Any]], tmp_path: Path, shown: str | None
) -> None:
    address, seen = gateway
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    given = {"ca_file": str(tmp_path / "ca.pem"), "retry_wait_seconds": 0.1}
    if shown:
        stranger = trustme.CA().issue_cert(f"{shown}.example")
        stranger.private_key_and_cert_chain_pem.write_to_path(tmp_path / "client.pem")
        given["client_certificate"] = str(tmp_path / "client.pem")
    with pytest.raises(
        ConfigError,
        match=r"^localhost refused the certificate of this client \(.+\); check `client_cert",
    ):
        get(address, **given)
    assert seen == []


def test_an_own_authority_needs_no_key_identifier(tmp_path: Path) -> None:
    """Python 3.13 asks for one by default."""
    authority, certificate = without_key_identifier(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with serving(context, []) as address:
        assert get(address, ca_file=str(authority), max_retries=0) == {}
