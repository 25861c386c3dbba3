"""A request taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from wms_standin.api.accounts import User
    from wms_standin.options import Options

_SLASHES: Final = re.compile("/+")


@dataclass(slots=True)
class Call:
    """Path segments below the version, parameters and format of one request."""

    method: str
    path: str
    segments: list[str]
    parameters: list[tuple[str, str]]
    format: str
    base: str
    """Of generated links: authority, environment and version."""
    headers: Mapping[str, str]
    body: bytes = b""
    user: User | None = None

    @property
    def entity(self) -> str:
        """The entity named in the path, `""` for the entity list."""
        return self.segments[1] if len(self.segments) > 1 else ""

    @property
    def is_list(self) -> bool:
        """Whether rows of an entity are listed."""
        return len(self.segments) == 2


def parse_call(request: Request, options: Options) -> Call:
    """Parse a request: slashes may be doubled or trail, a suffix wins over `format=`."""
    path = _SLASHES.sub("/", request.url.path).rstrip("/")
    segments = [part for part in path.split("/") if part][3:]
    parameters = parse_qsl(request.url.query, keep_blank_values=True)
    form = dict(parameters).get("format", "json")
    if segments and segments[-1].endswith((".json", ".xml")):
        segments[-1], _, form = segments[-1].rpartition(".")
    versions = {options.version, *options.other_versions}
    return Call(
        method=request.method,
        path=path,
        segments=segments[1:] if segments and segments[0] in versions else [],
        parameters=parameters,
        format="xml" if form == "xml" else "json",
        base=_base(request, options),
        headers=request.headers,
    )


def _base(request: Request, options: Options) -> str:
    authority = f"https://{request.url.hostname}:443"
    if options.links == "self":
        authority = f"{request.url.scheme}://{request.url.netloc}"
    return f"{authority}/{options.environment}/wms/lgfapi/{options.version}"
