"""HTTP routes: from a request to the entity list, describe, a list or one row."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from wms_standin.auth import READ, Accounts, User, require
from wms_standin.describe import describe, entity_list
from wms_standin.errors import ApiError, not_found
from wms_standin.reading import Reading
from wms_standin.render import Wire
from wms_standin.request_log import Request
from wms_standin.xml import to_xml

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest

    from wms_standin.clock import Clock
    from wms_standin.entities import Entity
    from wms_standin.options import Options
    from wms_standin.world import World

_SLASHES: Final = re.compile("/+")


@dataclass(slots=True)
class Answer:
    """What a request is answered with, before it is encoded."""

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


@dataclass(slots=True)
class Call:
    """A request taken apart: path segments below the version, parameters, format."""

    method: str
    path: str
    segments: list[str]
    parameters: list[tuple[str, str]]
    format: str
    base: str
    headers: Mapping[str, str]
    user: User | None = None

    @property
    def entity(self) -> str:
        """The entity named in the path, `""` for the entity list."""
        return self.segments[1] if len(self.segments) > 1 else ""


class WmsApi:
    """The API under `/{environment}/wms/lgfapi/{version}/`."""

    def __init__(self, world: World, accounts: Accounts, options: Options, clock: Clock) -> None:
        self.world = world
        self.accounts = accounts
        self.options = options
        self.clock = clock
        self.requests: list[Request] = []
        self._wires: dict[str, Wire] = {}

    async def handle(self, request: HttpRequest) -> Response:
        """Answer one request, errors included."""
        started, clock_time = time.perf_counter(), self.clock.now()
        call = self._call(request)
        try:
            answer = self._answer(call)
        except ApiError as error:
            answer = Answer(error.body(str(uuid.uuid4())), error.status, "error")
        response = self._response(call, answer)
        self.requests.append(
            Request(
                method=call.method,
                path=call.path,
                entity=call.entity,
                params=call.parameters,
                status=answer.status,
                rows=answer.rows,
                user=call.user.name if call.user else "",
                started=clock_time,
                seconds=time.perf_counter() - started,
            )
        )
        return response

    def _call(self, request: HttpRequest) -> Call:
        path = _SLASHES.sub("/", request.url.path)
        segments = [part for part in path.split("/") if part][3:]
        parameters = parse_qsl(request.url.query, keep_blank_values=True)
        form = dict(parameters).get("format", "json")
        if segments and segments[-1].endswith((".json", ".xml")):
            segments[-1], _, form = segments[-1].rpartition(".")
        return Call(
            method=request.method,
            path=path,
            segments=segments[1:] if segments[:1] == [self.options.version] else [],
            parameters=parameters,
            format="xml" if form == "xml" else "json",
            base=self._base(request),
            headers=request.headers,
        )

    def _base(self, request: HttpRequest) -> str:
        authority = f"https://{request.url.hostname}:443"
        if self.options.links == "self":
            authority = f"{request.url.scheme}://{request.url.netloc}"
        return f"{authority}/{self.options.environment}/wms/lgfapi/{self.options.version}"

    def _answer(self, call: Call) -> Answer:
        call.user = self.accounts.authenticate(call.headers.get("authorization"))
        if not call.segments or call.segments[0] != "entity" or len(call.segments) > 3:
            raise not_found()
        if call.method not in {"GET", "HEAD"}:
            message = f'Method "{call.method}" not allowed.'
            raise ApiError(405, "METHOD_NOT_ALLOWED", message)
        require(call.user, READ)
        if len(call.segments) == 1:
            return Answer(entity_list(self.world.entities, call.base), root="entity")
        entity = self.world.entities.get(call.entity)
        if entity is None:
            raise not_found()
        return self._entity(call, entity)

    def _entity(self, call: Call, entity: Entity) -> Answer:
        if len(call.segments) == 2:
            return self._list(self._reading(call, entity))
        last = call.segments[2]
        if last == "describe":
            return Answer(describe(entity, self.options.describe_tokens), root=entity.name)
        if not last.isdecimal() or not entity.has_id:
            raise not_found()
        return self._retrieve(self._reading(call, entity), int(last), call)

    def _reading(self, call: Call, entity: Entity) -> Reading:
        assert call.user is not None, "authenticated before"
        wire = self._wires.setdefault(call.base, Wire(self.world, call.base))
        url = f"{call.base}/entity/{entity.name}"
        return Reading(self.world, wire, self.options, call.user, entity, call.parameters, url)

    def _list(self, reading: Reading) -> Answer:
        envelope = reading.page()
        if not envelope["results"]:
            code = reading.get("empty_response_http_code")
            if code == "204":
                return Answer(status=204)
            if code != "200" and self.options.page_past_end != "empty":
                raise not_found()
        return Answer(envelope, root=reading.entity.name)

    def _retrieve(self, reading: Reading, row_id: int, call: Call) -> Answer:
        found = reading.retrieve(row_id)
        headers = {}
        modified = reading.last_modified_text(row_id)
        if modified is not None:
            headers["Last-Modified"] = modified
        return Answer(found, root=reading.entity.name, headers=headers)

    def _response(self, call: Call, answer: Answer) -> Response:
        if answer.status in {204, 304}:
            return Response(status_code=answer.status, headers=self._headers(answer))
        if call.format == "xml":
            body, media = to_xml(answer.root, answer.content), "application/xml; charset=utf-8"
        else:
            body, media = msgspec.json.encode(answer.content), "application/json; charset=utf-8"
        if call.method == "HEAD":
            body = b""
        return Response(body, answer.status, self._headers(answer), media)

    def _headers(self, answer: Answer) -> dict[str, str]:
        return answer.headers
