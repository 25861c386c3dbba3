"""Settings -> how the driver is asked for a connection."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import oracledb
import sqlalchemy as sa

from target_oracle.database.tunnel import forwarded

if TYPE_CHECKING:
    from pydantic import SecretStr

    from target_oracle.config.settings import Settings

ADDRESSES = 3
"""Addresses that are tried of a host whose name has several, such as a cluster's."""


def address(settings: Settings) -> str:
    """Return the address of the database for messages, without credentials."""
    if settings.sqlalchemy_url:
        url = sa.make_url(settings.sqlalchemy_url.get_secret_value())
        return f"{url.host}:{url.port or 1521}/{url.query.get('service_name') or url.database}"
    if settings.dsn:
        return settings.dsn.rpartition("@")[2]
    return f"{settings.host}:{settings.port}/{settings.service_name or settings.sid}"


def connect_arguments(settings: Settings) -> dict[str, Any]:
    """Return the keyword arguments of `oracledb.connect`; a tunnel that they need is opened.

    Raises:
        ConnectError: The tunnel cannot be opened.
    """
    wallet, token = _secret(settings.wallet_password), _secret(settings.access_token)
    token_key = _secret(settings.access_token_key)
    given = {
        **_through_tunnel(settings, _where(settings)),
        "proxy_user": settings.proxy_user,
        "ssl_server_dn_match": settings.ssl_server_dn_match,
        "ssl_server_cert_dn": settings.ssl_server_cert_dn,
        "wallet_location": settings.wallet_location,
        # Without one the driver would ask for it at the terminal.
        "wallet_password": wallet or ("" if settings.wallet_location else None),
        "ssl_context": _wallets_trust() if settings.wallet_location else None,
        "config_dir": settings.config_dir,
        "https_proxy": settings.https_proxy,
        "https_proxy_port": settings.https_proxy_port,
        "access_token": (token, token_key) if token_key else token,
        "server_type": "pooled" if settings.pooled_server else None,
        "cclass": settings.connection_class,
        "tcp_connect_timeout": settings.connect_timeout,
        "expire_time": settings.expire_time,
        "sdu": settings.sdu,
        "disable_oob": settings.disable_oob,
    }
    return {name: value for name, value in given.items() if value is not None}


def _through_tunnel(settings: Settings, where: dict[str, Any]) -> dict[str, Any]:
    """Return the address of the tunnel's near end where there is one, else the database's."""
    if settings.ssh_tunnel is None:
        return where
    host, port = forwarded(
        settings.ssh_tunnel, where["host"], where["port"], settings.connect_timeout
    )
    return {**where, "host": host, "port": port}


def _wallets_trust() -> ssl.SSLContext:
    """Make the context for a wallet; it trusts as each Python before 3.13 does.

    Since 3.13 Python asks for what RFC 5280 wants of certificates, such as an Authority Key
    Identifier, which authorities within companies often lack.
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _where(settings: Settings) -> dict[str, Any]:
    who = {"user": settings.user, "password": _secret(settings.password)}
    if settings.sqlalchemy_url:
        url = sa.make_url(settings.sqlalchemy_url.get_secret_value())
        return {
            "host": url.host,
            "port": url.port or 1521,
            "service_name": url.query.get("service_name"),
            "sid": url.database or None,
            "user": url.username,
            "password": url.password,
        }
    if settings.dsn:
        return {"dsn": settings.dsn, **who}
    return {
        "host": settings.host,
        "port": settings.port,
        "protocol": settings.protocol,
        "service_name": settings.service_name,
        "sid": settings.sid,
        **who,
    }


def patience(settings: Settings) -> float:
    """Return the seconds that a log-on may take: the driver itself would wait without end."""
    rounds, pauses, seconds = 1, 0.0, settings.connect_timeout
    if settings.dsn:
        found = oracledb.ConnectParams(config_dir=settings.config_dir, tcp_connect_timeout=seconds)
        with suppress(oracledb.Error):  # connecting tells what is wrong with it
            found.parse_connect_string(settings.dsn)
            hosts, retries = _listed(found.host), max(_listed(found.retry_count))
            rounds, pauses = len(hosts) * (1 + retries), retries * max(_listed(found.retry_delay))
            seconds = max(_listed(found.tcp_connect_timeout))
    return ADDRESSES * seconds * rounds + pauses


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None
