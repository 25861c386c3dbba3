"""A local stand-in for Oracle WMS Cloud."""

from __future__ import annotations

from wms_standin.api.accounts import OAuthClient, User
from wms_standin.catalog.entities import Entity, Field
from wms_standin.data.mutations import Change
from wms_standin.data.world import World
from wms_standin.extract.options import ExtractFault, ExtractOptions
from wms_standin.faults.lies import LIES, POSITIONS, Lie
from wms_standin.faults.rules import Fault, FaultRule
from wms_standin.options import Options
from wms_standin.server.latency import Latency
from wms_standin.server.request_log import Request
from wms_standin.server.standin import WmsStandin

__all__ = [
    "LIES",
    "POSITIONS",
    "Change",
    "Entity",
    "ExtractFault",
    "ExtractOptions",
    "Fault",
    "FaultRule",
    "Field",
    "Latency",
    "Lie",
    "OAuthClient",
    "Options",
    "Request",
    "User",
    "WmsStandin",
    "World",
]
