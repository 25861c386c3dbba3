"""Report whether this configuration can read this environment."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.catalog.discovery import choose, list_entities, require_codes
from tap_oracle_wms.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    WmsError,
)
from tap_oracle_wms.reading.filters import check_entities

if TYPE_CHECKING:
    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.config.settings import Settings

PROBE = "company"
"""Every environment has companies."""


def impatient(settings: Settings, patience: float) -> Settings:
    """Return settings for a check: `patience` seconds for an answer, and two attempts at most."""
    seconds, retries = settings.request_timeout, settings.max_retries
    return settings.model_copy(
        update={"request_timeout": min(seconds, patience), "max_retries": min(retries, 1)}
    )


def connection_report(client: WmsClient) -> tuple[dict[str, Any], WmsError | None]:
    """Return the report as an object for JSON, and the error that ended the check, if any."""
    details: dict[str, Any] = {
        "base_url": client.settings.base_url,
        "reachable": False,
        "authenticated": False,
        "permitted": False,
        "entities": None,
        "clock_skew_seconds": None,
    }
    begun = time.monotonic()
    error: WmsError | None = None
    try:
        _look(client, details)
    except AuthenticationError as found:
        details["reachable"], error = True, found
    except PermissionDeniedError as found:
        details |= {"reachable": True, "authenticated": True}
        error = found
    except WmsError as found:
        error = found
    if error is not None:
        details["message"] = str(error)
    answer = {
        "name": "tap-oracle-wms",
        "status": "unhealthy" if error else "healthy",
        "response_time_ms": round((time.monotonic() - begun) * 1000 / max(1, client.requests.sent)),
        "last_check": datetime.now(UTC).isoformat(timespec="seconds"),
        "details": details,
    }
    return answer, error


def _look(client: WmsClient, details: dict[str, Any]) -> None:
    """Read the entity list, then one row: the list alone does not need the right to read."""
    offered = list_entities(client)
    details["entities"] = len(offered)
    details |= {"reachable": True, "authenticated": True}
    skew = client.clock.server() - datetime.now(UTC)
    details["clock_skew_seconds"] = round(skew.total_seconds())
    one_row = {"page_size": "1", "page_mode": "sequenced", "fields": "id"}
    try:
        client.get(f"/entity/{PROBE}/", one_row, msgspec.json.decode)
    except NotFoundError:
        details["message"] = f"The user sees no {PROBE}: it has no eligible companies."
    details["permitted"] = True
    choose(offered, client.settings.entities, client.settings.exclude_entities)
    check_entities(client.settings, offered)
    require_codes(client)
