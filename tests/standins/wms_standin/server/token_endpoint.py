"""The OAuth2 token endpoint: client_credentials and resource-owner-password grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.responses import JSONResponse

from wms_standin.api.accounts import basic_credentials
from wms_standin.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from wms_standin.api.accounts import Accounts, OAuthClient


class TokenEndpoint:
    """Issues bearer tokens; client id and secret come by Basic header or in the form."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.issued = 0

    async def handle(self, request: Request) -> Response:
        """Answer one token request as RFC 6749 says."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        client = self._client(request.headers.get("authorization"), form)
        if client is None:
            return _error(401, "invalid_client", "Client authentication failed.")
        if form.get("scope", client.scope) != client.scope:
            return _error(400, "invalid_scope", "The scope is not allowed for this client.")
        user = self._user(client, form)
        if isinstance(user, JSONResponse):
            return user
        self.issued += 1
        content: dict[str, Any] = {
            "access_token": self._accounts.issue(user),
            "token_type": "Bearer",
            "expires_in": int(self._accounts.token_seconds),
        }
        return JSONResponse(content)

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


def _error(status: int, error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, status)
