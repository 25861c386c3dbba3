"""A local stand-in for Oracle WMS Cloud."""

from __future__ import annotations

from wms_standin.auth import OAuthClient, User
from wms_standin.options import Options
from wms_standin.request_log import Request
from wms_standin.server import WmsStandin

__all__ = ["OAuthClient", "Options", "Request", "User", "WmsStandin"]
