"""How requests prove who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from tap_oracle_wms.settings import Settings


def authentication(settings: Settings) -> httpx.Auth:
    """The scheme that the settings ask for."""
    password = settings.password.get_secret_value() if settings.password else ""
    return httpx.BasicAuth(settings.username or "", password)
