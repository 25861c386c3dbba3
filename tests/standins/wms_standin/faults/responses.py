"""Responses that break off, end early, or come from a proxy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from wms_standin.faults.rules import Fault

_HTML: Final = (
    "<html><head><title>{status}</title></head><body><h1>Service unavailable</h1></body></html>"
)


def html_page(status: int) -> Response:
    """What a proxy in front of the application says."""
    return Response(_HTML.format(status=status), status, media_type="text/html; charset=utf-8")


class BrokenResponse(Response):
    """Sends a part of the body (none: not even headers), then breaks the connection."""

    def __init__(self, whole: Response | None = None) -> None:
        super().__init__()
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break off; the server in front provides `abort` in the scope."""
        if self._whole is not None:
            body = bytes(self._whole.body)
            start = {"type": "http.response.start", "status": 200}
            await send(start | {"headers": self._whole.raw_headers})
            part = body[: len(body) * 2 // 3]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(0.02)  # lets the part leave before the end
        scope["extensions"]["standin.abort"](reset=self._whole is None)
        await asyncio.sleep(0.01)  # lets the server notice


def truncated(whole: Response) -> Response:
    """The response with its body ended early, and a length that fits."""
    body = bytes(whole.body)
    headers = {k: v for k, v in whole.headers.items() if k.lower() != "content-length"}
    return Response(body[: len(body) * 2 // 3], whole.status_code, headers)


def spoiled(response: Response, fault: Fault) -> Response:
    """What leaves instead of the response."""
    if fault.kind == "html":
        return html_page(fault.status)
    if fault.kind == "truncated":
        return truncated(response)
    if fault.kind == "cut":
        return BrokenResponse(response)
    return BrokenResponse() if fault.kind == "reset" else response
