"""A request taken apart, and what it is answered with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from wms_standin.xml import to_xml

if TYPE_CHECKING:
    from starlette.requests import Request

    from wms_standin.auth import User
    from wms_standin.options import Options

_SLASHES: Final = re.compile("/+")
_BODILESS: Final = {204, 304}


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
    """Slashes may be doubled or trail; a suffix on the path wins over `format=`."""
    path = _SLASHES.sub("/", request.url.path).rstrip("/")
    segments = [part for part in path.split("/") if part][3:]
    parameters = parse_qsl(request.url.query, keep_blank_values=True)
    form = dict(parameters).get("format", "json")
    if segments and segments[-1].endswith((".json", ".xml")):
        segments[-1], _, form = segments[-1].rpartition(".")
    return Call(
        method=request.method,
        path=path,
        segments=segments[1:] if segments[:1] == [options.version] else [],
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


@dataclass(slots=True)
class Answer:
    """Content before it is encoded; `root` names the XML element around it."""

    content: Any = None
    status: int = 200
    root: str = "response"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows that the answer holds."""
        if not isinstance(self.content, Mapping) or self.status >= 300:
            return 0
        results = self.content.get("results")
        return len(results) if isinstance(results, list) else int("id" in self.content)

    def response(self, call: Call) -> Response:
        """The answer in the format asked for; HEAD gets headers alone."""
        if self.status in _BODILESS:
            return Response(status_code=self.status, headers=self.headers)
        if call.format == "xml":
            body, media = to_xml(self.root, self.content), "application/xml; charset=utf-8"
        else:
            body, media = msgspec.json.encode(self.content), "application/json; charset=utf-8"
        return Response(b"" if call.method == "HEAD" else body, self.status, self.headers, media)
