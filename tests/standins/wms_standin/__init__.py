"""A local stand-in for Oracle WMS Cloud."""

from __future__ import annotations

from wms_standin.auth import OAuthClient, User
from wms_standin.extract_options import ExtractFault, ExtractOptions
from wms_standin.faults import Fault
from wms_standin.latency import Latency
from wms_standin.mutations import Change
from wms_standin.options import Options
from wms_standin.request_log import Request
from wms_standin.server import WmsStandin

__all__ = [
    "Change",
    "ExtractFault",
    "ExtractOptions",
    "Fault",
    "Latency",
    "OAuthClient",
    "Options",
    "Request",
    "User",
    "WmsStandin",
]
