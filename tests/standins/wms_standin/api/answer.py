"""What a request is answered with, before and after it is encoded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from starlette.responses import Response

from wms_standin.api.xml import to_xml

if TYPE_CHECKING:
    from wms_standin.api.call import Call
    from wms_standin.api.errors import ApiError

_BODILESS: Final = {204, 304}


@dataclass(slots=True)
class Answer:
    """Content before it is encoded; `root` names the XML element around it."""

    content: Any = None
    status: int = 200
    root: str = "response"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_error(cls, error: ApiError) -> Self:
        """Return the error's envelope with a reference of its own."""
        headers = {"WWW-Authenticate": 'Basic realm="api"'} if error.status == 401 else {}
        return cls(error.body(str(uuid.uuid4())), error.status, "error", headers)

    @property
    def rows(self) -> int:
        """Rows that the answer holds."""
        if not isinstance(self.content, Mapping) or self.status >= 300:
            return 0
        results = self.content.get("results")
        return len(results) if isinstance(results, list) else int("id" in self.content)

    @property
    def related(self) -> int:
        """Related objects that its rows hold: links that are not null, and sets."""
        if not self.rows:
            return 0
        rows = self.content.get("results", [self.content])
        kinds = (msgspec.Raw, Mapping, list)
        return sum(isinstance(value, kinds) for row in rows for value in row.values())

    def response(self, call: Call) -> Response:
        """Return the answer in the format asked for; HEAD gets headers alone."""
        if self.status in _BODILESS:
            return Response(status_code=self.status, headers=self.headers)
        if call.format == "xml":
            body, media = to_xml(self.root, self.content), "application/xml; charset=utf-8"
        else:
            body, media = msgspec.json.encode(self.content), "application/json; charset=utf-8"
        return Response(b"" if call.method == "HEAD" else body, self.status, self.headers, media)
