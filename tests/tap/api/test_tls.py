"""Whose certificates are believed, and which one is shown, on a real handshake."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import trustme
from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.config.sources import load
from tap_oracle_wms.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUTHORITY = trustme.CA(organization_name="Tests")


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[Any]]]:
    """The address of a server that wants a client's certificate, and the names it was shown."""
    shown: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.connection.getpeercert()["subject"])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.configure_trust(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}/acme", shown
    server.shutdown()
    server.server_close()


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
    AUTHORITY.issue_cert(common_name="warehouse").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "client.pem"
    )

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
