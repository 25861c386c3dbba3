"""Connections by TLS: certificates and wallets as they are checked on a real handshake."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.certificates import without_key_identifier
from tests.target.conftest import Target, record, schema, state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

MESSAGES = (schema("s", {"id": {"type": "integer"}}, ["id"]), record("s", id=1), state(1))
AUTHORITY = trustme.CA(organization_name="Tests")


def wallet(folder: Path, *parts: trustme.Blob) -> str:
    """A directory with `ewallet.pem` of these certificates and keys."""
    folder.mkdir()
    (folder / "ewallet.pem").write_bytes(b"".join(part.bytes() for part in parts))
    return str(folder)


@pytest.fixture
def tls(
    request: pytest.FixtureRequest, oracle_server: OracleStandin, oracle_schema: OracleSchema
) -> Iterator[Target]:
    """A target pointed at a port that speaks TLS under that name; `mutual` wants a client's."""
    host, mutual = getattr(request, "param", ("localhost", False))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(host, common_name=host).configure_cert(context)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        AUTHORITY.configure_trust(context)
    with oracle_server.listening_with_tls(context) as port:
        where = {"protocol": "tcps", "host": "localhost", "port": port, "max_retries": 0}
        yield Target(oracle_schema, {"dsn": None, "service_name": "FREEPDB1", **where})


def config(target: Target, **more: Any) -> dict[str, Any]:
    return {k: v for k, v in {**target.config, **more}.items() if v is not None}


def test_rows_go_in_by_tls_when_the_wallet_knows_the_authority(tls: Target, tmp_path: Path) -> None:
    trusted = wallet(tmp_path / "w", AUTHORITY.cert_pem)
    run = tls.run(*MESSAGES, config=config(tls, wallet_location=trusted))
    assert (run.code, run.states) == (0, [1]), run.log
    assert tls.rows("S") == [(1,)]


def test_the_authority_of_a_wallet_needs_no_key_identifier(
    oracle_server: OracleStandin, oracle_schema: OracleSchema, tmp_path: Path
) -> None:
    """Python 3.13 asks for one by default."""
    authority, certificate = without_key_identifier(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    trusted = wallet(tmp_path / "w", trustme.Blob(authority.read_bytes()))
    with oracle_server.listening_with_tls(context) as port:
        where = {"protocol": "tcps", "host": "localhost", "port": port, "max_retries": 0}
        tls = Target(oracle_schema, {"dsn": None, "service_name": "FREEPDB1", **where})
        run = tls.run(*MESSAGES, config=config(tls, wallet_location=trusted))
    assert (run.code, run.states) == (0, [1]), run.log


def test_a_server_of_an_unknown_authority_is_refused(tls: Target) -> None:
    run = tls.run(*MESSAGES, config=config(tls))
    (line,) = run.errors
    assert (run.code, run.states) == (1, [])
    assert "the server's certificate is not trusted" in line
    assert "wallet_location" in line


@pytest.mark.parametrize("tls", [("other.example", False)], indirect=True)
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "names another host: check host, or ssl_server_dn_match"),
        ({"ssl_server_dn_match": False}, ""),
        (
            {"ssl_server_cert_dn": "CN=nobody"},
            "has another name than the setting ssl_server_cert_dn",
        ),
    ],
    ids=["checked", "not checked", "another name"],
)
def test_a_certificate_must_name_the_host_unless_that_is_not_asked_for(
    tls: Target, tmp_path: Path, settings: dict[str, Any], named: str
) -> None:
    trusted = wallet(tmp_path / "w", AUTHORITY.cert_pem)
    run = tls.run(*MESSAGES, config=config(tls, wallet_location=trusted, **settings))
    assert run.code == (1 if named else 0), run.log
    assert [named in line for line in run.errors] == [True] * run.code


@pytest.mark.parametrize("tls", [("localhost", True)], indirect=True)
@pytest.mark.parametrize("known", [True, False])
def test_mutual_tls_takes_the_key_of_the_wallet(tls: Target, tmp_path: Path, known: bool) -> None:
    client = (AUTHORITY if known else trustme.CA()).issue_cert("wms@example.com")
    parts = [client.private_key_pem, *client.cert_chain_pems, AUTHORITY.cert_pem]
    given = wallet(tmp_path / "w", *parts)
    run = tls.run(*MESSAGES, config=config(tls, wallet_location=given))
    assert (run.code, run.states) == ((0, [1]) if known else (1, [])), run.log


@pytest.mark.parametrize("tls", [("localhost", True)], indirect=True)
@pytest.mark.parametrize("password", ["open sesame", "guess", None])
def test_an_encrypted_wallet_opens_with_its_password_only(
    tls: Target, tmp_path: Path, password: str | None
) -> None:
    client = AUTHORITY.issue_cert("wms@example.com")
    key = load_pem_private_key(client.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame")
    )
    parts = [trustme.Blob(locked), *client.cert_chain_pems, AUTHORITY.cert_pem]
    given = {"wallet_location": wallet(tmp_path / "w", *parts), "wallet_password": password}
    run = tls.run(*MESSAGES, config=config(tls, **given))
    is_right = password == "open sesame"
    assert run.code == (0 if is_right else 1), run.log
    assert ["wallet_password" in line for line in run.errors] == [True] * run.code
    assert "guess" not in run.log


def test_a_wallet_that_is_not_there_is_named(tls: Target, tmp_path: Path) -> None:
    run = tls.run(*MESSAGES, config=config(tls, wallet_location=str(tmp_path)))
    (line,) = run.errors
    assert run.code == 1
    assert "wallet_location" in line
