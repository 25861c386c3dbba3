"""What is at each address: the entity list, describe, a list or one row."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from wms_standin.api.accounts import READ, denied, require, require_flag
from wms_standin.api.answer import Answer
from wms_standin.api.errors import ApiError, invalid, not_found
from wms_standin.catalog.describe import describe, entity_list
from wms_standin.extract.extracts import TASKS, Extracts
from wms_standin.query.listing import list_rows
from wms_standin.query.reading import Reading
from wms_standin.query.records import Wire

if TYPE_CHECKING:
    from wms_standin.api.accounts import Accounts, User
    from wms_standin.api.call import Call
    from wms_standin.catalog.entities import Entity
    from wms_standin.data.world import World
    from wms_standin.options import Options

_ID: Final = re.compile("[0-9]{1,18}")
_EMPTY_CODES: Final = {"200", "204", "404"}


class Resources:
    """Gives right answers."""

    def __init__(
        self, world: World, accounts: Accounts, options: Options, extracts: Extracts
    ) -> None:
        self._world = world
        self._accounts = accounts
        self._options = options
        self._extracts = extracts
        self._wires: dict[str, Wire] = {}

    async def answer(self, call: Call) -> Answer:
        """Return the answer to a request, or the error that it deserves."""
        try:
            call.user = self._accounts.authenticate(call.headers.get("authorization"))
            if call.segments[:1] == ["data_extract"]:
                require_flag(call.user)
                return await self._extracts.answer(call)
            return self._answer(call)
        except ApiError as error:
            return Answer.of_error(error)

    def _answer(self, call: Call) -> Answer:
        assert call.user is not None, "authenticated before"
        if not call.segments or call.segments[0] != "entity" or len(call.segments) > 3:
            raise not_found()
        if call.method not in {"GET", "HEAD"}:
            raise ApiError(405, "METHOD_NOT_ALLOWED", f'Method "{call.method}" not allowed.')
        self._require_access(call.user, call.entity)
        if len(call.segments) == 1:
            return Answer(entity_list(self._world.entities, call.base), root="entity")
        entity = self._world.entities.get(call.entity)
        if entity is None:
            raise not_found()
        return self._entity(call, entity)

    def _require_access(self, user: User, entity: str) -> None:
        try:
            require(user, READ)
            if entity in self._options.denied_entities:
                raise denied()
        except ApiError:
            if self._options.missing_permission == "404":
                raise not_found() from None
            raise

    def _describe(self, entity: Entity) -> dict[str, Any]:
        letters = self._options.required_form == "letter"
        return describe(entity, self._options.describe_tokens, letters=letters)

    def _entity(self, call: Call, entity: Entity) -> Answer:
        if entity.name == TASKS:  # the documented address of a task filters by a path
            call.parameters = [(n.replace("backend_taskid__taskid", "backend_taskid"), v)
                               for n, v in call.parameters]  # fmt: skip
        reading = self._reading(call, entity)
        if call.is_list:
            return self._list(reading)
        last = call.segments[2]
        if last == "describe":
            return Answer(self._describe(entity), root=entity.name)
        if not _ID.fullmatch(last) or not entity.has_id:
            raise not_found()
        return _retrieve(reading, int(last), call)

    def _reading(self, call: Call, entity: Entity) -> Reading:
        assert call.user is not None, "authenticated before"
        if call.base not in self._wires:
            self._wires[call.base] = Wire(self._world, call.base)
        wire, url = self._wires[call.base], f"{call.base}/entity/{entity.name}"
        return Reading(self._world, wire, self._options, call.user, entity, call.parameters, url)

    def _list(self, reading: Reading) -> Answer:
        options = self._options
        asked = (
            reading.get("empty_response_http_code") if options.empty_response_parameter else None
        )
        code = asked or options.empty_list
        if code not in _EMPTY_CODES:
            raise invalid({"empty_response_http_code": "Use 200, 204 or 404."})
        envelope = list_rows(reading)
        if envelope["results"] or code == "200":
            return Answer(envelope, root=reading.entity.name)
        if options.page_past_end == "empty" and envelope.get("result_count"):
            return Answer(envelope, root=reading.entity.name)
        if code == "404":
            raise not_found()
        return Answer(status=204)


def _retrieve(reading: Reading, row_id: int, call: Call) -> Answer:
    answer = Answer(reading.retrieve(row_id), root=reading.entity.name)
    modified = reading.last_modified(row_id)
    if modified is not None:
        answer.headers["Last-Modified"] = modified.isoformat(timespec="microseconds")
        since = call.headers.get("if-modified-since")
        if call.method == "HEAD" and since and modified <= _instant(since):
            answer.status = 304
    return answer


def _instant(text: str) -> datetime:
    """Parse an `If-Modified-Since` header, in ISO 8601 or in the form of RFC 7231."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError as error:
            raise invalid({"If-Modified-Since": "Enter a valid date/time."}) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
