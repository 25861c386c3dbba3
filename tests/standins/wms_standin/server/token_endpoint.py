"""The OAuth2 token endpoints: client_credentials and resource-owner-password grants."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.responses import JSONResponse, Response

from wms_standin.api.accounts import basic_credentials
from wms_standin.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from wms_standin.api.accounts import Accounts, OAuthClient
    from wms_standin.options import Options


class TokenEndpoint:
    """Issues bearer tokens; client id and secret come by Basic header or in the form.

    `handle` is an identity provider (IDCS), whose scope each client has.  `handle_built_in` is the
    server of WMS itself: it grants passwords alone and knows no scope of a caller's.
    """

    def __init__(self, accounts: Accounts, options: Options) -> None:
        self._accounts, self._options = accounts, options
        self.issued = 0

    async def handle(self, request: Request) -> Response:
        """Answer one request of a token as RFC 6749 says."""
        form = await _form(request)
        client = self._client(request.headers.get("authorization"), form)
        if client is None:
            return _error(401, "invalid_client", "Client authentication failed.")
        likely = "" if self._options.scope_required else client.scope
        if form.get("scope", likely) != client.scope:
            return _error(400, "invalid_scope", "The scope is not allowed for this client.")
        user = self._user(client, form)
        return user if isinstance(user, JSONResponse) else self._issue(user)

    async def handle_built_in(self, request: Request) -> Response:
        """Answer as the token server of WMS."""
        form = await _form(request)
        client = self._client(request.headers.get("authorization"), form)
        if client is None:
            return _error(401, "invalid_client", "Client authentication failed.")
        if form.get("grant_type") == "client_credentials":
            return _error(400, "unauthorized_client", "The client may not use this grant.")
        if "scope" in form and self._options.built_in_scope == "refuse":
            return _error(400, "invalid_scope", "The requested scope is invalid or unknown.")
        user = self._user(client, form)
        if isinstance(user, JSONResponse):
            return user
        return self._issue(user, refresh_token=secrets.token_urlsafe(24), scope="read write")

    def _issue(self, user: str, **more: str) -> Response:
        self.issued += 1
        content: dict[str, Any] = {
            "access_token": self._accounts.issue(user),
            "token_type": "Bearer",
            "expires_in": int(self._accounts.token_seconds),
        }
        return JSONResponse(content | more)

    def _client(self, header: str | None, form: Mapping[str, str]) -> OAuthClient | None:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        if header and header.lower().startswith("basic "):
            try:
                name, secret = map(unquote_plus, basic_credentials(header))
            except ApiError:
                return None
        client = self._accounts.clients.get(name)
        return client if client is not None and client.client_secret == secret else None

    def _user(self, client: OAuthClient, form: Mapping[str, str]) -> str | JSONResponse:
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return client.user
        if grant != "password":
            return _error(400, "unsupported_grant_type", "Use client_credentials or password.")
        try:
            user = self._accounts.check(form.get("username", ""), form.get("password", ""))
        except ApiError:
            return _error(400, "invalid_grant", "The user name or password is wrong.")
        return user.name


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _error(status: int, error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, status)
