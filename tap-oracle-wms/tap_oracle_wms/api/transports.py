"""How requests leave: through the proxies of the environment, and within their time."""

from __future__ import annotations

import ipaddress
import os
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.request import getproxies

import httpx

from tap_oracle_wms.config.forms import address
from tap_oracle_wms.errors import ConfigError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

SOCKS = {"socks5", "socks5h"}
SCHEMES = {"http", "https", *SOCKS}
"""What a proxy may speak."""


def transport(
    trusted: ssl.SSLContext, limits: httpx.Limits, proxy: str | None = None
) -> httpx.HTTPTransport:
    """Make a transport, directly or by a proxy."""
    from tap_oracle_wms.api.network import Network  # noqa: PLC0415 - loads httpcore

    made = httpx.HTTPTransport(verify=trusted, limits=limits, proxy=proxy)
    made._pool._network_backend = Network()  # noqa: SLF001 - httpx does not hand it through
    return made


def proxy_of(url: str) -> str | None:
    """Return the proxy that the environment names for an address.

    Raises:
        ConfigError: A variable names no proxy, or an extra is missing.
    """
    proxies = getproxies()
    target = httpx.URL(url)
    scheme = next((name for name in (target.scheme, "all") if proxies.get(name)), None)
    if scheme is None or _is_exempt(target, proxies.get("no", "")):
        return None
    given = proxies[scheme]
    found = given if "://" in given else f"http://{given}"
    parts = address(found)
    if parts is None or parts.scheme not in SCHEMES or not parts.hostname:
        msg = (
            f"Variable {_variable(scheme)} names no proxy: it must look like "
            f"http://<host>:<port>, https://… or socks5://…."
        )
        raise ConfigError(msg)
    if parts.scheme in SOCKS and find_spec("socksio") is None:
        msg = (
            f"Variable {_variable(scheme)} names a SOCKS proxy, which needs the extra: "
            f"tap-oracle-wms[socks]."
        )
        raise ConfigError(msg)
    return found


def _variable(scheme: str) -> str:
    """Return the name of the variable that is set; small letters win."""
    name = f"{scheme}_proxy"
    return name if os.environ.get(name) else name.upper()


def _is_exempt(target: httpx.URL, no_proxy: str) -> bool:
    """Whether `NO_PROXY` lists a host: by name, domain, address, network, or with its port."""
    entries = (entry.strip().lower().rpartition("://")[2] for entry in no_proxy.split(","))
    return any(entry == "*" or _covers(entry, target) for entry in entries if entry)


def _covers(entry: str, target: httpx.URL) -> bool:
    port = target.port or {"http": 80, "https": 443}.get(target.scheme)
    entry = entry.removesuffix(f":{port}") if _has_port(entry) else entry
    entry, host = entry.strip("[]"), target.host
    with suppress(ValueError):
        network = ipaddress.ip_network(entry, strict=False)
        with suppress(ValueError):
            return ipaddress.ip_address(host) in network
        return False
    name = entry.removeprefix("*").removeprefix(".")
    return host == name or host.endswith(f".{name}")


def _has_port(entry: str) -> bool:
    """Whether an entry ends with a port, as against an address of IPv6."""
    return entry.count(":") == 1 or "]:" in entry


def mounts(
    urls: Iterable[str], trusted: ssl.SSLContext, limits: httpx.Limits
) -> dict[str, httpx.HTTPTransport]:
    """Make the transports of the hosts that are reached by a proxy."""
    proxies = {httpx.URL(url): proxy_of(url) for url in urls}
    return {
        f"{url.scheme}://{url.netloc.decode()}": transport(trusted, limits, proxy)
        for url, proxy in proxies.items()
        if proxy is not None
    }
