"""The API: each request on its way to an answer, with all that delays, spoils and records it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from wms_standin.api.answer import Answer
from wms_standin.api.call import Call, parse_call
from wms_standin.api.errors import ApiError, failure
from wms_standin.extract.extracts import Extracts
from wms_standin.faults.alterations import ALTERATIONS, altered
from wms_standin.faults.responses import BrokenResponse, spoiled
from wms_standin.faults.roles import Roles
from wms_standin.faults.rules import Fault, FaultRule, Faults
from wms_standin.query.reading import RESERVED
from wms_standin.server.latency import Latency
from wms_standin.server.request_log import Request
from wms_standin.server.resources import Resources

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest
    from starlette.responses import Response

    from wms_standin.api.accounts import Accounts
    from wms_standin.data.activity import Activity
    from wms_standin.data.clock import Clock
    from wms_standin.data.world import World
    from wms_standin.options import Options


class WmsApi:
    """Everything under `/{environment}/wms/lgfapi/{version}/`."""

    def __init__(self, world: World, accounts: Accounts, options: Options, clock: Clock) -> None:
        self.world = world
        self.requests: list[Request] = []
        self.faults = Faults()
        self.latency = Latency()
        self.activity: Activity | None = None
        self.extracts = Extracts(world, clock)
        self._accounts, self._options, self._clock = accounts, options, clock
        self._resources = Resources(world, accounts, options, self.extracts)
        self._roles = Roles()
        self._in_flight = 0

    def heal(self) -> None:
        """Lift all faults and stop the activity."""
        self.faults.clear()
        self.extracts.heal()
        self.activity = None

    async def handle(self, request: HttpRequest) -> Response:
        """Answer one request, or fail it as a rule wants."""
        self._in_flight += 1
        try:
            return await self._handle(request)
        finally:
            self._in_flight -= 1

    async def _handle(self, request: HttpRequest) -> Response:
        started, at = time.perf_counter(), self._clock.now()
        call = parse_call(request, self._options)
        call.body = await request.body()
        roles = self._roles.of(call)
        rule = self.faults.match(call, roles)
        answer, fault = await self._answer(call, rule)
        self._roles.remember(call, answer)
        answer = self._recoded(answer)
        delay = self._delay(call, answer, fault, time.perf_counter() - started)
        gateway = self._options.gateway_seconds
        if gateway and delay > gateway:
            delay, fault = gateway, Fault(kind="html", status=504)
        await asyncio.sleep(delay)
        response = answer.response(call)
        if fault is not None:
            response = spoiled(response, fault)
            if fault.kind == "date":
                request.scope["extensions"]["standin.date_skew"] = fault.seconds
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
                roles=roles,
                fault=fault.kind if fault else "",
            )
        )
        return response

    async def _answer(self, call: Call, rule: FaultRule | None) -> tuple[Answer, Fault | None]:
        """Return the answer, and the fault that it has to do with."""
        if self._options.max_at_once and self._in_flight > self._options.max_at_once:
            return Answer.of_error(failure(429)), None
        instead = self._instead(rule.fault) if rule else None
        if rule and instead is not None:
            return instead, rule.fault
        if call.is_list:
            self._before_list(call.entity)
        return await self._worked_on(call, rule)

    def _before_list(self, entity: str) -> None:
        self.extracts.before_list(entity)
        if self.activity is not None:
            self.activity.before_list(self.world)

    async def _worked_on(self, call: Call, rule: FaultRule | None) -> tuple[Answer, Fault | None]:
        answer = await self._resources.answer(call)
        if rule is None:
            return answer, None
        lie = await self._lie(call, answer, rule.fault)
        if lie is None:
            rule.spare()
            return answer, None
        return lie, rule.fault

    def _instead(self, fault: Fault) -> Answer | None:
        """Return the error that a fault stands for; None when the request itself is worked on."""
        if fault.kind == "expired_token":
            self._accounts.expire_tokens()
            return Answer.of_error(
                ApiError(401, "AUTHENTICATION_FAILED", "Invalid or expired token.")
            )
        if fault.kind == "call" and fault.action is not None:
            fault.action()
        if fault.kind not in {"status", "html"}:
            return None
        answer = Answer.of_error(failure(fault.status))
        if fault.retry_after is not None:
            answer.headers["Retry-After"] = self._retry_after(fault.retry_after)
        return answer

    def _retry_after(self, after: str | int | timedelta) -> str:
        if isinstance(after, timedelta):
            return self._clock.http_date(after).decode()
        return str(after)

    async def _lie(self, call: Call, answer: Answer, fault: Fault) -> Answer | None:
        """Return what a fault makes of a right answer; None where it could change nothing."""
        if fault.kind == "unordered":
            return await self._unordered(call, answer)
        if fault.kind in ALTERATIONS:
            return altered(answer, fault) if call.format == "json" else None
        return answer

    async def _unordered(self, call: Call, answer: Answer) -> Answer | None:
        rest = [(name, text) for name, text in call.parameters if name != "ordering"]
        if not answer.rows or len(rest) == len(call.parameters):
            return None
        other = await self._resources.answer(replace(call, parameters=rest))
        if not other.rows or other.content["results"] == answer.content["results"]:
            return None
        return other

    def _recoded(self, answer: Answer) -> Answer:
        code = self._options.error_codes.get(answer.status)
        if code is None or answer.root != "error":
            return answer
        return replace(answer, content=answer.content | {"code": code})

    def _delay(self, call: Call, answer: Answer, fault: Fault | None, spent: float) -> float:
        model = self.latency
        target = model.seconds(
            self.world.entities.get(call.entity),
            call.parameters,
            answer.rows,
            filtered=any(name not in RESERVED for name, _ in call.parameters),
            listed=call.is_list,
            related=answer.related if model.factor and model.related is not None else 0,
            in_flight=self._in_flight,
        )
        if fault is not None and fault.kind == "hang":
            target += fault.seconds
        return max(0.0, target - spent)
