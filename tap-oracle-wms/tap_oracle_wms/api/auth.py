"""How requests authenticate, as httpx.Auth classes, and which certificates they trust."""

from __future__ import annotations

import ssl
import threading
import time
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import httpx
import msgspec
from typing_extensions import override

from tap_oracle_wms.api.models import UNREADABLE
from tap_oracle_wms.errors import AuthenticationError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import Any

    from tap_oracle_wms.config.settings import Settings

LEEWAY = 60.0
"""Seconds before its end that a token is replaced, or a tenth of its life where that is less."""


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 3600.0


class _TokenError(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


class BearerAuth(httpx.Auth):
    """Authenticates with a token that was obtained elsewhere."""

    def __init__(self, token: str) -> None:
        self._token = token

    @override
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class OAuth2Auth(httpx.Auth):
    """Gets a token by the grant that `auth_method` names, and shares it between all threads.

    The token is renewed before it expires, and once more when WMS refuses it.
    """

    requires_response_body = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._token = ""
        self._fresh_until = 0.0

    @override
    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        token = yield from self._valid_token(request, refused=None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            token = yield from self._valid_token(request, refused=token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    def _valid_token(
        self, request: httpx.Request, refused: str | None
    ) -> Generator[httpx.Request, httpx.Response, str]:
        with self._lock:  # of many threads, one asks
            if self._token == refused or time.monotonic() >= self._fresh_until:
                response = yield self._request(request.extensions)
                response.read()
                answer = _read_token(response)
                self._token = answer.access_token
                leeway = min(LEEWAY, answer.expires_in / 10)
                self._fresh_until = time.monotonic() + answer.expires_in - leeway
            return self._token

    def _request(self, extensions: Mapping[str, Any]) -> httpx.Request:
        """Make the request for a token; it may take as long as the request that needs it."""
        given = self._settings
        form = self._grant()
        if given.oauth_scope:
            form["scope"] = given.oauth_scope
        url = given.token_url or ""
        request = httpx.Request("POST", url, data=form, extensions=dict(extensions))
        client = httpx.BasicAuth(
            quote_plus(given.client_id or ""), quote_plus(secret(given, "client_secret"))
        )
        return next(client.auth_flow(request))

    def _grant(self) -> dict[str, str]:
        """Return the form fields of the grant that `auth_method` names.

        Raises:
            ConfigError: It names none.
        """
        given = self._settings
        if given.auth_method == "oauth2_client_credentials":
            return {"grant_type": "client_credentials"}
        if given.auth_method == "oauth2_password":
            username = given.username or ""
            password = secret(given, "password")
            return {"grant_type": "password", "username": username, "password": password}
        msg = f"`auth_method` {given.auth_method} names no OAuth2 grant."
        raise ConfigError(msg)


def _read_token(response: httpx.Response) -> _Token:
    """Read the token from the answer of the token endpoint.

    Raises:
        AuthenticationError: The credentials are refused.
        httpx.NetworkError: Another attempt may succeed.
    """
    if response.status_code >= 500 or response.status_code == 429:
        msg = f"token endpoint: status {response.status_code}"
        raise httpx.NetworkError(msg)
    try:
        if response.status_code == 200:
            return msgspec.json.decode(response.content, type=_Token, strict=False)
        refusal = msgspec.json.decode(response.content, type=_TokenError)
    except UNREADABLE:
        refusal = _TokenError("the answer is no OAuth2 answer; check `token_url`")
    reason = " ".join(filter(None, (refusal.error, refusal.error_description)))[:200].rstrip(".")
    advice = '; check `oauth_scope`, of which "" sends none' if "scope" in refusal.error else ""
    msg = f"The token endpoint gave no token ({response.status_code}): {reason}{advice}."
    raise AuthenticationError(msg)


def secret(settings: Settings, name: str) -> str:
    """Return a secret setting in clear text, or an empty text when it is not set."""
    value = getattr(settings, name)
    return value.get_secret_value() if value else ""


def authentication(settings: Settings) -> httpx.Auth:
    """Return the way to authenticate that `auth_method` names."""
    if settings.auth_method == "basic":
        return httpx.BasicAuth(settings.username or "", secret(settings, "password"))
    if settings.auth_method == "bearer":
        return BearerAuth(secret(settings, "access_token"))
    return OAuth2Auth(settings)


@cache
def _usual_trust() -> ssl.SSLContext:
    """Load the usual certificates, once a process: that takes a tenth of a second."""
    return httpx.create_ssl_context()


def own_trust(ca_file: str) -> ssl.SSLContext:
    """Trust an authority of one's own alone, as each Python before 3.13 does.

    Since 3.13 Python asks for what RFC 5280 wants of certificates, such as an Authority Key
    Identifier, which authorities within companies often lack.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def trust(settings: Settings) -> ssl.SSLContext:
    """Return which certificates are trusted, and which one the client presents.

    Raises:
        ConfigError: A file cannot be read.
    """
    if settings.ca_file is None and settings.client_certificate is None:
        return _usual_trust()
    try:
        context = (
            httpx.create_ssl_context() if settings.ca_file is None else own_trust(settings.ca_file)
        )
    except (OSError, ssl.SSLError) as error:
        msg = f"Setting `ca_file` cannot be read: {error}."
        raise ConfigError(msg) from None
    if settings.client_certificate is not None:
        password = secret(settings, "client_key_password") or None
        try:
            context.load_cert_chain(settings.client_certificate, settings.client_key, password)
        except (OSError, ssl.SSLError) as error:
            msg = f"Settings `client_certificate` and `client_key` cannot be used: {error}."
            raise ConfigError(msg) from None
    return context
