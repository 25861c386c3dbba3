"""Users, passwords and tokens: who asks, and what that user may see."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from wms_standin.api.errors import ApiError

if TYPE_CHECKING:
    from wms_standin.data.clock import Clock

READ: Final = "lgfapi_read_access"
ALL_PERMISSIONS: Final = frozenset(
    {READ, "lgfapi_create_access", "lgfapi_update_access", "lgfapi_delete_access"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A WMS user; `facilities` and `companies` hold codes, None means all of them."""

    name: str
    password: str
    permissions: frozenset[str] = ALL_PERMISSIONS
    facilities: frozenset[str] | None = None
    companies: frozenset[str] | None = None
    time_zone: str = "America/Sao_Paulo"
    """Zone of the default facility: of naive inputs and of every output."""
    rows_per_page: int = 25
    async_data_extract_flg: bool = False
    """Set by the original ADMIN user alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """A confidential application; client_credentials acts as `user`."""

    client_id: str
    client_secret: str
    user: str
    scope: str = "urn:resource:fusion:scm:logistics:wms:lgfapi/"


@dataclass(slots=True)
class _Token:
    user: str
    expires: float


def _denied(message: str) -> ApiError:
    return ApiError(401, "AUTHENTICATION_FAILED", message)


def basic_credentials(header: str) -> tuple[str, str]:
    """Return the user and password of a Basic header.

    Raises:
        ApiError: 401, the header is malformed.
    """
    try:
        name, _, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        msg = "Invalid basic header."
        raise _denied(msg) from error
    return name, password


@dataclass(slots=True)
class Accounts:
    """All users, OAuth clients and live tokens of one stand-in."""

    clock: Clock
    token_seconds: float
    users: dict[str, User] = field(default_factory=dict)
    clients: dict[str, OAuthClient] = field(default_factory=dict)
    _tokens: dict[str, _Token] = field(default_factory=dict)

    def authenticate(self, header: str | None) -> User:
        """Return the user that a request acts for, or raise 401."""
        if not header:
            raise ApiError(
                401, "NOT_AUTHENTICATED", "Authentication credentials were not provided."
            )
        if header.lower().startswith("basic "):
            return self.check(*basic_credentials(header))
        if header.lower().startswith("bearer "):
            return self._bearer(header[7:].strip())
        msg = "Unsupported authorization scheme."
        raise _denied(msg)

    def check(self, name: str, password: str) -> User:
        """Return the user with that password."""
        user = self.users.get(name)
        if user is None or not secrets.compare_digest(user.password.encode(), password.encode()):
            msg = "Invalid username/password."
            raise _denied(msg)
        return user

    def issue(self, user: str) -> str:
        """Return a new token that acts for the user."""
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(user, self.clock.now().timestamp() + self.token_seconds)
        return token

    def grant(self, name: str, *, facility: str | None = None, company: str | None = None) -> None:
        """Let a user who sees some facilities or companies see one more, from now on."""
        user = self.users[name]
        if facility is not None:
            user = replace(user, facilities=(user.facilities or frozenset()) | {facility})
        if company is not None:
            user = replace(user, companies=(user.companies or frozenset()) | {company})
        self.users[name] = user

    def expire_tokens(self) -> None:
        """Make every token issued so far invalid."""
        self._tokens.clear()

    def _bearer(self, token: str) -> User:
        known = self._tokens.get(token)
        if known is None or known.expires <= self.clock.now().timestamp():
            msg = "Invalid or expired token."
            raise _denied(msg)
        return self.users[known.user]


def denied() -> ApiError:
    """Return a 403: the user may not do this."""
    return ApiError(403, "PERMISSION_DENIED", "You do not have permission to perform this action.")


def require(user: User, permission: str) -> None:
    """Raise 403 unless the user has the permission."""
    if permission not in user.permissions:
        raise denied()


def require_flag(user: User) -> None:
    """Raise 403 unless the user may extract data."""
    if not user.async_data_extract_flg:
        raise denied()
