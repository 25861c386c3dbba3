"""The API: from a request to the entity list, describe, a list or one row, with all that delays."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from wms_standin.api.accounts import READ, require, require_flag
from wms_standin.api.answer import Answer
from wms_standin.api.call import Call, parse_call
from wms_standin.api.errors import ApiError, invalid, not_found
from wms_standin.catalog.describe import describe, entity_list
from wms_standin.extract.extracts import TASKS, Extracts
from wms_standin.faults.responses import BrokenResponse, spoiled
from wms_standin.faults.rules import Fault, Faults, error_code
from wms_standin.query.listing import list_rows
from wms_standin.query.reading import RESERVED, Reading
from wms_standin.query.records import Wire
from wms_standin.server.latency import Latency
from wms_standin.server.request_log import Request

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest
    from starlette.responses import Response

    from wms_standin.api.accounts import Accounts
    from wms_standin.catalog.entities import Entity
    from wms_standin.data.activity import Activity
    from wms_standin.data.clock import Clock
    from wms_standin.data.world import World
    from wms_standin.options import Options

_ID: Final = re.compile("[0-9]{1,18}")
_EMPTY_CODES: Final = {"200", "204", "404"}


class WmsApi:
    """Everything under `/{environment}/wms/lgfapi/{version}/`."""

    def __init__(self, world: World, accounts: Accounts, options: Options, clock: Clock) -> None:
        self.world = world
        self.accounts = accounts
        self.options = options
        self.clock = clock
        self.requests: list[Request] = []
        self.faults = Faults()
        self.latency = Latency()
        self.activity: Activity | None = None
        self.extracts = Extracts(world, clock)
        self._wires: dict[str, Wire] = {}

    def heal(self) -> None:
        """Lift all faults and stop the activity."""
        self.faults.clear()
        self.extracts.heal()
        self.activity = None

    async def handle(self, request: HttpRequest) -> Response:
        """Answer one request, or fail it as a rule wants."""
        started, at = time.perf_counter(), self.clock.now()
        call = parse_call(request, self.options)
        call.body = await request.body()
        fault = self.faults.match(call.method, call.path, call.entity, dict(call.parameters))
        answer = self._faulty_answer(fault) if fault else None
        answer = answer or await self._answer_or_error(call)
        await asyncio.sleep(self._delay(call, answer, fault, time.perf_counter() - started))
        response = answer.response(call)
        if fault is not None:
            response = spoiled(response, fault)
        lost = isinstance(response, BrokenResponse)
        self.requests.append(
            Request(
                method=call.method,
                path=call.path,
                entity=call.entity,
                params=call.parameters,
                status=0 if lost else response.status_code,
                rows=0 if lost else answer.rows,
                user=call.user.name if call.user else "",
                started=at,
                seconds=time.perf_counter() - started,
            )
        )
        return response

    def _faulty_answer(self, fault: Fault) -> Answer | None:
        """The error a fault stands for; None when the request itself is worked on."""
        if fault.kind == "expired_token":
            self.accounts.expire_tokens()
            return self._error(ApiError(401, "AUTHENTICATION_FAILED", "Invalid or expired token."))
        if fault.kind not in {"status", "html"}:
            return None
        error = ApiError(fault.status, error_code(fault.status), "The request failed.")
        answer = self._error(error)
        if fault.retry_after is not None:
            answer.headers["Retry-After"] = str(fault.retry_after)
        return answer

    def _error(self, error: ApiError) -> Answer:
        headers = {"WWW-Authenticate": 'Basic realm="api"'} if error.status == 401 else {}
        return Answer(error.body(str(uuid.uuid4())), error.status, "error", headers)

    async def _answer_or_error(self, call: Call) -> Answer:
        try:
            if call.segments[:1] == ["data_extract"]:
                call.user = self.accounts.authenticate(call.headers.get("authorization"))
                require_flag(call.user)
                return await self.extracts.answer(call)
            return self._answer(call)
        except ApiError as error:
            return self._error(error)

    def _delay(self, call: Call, answer: Answer, fault: Fault | None, spent: float) -> float:
        filtered = any(name not in RESERVED for name, _ in call.parameters)
        entity = self.world.entities.get(call.entity)
        target = self.latency.seconds(entity, call.parameters, answer.rows, filtered=filtered)
        if fault is not None and fault.kind == "hang":
            target += fault.seconds
        return max(0.0, target - spent)

    def _answer(self, call: Call) -> Answer:
        call.user = self.accounts.authenticate(call.headers.get("authorization"))
        if not call.segments or call.segments[0] != "entity" or len(call.segments) > 3:
            raise not_found()
        if call.method not in {"GET", "HEAD"}:
            raise ApiError(405, "METHOD_NOT_ALLOWED", f'Method "{call.method}" not allowed.')
        require(call.user, READ)
        if len(call.segments) == 1:
            return Answer(entity_list(self.world.entities, call.base), root="entity")
        entity = self.world.entities.get(call.entity)
        if entity is None:
            raise not_found()
        return self._entity(call, entity)

    def _entity(self, call: Call, entity: Entity) -> Answer:
        if entity.name == TASKS:  # the documented address of a task filters by a path
            call.parameters = [(n.replace("backend_taskid__taskid", "backend_taskid"), v)
                               for n, v in call.parameters]  # fmt: skip
        reading = self._reading(call, entity)
        if call.is_list:
            self.extracts.before_list(entity.name)
            if self.activity is not None:
                self.activity.before_list(self.world)
            return self._list(reading)
        last = call.segments[2]
        if last == "describe":
            return Answer(describe(entity, self.options.describe_tokens), root=entity.name)
        if not _ID.fullmatch(last) or not entity.has_id:
            raise not_found()
        return self._retrieve(reading, int(last), call)

    def _reading(self, call: Call, entity: Entity) -> Reading:
        assert call.user is not None, "authenticated before"
        if call.base not in self._wires:
            self._wires[call.base] = Wire(self.world, call.base)
        wire, url = self._wires[call.base], f"{call.base}/entity/{entity.name}"
        return Reading(self.world, wire, self.options, call.user, entity, call.parameters, url)

    def _list(self, reading: Reading) -> Answer:
        code = reading.get("empty_response_http_code") or "404"
        if code not in _EMPTY_CODES:
            raise invalid({"empty_response_http_code": "Use 200, 204 or 404."})
        envelope = list_rows(reading)
        if envelope["results"] or code == "200":
            return Answer(envelope, root=reading.entity.name)
        if self.options.page_past_end == "empty" and envelope.get("result_count"):
            return Answer(envelope, root=reading.entity.name)
        if code == "404":
            raise not_found()
        return Answer(status=204)

    def _retrieve(self, reading: Reading, row_id: int, call: Call) -> Answer:
        answer = Answer(reading.retrieve(row_id), root=reading.entity.name)
        modified = reading.last_modified(row_id)
        if modified is not None:
            answer.headers["Last-Modified"] = modified.isoformat(timespec="microseconds")
            since = call.headers.get("if-modified-since")
            if call.method == "HEAD" and since and modified <= _instant(since):
                answer.status = 304
        return answer


def _instant(text: str) -> datetime:
    """An `If-Modified-Since` header, in ISO 8601 or in the form of RFC 7231."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError as error:
            raise invalid({"If-Modified-Since": "Enter a valid date/time."}) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
